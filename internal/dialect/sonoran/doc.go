// Package sonoran speaks the account API of Sonoran CMS, v1 and v2, so that
// its clients work against Muster when only their base URL is changed.
//
// It owns the wire: where the key sits, which spellings are tolerated, how an
// account looks, which status and text an error has. It hands on wishes to
// the core, in Muster's words, and holds no rule of its own. README.md beside
// this file is the contract and names where Muster decides what the vendor's
// pages leave open; openapi.yaml describes every served route.
//
// Routes: POST /general/..., /servers/..., /game/..., /communities/... and
// /v2/community/..., all in routes.go; what is not served is in unbuilt.go.
package sonoran
