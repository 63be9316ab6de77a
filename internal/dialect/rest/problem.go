package rest

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/muster-accounts/muster"
)

// problem is a refusal as RFC 9457 has it, before it is written.
type problem struct {
	status    int
	code      string
	detail    string
	at        []fault
	header    [2]string // one that goes with it
	conflicts any       // those of many, see problemBody
}

func (p problem) Error() string { return p.detail }

// fault is a part of the request at fault: a member of the body by its JSON
// Pointer (RFC 6901), a parameter of path or query, or a header.
type fault struct {
	Pointer   string `json:"pointer,omitempty"`
	Parameter string `json:"parameter,omitempty"`
	Header    string `json:"header,omitempty"`
	Member    string `json:"member,omitempty"` // of an account, where the request does not name it
	Detail    string `json:"detail"`
}

// problemBody is what is written.
type problemBody struct {
	Type      string  `json:"type"`
	Title     string  `json:"title"`
	Status    int     `json:"status"`
	Detail    string  `json:"detail"`
	Code      string  `json:"code"`
	RequestID string  `json:"requestId"`
	Errors    []fault `json:"errors,omitempty"`
	Conflicts any     `json:"conflicts,omitempty"`
}

// problemTypes begin the types of problems that are our own; the code follows.
const problemTypes = "urn:problem-type:muster:"

// quotaExceeded is IANA's type for what a rate limit refuses.
const quotaExceeded = "https://iana.org/assignments/http-problem-types#quota-exceeded"

// refuse answers an error.
func (d *Dialect) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	if p.status == http.StatusInternalServerError && r.Context().Err() == nil {
		d.log.ErrorContext(r.Context(), "request failed", "dialect", Name, "path", r.URL.Path, "request_id", r.Header.Get("X-Request-Id"), "error", err)
	}
	d.writeProblem(w, r, p)
}

// Refuse answers what was refused before the dialect saw it.
func (d *Dialect) Refuse(w http.ResponseWriter, r *http.Request, status int, text string) {
	codes := map[int]string{http.StatusTooManyRequests: string(muster.Limited), http.StatusBadRequest: string(muster.Invalid)}
	code, ok := codes[status]
	if !ok {
		code = "internal"
	}
	d.writeProblem(w, r, problem{status: status, code: code, detail: text})
}

func (d *Dialect) writeProblem(w http.ResponseWriter, r *http.Request, p problem) {
	body := problemBody{
		Type: problemTypes + p.code, Title: titles[p.code], Status: p.status, Detail: p.detail, Code: p.code,
		RequestID: r.Header.Get("X-Request-Id"), Errors: p.at, Conflicts: p.conflicts,
	}
	if p.status == http.StatusTooManyRequests {
		body.Type = quotaExceeded
	}
	header := map[string]string{"Content-Type": "application/problem+json"}
	switch {
	case p.header[0] != "":
		header[p.header[0]] = p.header[1]
	case p.status == http.StatusUnauthorized:
		header["WWW-Authenticate"] = `Bearer realm="Muster"`
	case p.status == http.StatusServiceUnavailable:
		header["Retry-After"] = "1"
	}
	d.write(w, reply{status: p.status, header: header, body: body})
}

// titles are what each code is in general.
var titles = map[string]string{
	string(muster.Invalid): "The request is wrong", string(muster.Unauthenticated): "No good credential",
	string(muster.Forbidden): "The credential's rights are too small", string(muster.NotFound): "Nothing answers to this",
	string(muster.Gone):     "No longer there",
	string(muster.Conflict): "Taken, or changed since", string(muster.Stale): "Not the current state",
	string(muster.Limited): "Too many requests", string(muster.TooLarge): "Too large", string(muster.Unavailable): "Not now",
	string(muster.ReadOnly): "The community is read-only",
	"internal":              "An error of the server", "no_such_route": "No such route", "method_not_allowed": "No such method here",
	"unsupported_media_type": "Not a type that this route reads",
	"precondition_required":  "If-Match is needed", "key_in_use": "The Idempotency-Key is in use", "key_reused": "The Idempotency-Key was for another request",
	"reply_not_kept": "The answer is not kept",
}

var statuses = map[muster.Code]int{
	muster.Invalid: http.StatusBadRequest, muster.Unauthenticated: http.StatusUnauthorized, muster.Forbidden: http.StatusForbidden, muster.ReadOnly: http.StatusForbidden,
	muster.NotFound: http.StatusNotFound, muster.Gone: http.StatusGone, muster.Conflict: http.StatusConflict, muster.Stale: http.StatusPreconditionFailed,
	muster.Limited: http.StatusTooManyRequests, muster.TooLarge: http.StatusRequestEntityTooLarge, muster.Unavailable: http.StatusServiceUnavailable,
}

// problemOf words an error.
func problemOf(err error) problem {
	if p, ok := errors.AsType[problem](err); ok {
		return p
	}
	e, ok := errors.AsType[*muster.Error](err)
	if !ok {
		return problem{status: http.StatusInternalServerError, code: "internal", detail: "internal error"}
	}
	p := problem{status: statuses[e.Code], code: string(e.Code), detail: e.Message}
	if e.Code == muster.TooLarge && len(e.Path) > 0 { // the body as a whole is not
		p.status = http.StatusBadRequest
	}
	if f, ok := faultOf(e); ok {
		p.at = []fault{f}
		p.detail = f.Pointer + f.Parameter + f.Header + ": " + e.Message // two of them are empty
	}
	return p
}

// The first segments of paths that lead to no member of a body.
const (
	inQuery  = "?"
	inHeader = ":"
)

// inBody stands before a member that was read in the body, so that one called
// "rev" or "id" is not taken for what the core calls so. No pointer has it.
const inBody = "\x00"

// faultOf says which part of the request is at fault, if one is.
func faultOf(e *muster.Error) (f fault, ok bool) {
	if len(e.Path) == 0 || e.Code == muster.Unauthenticated {
		return f, false
	}
	f.Detail = e.Message
	first := e.Path[0]
	e = &muster.Error{Code: e.Code, Path: slices.DeleteFunc(slices.Clone(e.Path), func(s string) bool { return s == inBody }), Message: e.Message}
	switch first {
	case inQuery, inHeader:
		name := strings.Join(e.Path[1:], ".")
		if f.Parameter = name; first == inHeader {
			f.Parameter, f.Header = "", name
		}
	case "rev":
		f.Header = headerMatch
	case muster.HeaderDryRun:
		f.Header = muster.HeaderDryRun
	case "ref", "seq", "webhook":
		f.Parameter = first
	default:
		if (first == "dialect" || first == "community") && e.Code != muster.Invalid { // which the request does not name
			return fault{}, false
		}
		f.Pointer = pointer(e.Path)
	}
	return f, true
}

// ofAccount says that the member at fault is one of an account, and not of the
// request.
func ofAccount(err error) error {
	e, ok := asError(err)
	if !ok || e.Field == "" || e.Field == "seq" || e.Field == "ref" || e.Field == "community" {
		return err
	}
	p := problemOf(err)
	p.detail = e.Error()
	p.at = []fault{{Member: e.Field, Detail: e.Message}}
	return p
}

// pointer writes a JSON Pointer.
func pointer(path []string) string {
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	var b strings.Builder
	for _, name := range path {
		b.WriteString("/" + escape.Replace(name))
	}
	return b.String()
}

// wrongQuery refuses a parameter of the query.
func wrongQuery(name, format string, args ...any) error {
	return muster.Within(inQuery, muster.WithinMember(name, muster.Errorf(muster.Invalid, "", format, args...)))
}
