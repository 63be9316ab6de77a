package muster

import (
	"errors"
	"fmt"
)

// Code says what kind of refusal an Error is. Dialects translate it to their
// own status and body.
type Code string

// The codes. Anything that is not an Error is an internal failure.
const (
	Invalid         Code = "invalid"         // the request is wrong; Field names the member at fault
	Unauthenticated Code = "unauthenticated" // no credential, or one that is unknown, expired or revoked
	Forbidden       Code = "forbidden"       // the credential is good, its rights are too small
	NotFound        Code = "not_found"       // nothing answers to the reference
	Conflict        Code = "conflict"        // taken by another account, or changed since
	Stale           Code = "stale"           // the caller's own expected rev is not the current one
	Limited         Code = "limited"         // too many requests
	TooLarge        Code = "too_large"       // a body, batch or value over its limit
	Unavailable     Code = "unavailable"     // not now: shutting down, or the store cannot write
)

// Error is a refusal that a caller can act on: what kind, which member is at
// fault (a dotted path in Muster's words, such as "values.motto" or
// "ranks.add.0"; empty where no one member is), and a sentence.
type Error struct {
	Code    Code
	Field   string
	Message string
}

func (e *Error) Error() string {
	if e.Field == "" {
		return e.Message
	}
	return e.Field + ": " + e.Message
}

// Errorf makes an Error; field may be empty.
func Errorf(code Code, field, format string, args ...any) *Error {
	return &Error{Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

// CodeOf is the Code of the Error within err, or "" where there is none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// Within puts a path before the Field of an Error; other errors stay.
func Within(path string, err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	if e.Field != "" {
		path += "." + e.Field
	}
	return &Error{Code: e.Code, Field: path, Message: e.Message}
}
