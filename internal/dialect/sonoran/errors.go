package sonoran

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/muster-accounts/muster"
)

// v1Miss is how a v1 route answers where nobody answers to the identity.
type v1Miss struct {
	status  int
	byAPIID bool
}

// v1Error answers an error as v1 does: plain text, and 400 where the vendor
// knows no better. Its JavaScript client takes any JSON error, and any 403 or
// 422, for a success.
func (d *Dialect) v1Error(w http.ResponseWriter, r *http.Request, miss v1Miss, err error) {
	if refused, ok := errors.AsType[refusal](err); ok {
		d.writeJSON(w, r, refused.Status, "application/json", refused)
		return
	}
	status, text := v1Text(miss, err)
	d.logFailure(r, status, err)
	v1Answer(w, status, text)
}

func v1Text(miss v1Miss, err error) (status int, text string) {
	e, ok := errors.AsType[*muster.Error](err)
	if !ok {
		return http.StatusInternalServerError, "INTERNAL ERROR"
	}
	said := wireError(e).Error()
	switch {
	case e.Code == muster.Unauthenticated && e.Field == "community":
		return http.StatusBadRequest, "INVALID COMMUNITY ID"
	case e.Code == muster.Unauthenticated:
		return http.StatusBadRequest, "INVALID API KEY"
	case e.Code == muster.NotFound && e.Field == "dialect":
		return http.StatusNotFound, "API IS NOT ENABLED FOR THIS COMMUNITY"
	case e.Code == muster.NotFound && e.Field == "server":
		return http.StatusBadRequest, reasonServer
	case e.Code == muster.NotFound && e.Field != "ref":
		return http.StatusNotFound, "NOT FOUND: " + e.Message
	case e.Code == muster.NotFound && miss.byAPIID:
		return miss.status, "API ID NOT LINKED TO AN ACCOUNT IN THIS COMMUNITY"
	case e.Code == muster.NotFound:
		return miss.status, "NO ACCOUNT FOUND UNDER GIVEN PARAMETERS IN THIS COMMUNITY"
	case e.Code == muster.Limited:
		return http.StatusTooManyRequests, "API RATE LIMIT EXCEEDED: " + said
	case e.Code == muster.Unavailable:
		return http.StatusServiceUnavailable, "UNAVAILABLE: " + said
	case e.Code == muster.ReadOnly:
		return http.StatusBadRequest, "NOT ALLOWED: " + e.Message
	case e.Code == muster.Forbidden:
		return http.StatusBadRequest, "NOT ALLOWED: " + said
	default:
		return http.StatusBadRequest, "INVALID REQUEST: " + said
	}
}

func v1Answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprint(w, text) // the client may have gone
}

// v1Unknown answers paths that are none of v1's, below those that are, as the
// vendor's service does; clients know the text.
func v1Unknown(w http.ResponseWriter, r *http.Request) {
	for _, prefix := range []string{"/general/", "/servers/", "/game/", "/events/"} {
		if strings.HasPrefix(r.URL.Path, prefix) {
			v1Answer(w, http.StatusOK, "Sonoran CMS: Backend Service Reached")
			return
		}
	}
	v1Answer(w, http.StatusNotFound, "not found")
}

func v1WrongMethod(w http.ResponseWriter, _ *http.Request) {
	v1Answer(w, http.StatusMethodNotAllowed, "INVALID REQUEST: v1 takes POST only")
}

// Guide is the passage of the guides that tells people what is served.
const Guide = "/docs/guides/sonoran#what-is-served"

// notServed names where it stands what is served: for people, and for programs.
const notServed = "this server does not serve this call; what it serves stands at " + Guide + " and in " + Contract

func v1NotBuilt(w http.ResponseWriter, _ *http.Request) {
	v1Answer(w, http.StatusNotImplemented, "NOT IMPLEMENTED: "+notServed)
}

// problem is a v2 error. message repeats detail for the JavaScript client,
// which shows that; errors names the member at fault.
type problem struct {
	Type     string         `json:"type"`
	Title    string         `json:"title"`
	Status   int            `json:"status"`
	Detail   string         `json:"detail"`
	Message  string         `json:"message"`
	Instance string         `json:"instance"`
	TraceID  string         `json:"traceId"`
	Code     muster.Code    `json:"code,omitempty"`
	Errors   []problemPoint `json:"errors,omitempty"`
}

type problemPoint struct {
	Pointer string `json:"pointer"` // JSON Pointer into the request's body
	Detail  string `json:"detail"`
}

// v2Error answers an error as a problem.
func (d *Dialect) v2Error(w http.ResponseWriter, r *http.Request, err error) {
	if refused, ok := errors.AsType[refusal](err); ok {
		d.writeProblem(w, r, refused.Status, problem{Detail: refused.Message})
		return
	}
	status, detail := v2Text(err)
	p := problem{Detail: detail}
	d.logFailure(r, status, err)
	if e, ok := errors.AsType[*muster.Error](err); ok {
		p.Code = e.Code
		if e = wireError(e); e.Field != "" && e.Code != muster.Unauthenticated && e.Code != muster.NotFound {
			p.Errors = []problemPoint{{pointer(e.Path), e.Message}}
		}
	}
	d.writeProblem(w, r, status, p)
}

