package muster

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Code says what kind of refusal an Error is. Dialects translate it to their
// own status and body.
type Code string

// The codes. Anything that is not an Error is an internal failure.
const (
	Invalid         Code = "invalid"         // the request is wrong; Field names the member at fault
	Unauthenticated Code = "unauthenticated" // no credential, or one that is unknown, expired, revoked or frozen
	Forbidden       Code = "forbidden"       // the credential is good, its rights are too small
	ReadOnly        Code = "read_only"       // the community is not to be written in for now, whatever the rights
	NotFound        Code = "not_found"       // nothing answers to the reference
	Gone            Code = "gone"            // it was there, and is kept no longer
	Conflict        Code = "conflict"        // taken by another account, or changed since
	Stale           Code = "stale"           // the caller's own expected rev is not the current one
	Limited         Code = "limited"         // too many requests
	TooLarge        Code = "too_large"       // a body, batch or value over its limit
	Unavailable     Code = "unavailable"     // not now: shutting down, or the store cannot write
)

// Error is a refusal that a caller can act on: what kind, which member is at
// fault (a dotted path in Muster's words, such as "values.motto" or
// "ranks.add.0"; empty where no one member is), and a sentence. Path is Field
// with its segments apart, since a client's own names may hold dots.
type Error struct {
	Code    Code
	Field   string
	Path    []string
	Message string
}

func (e *Error) Error() string {
	if e.Field == "" {
		return e.Message
	}
	return e.Field + ": " + e.Message
}

// Errorf makes an Error; field may be empty. Clients' text among args goes
// through Quote, and their names into the path by WithinMember.
func Errorf(code Code, field, format string, args ...any) *Error {
	return &Error{Code: code, Field: field, Path: segments(field), Message: fmt.Sprintf(format, args...)}
}

// CodeOf is the Code of the Error within err, or "" where there is none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// MessageOf is the sentence of the Error within err, without the member at
// fault; of other errors all that they say.
func MessageOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Message
	}
	return err.Error()
}

// Within puts a dotted path before that of an Error; other errors stay.
func Within(path string, err error) error { return within(path, segments(path), err) }

// WithinMember puts one name before the path of an Error, as a client wrote
// it; other errors stay. Of a name that is longer than anything here is called
// only the beginning is repeated.
func WithinMember(name string, err error) error {
	name = cut(name, maxID)
	return within(strings.Map(visible, name), []string{name}, err)
}

func within(field string, path []string, err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	if e.Field != "" {
		field += "." + e.Field
	}
	return &Error{Code: e.Code, Field: field, Path: slices.Concat(path, e.Path), Message: e.Message}
}

func segments(field string) []string {
	if field == "" {
		return nil
	}
	return strings.Split(field, ".")
}
