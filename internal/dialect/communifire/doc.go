// Package communifire speaks the part of Communifire's (Axero's) REST API by
// which users' profile fields are set, so that scripts written for it work
// against Muster when only their base URL is changed.
//
// It owns the wire: where the key sits, in which forms a body may come, how
// values are spelled, how an answer looks. It hands on wishes to the core, in
// Muster's words, and holds no rule of its own. README.md beside this file is
// the contract and names where Muster decides what the vendor's page leaves
// open; openapi.yaml describes every served route.
//
// Routes: POST /api/users/fields, the reads beside it, PUT /api/users/token and
// GET /api/timezones, all in routes.go.
package communifire