func v2Text(err error) (status int, detail string) {
	e, ok := errors.AsType[*muster.Error](err)
	if !ok {
		return http.StatusInternalServerError, "internal error"
	}
	status = map[muster.Code]int{
		muster.Invalid: http.StatusBadRequest, muster.Unauthenticated: http.StatusUnauthorized, muster.Forbidden: http.StatusForbidden, muster.ReadOnly: http.StatusForbidden,
		muster.NotFound: http.StatusNotFound, muster.Gone: http.StatusNotFound, muster.Conflict: http.StatusConflict, muster.Stale: http.StatusPreconditionFailed,
		muster.Limited: http.StatusTooManyRequests, muster.TooLarge: http.StatusRequestEntityTooLarge, muster.Unavailable: http.StatusServiceUnavailable,
	}[e.Code]
	switch {
	case e.Code == muster.NotFound && e.Field == "server":
		return status, reasonServer
	case e.Code == muster.NotFound, e.Code == muster.Gone:
		return status, "NOT FOUND"
	case e.Code == muster.Unauthenticated:
		return status, e.Message
	default:
		return status, wireError(e).Error()
	}
}

func (d *Dialect) writeProblem(w http.ResponseWriter, r *http.Request, status int, p problem) {
	p.Type, p.Title, p.Status = fmt.Sprintf("https://httpstatuses.com/%d", status), http.StatusText(status), status
	p.Message, p.Instance, p.TraceID = p.Detail, r.URL.EscapedPath(), r.Header.Get("X-Request-Id")
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="Sonoran CMS"`)
	}
	d.writeJSON(w, r, status, "application/problem+json", p)
}

func (d *Dialect) v2Unknown(w http.ResponseWriter, r *http.Request) {
	d.writeProblem(w, r, http.StatusNotFound, problem{Detail: "NOT FOUND"})
}

func (d *Dialect) v2WrongMethod(w http.ResponseWriter, r *http.Request) {
	d.writeProblem(w, r, http.StatusMethodNotAllowed, problem{Detail: "this path takes " + w.Header().Get("Allow")})
}

func (d *Dialect) v2NotBuilt(w http.ResponseWriter, r *http.Request) {
	d.writeProblem(w, r, http.StatusNotImplemented, problem{Detail: notServed})
}

// Refuse answers what was refused before the dialect saw it, in the form of
// the path's era.
func (d *Dialect) Refuse(w http.ResponseWriter, r *http.Request, status int, text string) {
	if isV2(r.URL.Path) {
		d.writeProblem(w, r, status, problem{Detail: text})
		return
	}
	v1Answer(w, status, text)
}

// asError is the refusal in an error.
func asError(err error) (*muster.Error, bool) { return errors.AsType[*muster.Error](err) }

// pointer is a path as a JSON Pointer (RFC 6901).
func pointer(path []string) string {
	var b strings.Builder
	for _, segment := range path {
		b.WriteByte('/')
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(segment))
	}
	return b.String()
}

// wireNames are the names on this wire of what Muster calls otherwise; an
// empty one is no member of the request, or made up of several.
var wireNames = map[string]string{
	"values": "profileFields", "ranks": "", "name": "newName", "identities": "identifiers", "clock": "", "accounts": "", "ref": "", "targets": "",
}

// wireError speaks of members by their names on this wire.
func wireError(e *muster.Error) *muster.Error {
	said := *e
	if len(e.Path) == 0 {
		return &said
	}
	if e.Field == "standing.ban.until" {
		said.Field, said.Path = "banExpiration", []string{"banExpiration"}
		return &said
	}
	name, other := wireNames[e.Path[0]]
	if !other {
		return &said
	}
	rest := strings.TrimPrefix(strings.TrimPrefix(e.Field, e.Path[0]), ".")
	said.Path = e.Path[1:]
	if e.Path[0] == "identities" && len(said.Path) > 0 { // the request has one list of them
		rest, said.Path = strings.TrimPrefix(strings.TrimPrefix(rest, said.Path[0]), "."), said.Path[1:]
	}
	if name != "" {
		said.Path = append([]string{name}, said.Path...)
	}
	said.Field = strings.Trim(name+"."+rest, ".")
	return &said
}

// atField says of a value at fault where in the request's list it stands.
func atField(list []object, err error) error {
	e, ok := asError(err)
	if !ok || len(e.Path) < 2 || e.Path[0] != "values" {
		return err
	}
	for i, o := range list {
		if id, err := fieldID(o); err != nil || id != e.Path[1] {
			continue
		}
		path := "profileFields." + strconv.Itoa(i)
		if len(e.Path) == 2 {
			return muster.Errorf(e.Code, path, "%s", e.Message)
		}
		return muster.Errorf(e.Code, path+".value."+strings.Join(e.Path[2:], "."), "%s", e.Message)
	}
	return err
}

// logFailure logs what is our own fault, and not what a client's leaving made
// of its request.
func (d *Dialect) logFailure(r *http.Request, status int, err error) {
	if status < http.StatusInternalServerError || r.Context().Err() != nil {
		return
	}
	d.log.ErrorContext(r.Context(), "request failed", "dialect", Name, "request_id", r.Header.Get("X-Request-Id"), "error", err)
}
