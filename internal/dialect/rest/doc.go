// Package rest speaks Muster's own API, for what people write next. Beside
// accounts it has what no vendor's API has: history with undo, edits by the
// hundred thousand, accounts as they were, previews.
//
// It owns the wire: JSON in Muster's words, problems as RFC 9457 has them, the
// headers. It hands on wishes to the core and holds no rule of its own.
// README.md beside this file tells people how the API behaves, and openapi.yaml
// describes every served route.
//
// Routes: all below /muster/v1, in routes.go.
package rest
