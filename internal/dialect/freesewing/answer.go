package freesewing

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/muster-accounts/muster"
)

// answer is what a call answers: its status, and the members of the body in
// the original's order.
type answer struct {
	status  int
	Result  string   `json:"result"`
	Error   string   `json:"error,omitempty"`   // the original's key, where it has one
	Message string   `json:"message,omitempty"` // for people, and an addition
	Token   string   `json:"token,omitempty"`
	Account *account `json:"account,omitempty"`
	APIKey  *apiKey  `json:"apikey,omitempty"`

	APIKeys *[]listedKey `json:"apikeys,omitempty"` // an empty list is one

	Email        string                `json:"email,omitempty"`
	Confirmation *confirmation         `json:"confirmation,omitempty"`
	MFA          *mfaSetup             `json:"mfa,omitempty"`
	ScratchCodes []string              `json:"scratchCodes,omitempty"`
	Profile      *profile              `json:"profile,omitempty"`
	User         *account              `json:"user,omitempty"`
	Users        map[string][]*account `json:"users,omitempty"`
	Data         any                   `json:"data,omitempty"`

	Username  string `json:"username,omitempty"`
	Available *bool  `json:"available,omitempty"`
}

// readBody reads a JSON object of at most limit bytes. The original takes
// nothing else.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) (map[string]any, error) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, muster.Errorf(muster.TooLarge, "body", "the body is larger than %d bytes", limit)
	}
	if err != nil {
		return nil, muster.Errorf(muster.Invalid, "body", "the body could not be read to its end")
	}
	if len(bytes.TrimSpace(b)) == 0 {
		return nil, refusal{http.StatusBadRequest, "postBodyMissing", "the request has no body"}
	}
	v, err := muster.ParseJSON(b)
	if err != nil {
		return nil, err
	}
	body, ok := v.(map[string]any)
	if !ok {
		return nil, muster.Errorf(muster.Invalid, "body", "must be a JSON object")
	}
	return body, nil
}

func (d *Dialect) write(w http.ResponseWriter, out answer) {
	w.Header().Set("Cache-Control", "no-store")
	if out.Result == "" { // 204, and the original's empty 404
		w.WriteHeader(out.status)
		return
	}
	body, err := json.Marshal(out)
	if err != nil { // nothing that is answered fails to be written
		panic(err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(out.status)
	_, _ = w.Write(body) // the client may have gone
}

// fail answers a refusal.
func (d *Dialect) fail(w http.ResponseWriter, status int, key, message string) {
	d.write(w, answer{status: status, Result: "error", Error: key, Message: message})
}

// Refuse answers what was refused before the dialect saw it.
func (d *Dialect) Refuse(w http.ResponseWriter, _ *http.Request, status int, text string) {
	d.fail(w, status, errorOf(status), text)
}

func errorOf(status int) string {
	switch status {
	case http.StatusTooManyRequests:
		return "tooManyRequests"
	case http.StatusRequestEntityTooLarge:
		return "bodyTooLarge"
	case http.StatusServiceUnavailable:
		return "unavailable"
	case http.StatusBadRequest:
		return "badRequest"
	}
	return "internalError"
}

// refusal is one that has a key of its own.
type refusal struct {
	status       int
	key, message string
}

func (r refusal) Error() string { return r.message }

// consentLacking refuses somebody who has signed in and not consented. They
// get their token, or they could never consent.
type consentLacking struct{ answer answer }

func (consentLacking) Error() string { return "consent is needed before the account can be used" }

// nestedLacking is consentLacking as whoami says it.
type nestedLacking struct{}

func (nestedLacking) Error() string { return consentLacking{}.Error() }

// refuse answers an error.
func (d *Dialect) refuse(w http.ResponseWriter, r *http.Request, g guard, in era, err error) {
	if errors.Is(err, errUnauthorized) {
		scheme := "Bearer"
		if g == guardKey {
			scheme = "Basic"
		}
		w.Header().Set("WWW-Authenticate", scheme+` realm="Users"`)
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, "Unauthorized")
		return
	}
	if lacking, ok := errors.AsType[consentLacking](err); ok {
		out := lacking.answer
		out.status, out.Result, out.Error, out.Message = http.StatusUnavailableForLegalReasons, "error", "consentLacking", err.Error()
		d.write(w, out)
		return
	}
	if nested, ok := errors.AsType[nestedLacking](err); ok {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusUnavailableForLegalReasons)
		_, _ = io.WriteString(w, `{"result":"error","error":{"error":"consentLacking"},"message":"`+nested.Error()+`"}`)
		return
	}
	if own, ok := errors.AsType[refusal](err); ok {
		d.fail(w, own.status, own.key, own.message)
		return
	}
	status, key, message := describe(err, in)
	if status == http.StatusInternalServerError && r.Context().Err() == nil {
		d.log.ErrorContext(r.Context(), "request failed", "dialect", Name, "request_id", r.Header.Get("X-Request-Id"), "error", err)
	}
	d.fail(w, status, key, message)
}

// describe is the status, key and text of an error of Muster's. Keys name the
// member at fault: usernameInvalid, usernameTaken.
func describe(err error, in era) (status int, key, message string) {
	e, ok := errors.AsType[*muster.Error](err)
	if !ok {
		return http.StatusInternalServerError, "internalError", "internal error"
	}
	name := wireName(e.Field)
	said := e.Message
	if name != "" {
		said = name + ": " + e.Message
	}
	switch e.Code {
	case muster.Invalid:
		return http.StatusBadRequest, or(name, "body") + "Invalid", said
	case muster.TooLarge:
		if name == "" || name == "body" {
			return http.StatusRequestEntityTooLarge, "bodyTooLarge", said
		}
		return http.StatusBadRequest, name + "Invalid", said
	case muster.Conflict, muster.Stale:
		return http.StatusBadRequest, or(name, "account") + "Taken", said
	case muster.Unauthenticated:
		return http.StatusUnauthorized, in.signInFailed, e.Message
	case muster.Forbidden, muster.ReadOnly:
		return http.StatusForbidden, "insufficientAccessLevel", e.Message
	case muster.NotFound, muster.Gone:
		return http.StatusNotFound, "notFound", e.Message
	case muster.Limited:
		return http.StatusTooManyRequests, "tooManyRequests", e.Message
	default:
		return http.StatusServiceUnavailable, "unavailable", e.Message
	}
}

// wireName is what the original calls a member, by its path in Muster's words.
func wireName(path string) string {
	name, rest, _ := strings.Cut(path, ".")
	switch name {
	case "values":
		if id, ok := strings.CutPrefix(rest, Name+"."); ok {
			id, _, _ = strings.Cut(id, ".")
			return id
		}
		return "data"
	case "picture":
		return "img"
	case "standing":
		return "status"
	}
	return name
}

func or(name, other string) string {
	if name == "" {
		return other
	}
	return name
}
