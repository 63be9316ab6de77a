// Package freesewing speaks the part of FreeSewing's backend API by which
// people sign in, read and update their account and make API keys, so that its
// front ends and scripts work against Muster when only their base URL is
// changed.
//
// It owns the wire: where the credential sits, what members are called and of
// which type they are, which error key goes with what. It hands on wishes to
// the core, in Muster's words, and holds no rule of its own. README.md beside
// this file is the contract and names where Muster decides what the original
// leaves open; openapi.yaml describes every served route.
//
// Routes: /signin and /login, /account/{jwt|key}, /account/{id}/{jwt|key},
// /apikeys/{jwt|key}, /consent/jwt, all in routes.go.
package freesewing
