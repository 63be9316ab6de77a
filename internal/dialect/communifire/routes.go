package communifire

import (
	"context"
	"net/http"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/limit"
)

// request is what a call is given.
type request struct {
	w     http.ResponseWriter // for reading the body
	r     *http.Request
	query query
}

// route is one call that clients make, by its path in lower case. Without do
// it is known and not served.
type route struct {
	method, pattern string
	class           limit.Class // blank: for those who have no credential yet
	do              func(context.Context, muster.Caller, request) (any, error)
}

func (d *Dialect) routes() []route {
	routes := []route{
		{http.MethodPost, "/api/users/fields", classWrite, d.setFields},
		{http.MethodPut, "/api/users/token", limit.Class{}, d.signIn},
		{http.MethodGet, "/api/users", classRead, d.users},
		{http.MethodGet, "/api/users/me", classRead, d.me},
		{http.MethodGet, "/api/users/{id}/details", classRead, d.details},
		{http.MethodGet, "/api/timezones", classRead, d.timeZones},
	}
	for _, line := range strings.Split(strings.TrimSpace(unbuilt), "\n") {
		method, pattern, _ := strings.Cut(line, " ")
		routes = append(routes, route{method: method, pattern: pattern})
	}
	return routes
}

// unbuilt are the calls that the vendor's clients are known to make and Muster
// does not serve. README.md lists them for people.
const unbuilt = `
GET /api/users/{id}/friends
PUT /api/users/connections
DELETE /api/users/connections
GET /api/users/me/spaces
POST /api/users/me/devicetokens/ios
POST /api/users/me/devicetokens/android
DELETE /api/users/me/devicetokens
GET /api/spaces/{id}/users
GET /api/spaces/{id}/members
PUT /api/spaces/{space}/users/{user}/membership/status
GET /api/content/{id}
GET /api/saml/details
`

// Routes are the served calls.
func (d *Dialect) Routes() (list []string) {
	for _, r := range d.routes() {
		if r.do != nil {
			list = append(list, r.method+" "+r.pattern)
		}
	}
	return list
}

// Prefixes are the paths that are the vendor's.
func (d *Dialect) Prefixes() []string {
	return []string{"/api/users", "/api/timezones", "/api/spaces", "/api/content", "/api/saml"}
}

// newMux finds routes. Methods are told apart here, so that a wrong one is
// answered in the vendor's form as well.
func (d *Dialect) newMux() *http.ServeMux {
	mux := http.NewServeMux()
	byPath := map[string]map[string]route{}
	for _, r := range d.routes() {
		if byPath[r.pattern] == nil {
			byPath[r.pattern] = map[string]route{}
			mux.HandleFunc(r.pattern, func(w http.ResponseWriter, req *http.Request) { d.byMethod(w, req, byPath[r.pattern]) })
		}
		byPath[r.pattern][r.method] = r
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		d.write(w, http.StatusNotFound, refusal("There is no such call"))
	})
	return mux
}

func (d *Dialect) byMethod(w http.ResponseWriter, r *http.Request, routes map[string]route) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	found, ok := routes[method]
	switch {
	case !ok:
		w.Header().Set("Allow", allowed(routes))
		d.write(w, http.StatusMethodNotAllowed, refusal("This path takes "+allowed(routes)))
	case found.do == nil:
		d.write(w, http.StatusNotImplemented, refusal("This server does not serve this call"))
	default:
		d.serve(w, r, found)
	}
}

// serve answers one call: who asks, how often, then what it does.
func (d *Dialect) serve(w http.ResponseWriter, r *http.Request, call route) {
	var caller muster.Caller
	out, err := func() (any, error) {
		q, err := parseQuery(r.URL)
		if err != nil {
			return nil, err
		}
		if call.class != (limit.Class{}) {
			if caller, err = d.caller(r, q); err != nil {
				return nil, err
			}
			pass, err := d.door.Allow(caller, call.class)
			pass.SetHeaders(w.Header())
			if err != nil {
				return nil, err
			}
		}
		return call.do(r.Context(), caller, request{w, r, q})
	}()
	if err != nil {
		d.refuse(w, r, caller, err)
		return
	}
	if _, whole := out.(object); !whole {
		out = success(out)
	}
	d.write(w, http.StatusOK, out)
}

// community is the key under which a request's context has the community that
// its path began with.
type community struct{}

// communityOf is the community that the path names, if it does.
func communityOf(r *http.Request) string {
	name, _ := r.Context().Value(community{}).(string)
	return name
}

// ServeHTTP takes /c/{community} off the path, where it is there, and serves
// paths in any case: the vendor's clients write userService.svc and
// userservice.svc.
func (d *Dialect) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, ctx := r.URL.Path, r.Context()
	if named, ok := strings.CutPrefix(path, "/c/"); ok {
		name, rest, _ := strings.Cut(named, "/")
		path, ctx = "/"+rest, context.WithValue(ctx, community{}, name)
	}
	folded, u := r.WithContext(ctx), *r.URL
	u.Path, u.RawPath = strings.ToLower(path), ""
	folded.URL = &u
	d.mux.ServeHTTP(w, folded)
}
