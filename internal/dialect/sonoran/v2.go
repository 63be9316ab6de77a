package sonoran

import (
	"context"
	"net/http"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/limit"
)

// below is the path under which all of v2 is.
const below = "/v2/community"

// request is what a route of v2 is given.
type request struct {
	path  func(string) string // a named segment of the path, which goes before what the body says
	query object
	body  object // of methods that have one
}

// ref points at the account that the path names.
func (in request) ref() muster.Ref { return muster.RefID(muster.AccountID(in.path("accountId"))) }

// envelope is a v2 success.
type envelope struct {
	Success bool `json:"success"`
	Data    any  `json:"data"`
	Meta    struct {
		Timestamp *isoTime `json:"timestamp"`
		Path      string   `json:"path"` // without the query
	} `json:"meta"`
}

// handler is a call of v2.
type handler func(context.Context, muster.Caller, request) (any, error)

// v2 is a route of v2, below its prefix: a bearer key, from which the
// community comes, and a JSON body where the method has one.
func (d *Dialect) v2(method, pattern string, class limit.Class, do handler) route {
	return d.v2Route(method, pattern, class, method != http.MethodGet, do)
}

// v2Bare is a POST that needs no body: sonorancms_core sends none with it.
func (d *Dialect) v2Bare(pattern string, class limit.Class, do handler) route {
	return d.v2Route(http.MethodPost, pattern, class, false, do)
}

func (d *Dialect) v2Route(method, pattern string, class limit.Class, needsBody bool, do handler) route {
	return route{method: method, pattern: below + pattern, handler: func(w http.ResponseWriter, r *http.Request) {
		out, err := func() (any, error) {
			caller, err := d.v2Caller(r)
			if err != nil {
				return nil, err
			}
			if err := d.count(w, caller, class); err != nil {
				return nil, err
			}
			in := request{path: r.PathValue, query: queryOf(r.URL.Query())}
			if method != http.MethodGet {
				if in.body, err = readBody(w, r, needsBody); err != nil {
					return nil, err
				}
			}
			return do(r.Context(), caller, in)
		}()
		if err != nil {
			d.v2Error(w, r, err)
			return
		}
		o := outcomeOf(w, out, http.StatusOK)
		answer := envelope{Success: true, Data: o.data}
		answer.Meta.Timestamp, answer.Meta.Path = iso(d.now()), r.URL.EscapedPath()
		d.writeJSON(w, r, o.status, "application/json", answer)
	}}
}

func (d *Dialect) v2Caller(r *http.Request) (muster.Caller, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return muster.Caller{}, muster.Errorf(muster.Unauthenticated, "", "Missing Authorization header.")
	}
	scheme, secret, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return muster.Caller{}, muster.Errorf(muster.Unauthenticated, "", "The Authorization header must have the form: Bearer <API key>.")
	}
	return d.caller(r, strings.TrimSpace(secret), "")
}
