package freesewing

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/limit"
)

// guard is what a route asks of its caller.
type guard string

// The guards. A path's last segment names the credential; guests come with a
// token as well, but need not have consented.
const (
	guardJWT   guard = "jwt"
	guardKey   guard = "key"
	guardGuest guard = "guest"
	guardNone  guard = "none"
)

// request is what a route is given.
type request struct {
	*http.Request
	w     http.ResponseWriter
	body  map[string]any // of methods that have one
	guard guard
	era   era
}

type route struct {
	method, pattern string
	guard           guard
	class           limit.Class
	do              func(context.Context, muster.Caller, request) (answer, error)
}

func (d *Dialect) routes() []route {
	routes := []route{
		{http.MethodPost, "/signin", guardNone, classRead, d.signIn},
		{http.MethodPost, "/login", guardNone, classRead, d.signIn},
		{http.MethodPost, "/signup", guardNone, classWrite, d.signUp},
		{http.MethodPost, "/confirm/signup/{id}", guardNone, classWrite, d.confirmSignUp},
		{http.MethodGet, "/confirmations/{id}/{check}", guardNone, classRead, d.readLink},
		{http.MethodPost, "/signinlink", guardNone, classWrite, d.mailSignIn},
		{http.MethodPost, "/signinlink/{id}", guardNone, classWrite, d.signInByLink},
		{http.MethodPost, "/signinlink/{id}/{check}", guardNone, classWrite, d.signInByLink},
		{http.MethodPost, "/passwordreset", guardNone, classWrite, d.mailReset},
		{http.MethodPost, "/passwordreset/{id}", guardNone, classWrite, d.resetPassword},
		{http.MethodGet, "/users/{id}", guardNone, classRead, d.readProfile},
		{http.MethodGet, "/admin/impersonate/{id}/jwt", guardJWT, classWrite, d.impersonate},
		{http.MethodGet, "/whoami/jwt", guardGuest, classRead, d.whoami},
		{http.MethodGet, "/whoami/key", guardKey, classRead, d.readKey},
		{http.MethodPut, "/consent/jwt", guardGuest, classWrite, d.setConsent},
		{http.MethodPatch, "/consent/jwt", guardGuest, classWrite, d.setConsent},
	}
	for _, g := range []guard{guardJWT, guardKey} {
		for _, path := range []string{"/account/", "/account/{id}/"} {
			routes = append(routes,
				route{http.MethodGet, path + string(g), g, classRead, d.read},
				route{http.MethodPut, path + string(g), g, classWrite, d.update},
				route{http.MethodPatch, path + string(g), g, classWrite, d.update})
		}
		routes = append(routes,
			route{http.MethodPost, "/account/mfa/" + string(g), g, classWrite, d.setMFA},
			route{http.MethodGet, "/account/export/" + string(g), g, classRead, d.export},
			route{http.MethodGet, "/account/restrict/" + string(g), g, classWrite, d.restrict},
			route{http.MethodPost, "/account/restrict/" + string(g), g, classWrite, d.restrict},
			route{http.MethodDelete, "/account/" + string(g), g, classWrite, d.remove},
			route{http.MethodGet, "/users/{id}/" + string(g), g, classRead, d.readUser},
			route{http.MethodPost, "/admin/search/users/" + string(g), g, classRead, d.searchUsers},
			route{http.MethodGet, "/admin/user/{id}/" + string(g), g, classRead, d.readAny},
			route{http.MethodPatch, "/admin/user/{id}/" + string(g), g, classWrite, d.updateAny},
			route{http.MethodPost, "/apikeys/" + string(g), g, classWrite, d.makeKey},
			route{http.MethodGet, "/apikeys/" + string(g), g, classRead, d.listKeys},
			route{http.MethodGet, "/apikeys/{id}/" + string(g), g, classRead, d.readKey},
			route{http.MethodDelete, "/apikeys/{id}/" + string(g), g, classWrite, d.removeKey},
			route{http.MethodPost, "/available/username/" + string(g), g, classRead, d.available})
	}
	return routes
}

// Routes are the served calls.
func (d *Dialect) Routes() (list []string) {
	for _, r := range d.routes() {
		list = append(list, r.method+" "+r.pattern)
	}
	return list
}

// Prefixes are the paths that are the vendor's, and /c, where a path begins
// with its community.
func (d *Dialect) Prefixes() []string {
	return strings.Fields(`/account /signin /login /consent /apikeys /signup /confirm /confirmations /signinlink /whoami
		/available /users /admin /passwordreset /c`)
}

func (d *Dialect) newMux() *http.ServeMux {
	mux := http.NewServeMux()
	byPath := map[string]map[string]http.HandlerFunc{}
	add := func(method, pattern string, handler http.HandlerFunc) {
		if byPath[pattern] == nil {
			byPath[pattern] = map[string]http.HandlerFunc{}
			mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { d.byMethod(w, r, byPath[pattern]) })
		}
		byPath[pattern][method] = handler
	}
	for _, r := range d.routes() {
		add(r.method, r.pattern, func(w http.ResponseWriter, req *http.Request) { d.serve(w, req, r) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		d.fail(w, http.StatusNotFound, "notFound", "there is no such call")
	})
	return mux
}

func (d *Dialect) byMethod(w http.ResponseWriter, r *http.Request, handlers map[string]http.HandlerFunc) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if handler := handlers[method]; handler != nil {
		handler(w, r)
		return
	}
	var allowed []string
	for m := range handlers {
		allowed = append(allowed, m)
	}
	slices.Sort(allowed)
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	d.fail(w, http.StatusMethodNotAllowed, "methodNotAllowed", "this path takes "+strings.Join(allowed, ", "))
}

// serve answers one call: who asks, how often, then what it does.
func (d *Dialect) serve(w http.ResponseWriter, r *http.Request, call route) {
	in := request{Request: r, w: w, guard: call.guard, era: eraOf(nil)}
	out, err := func() (answer, error) {
		caller, err := d.caller(r, call.guard)
		if err != nil {
			return answer{}, err
		}
		size := int64(maxSignIn)
		if call.guard == guardNone { // who has none is counted by address and name, once these are known
			community, err := d.core.Enter(r.Context(), visitor(in))
			if err != nil {
				return answer{}, err
			}
			in.era = eraOf(community.Settings.Switches)
		} else {
			size, in.era = maxBody, eraOf(caller.Switches)
			pass, err := d.door.Allow(caller, call.class)
			pass.SetHeaders(w.Header())
			if err != nil {
				return answer{}, err
			}
		}
		if takesBody(call) {
			if in.body, err = readBody(w, r, size); err != nil {
				return answer{}, err
			}
		}
		return call.do(r.Context(), caller, in)
	}()
	if err != nil {
		d.refuse(w, r, call.guard, in.era, err)
		return
	}
	d.write(w, out)
}

// takesBody reports whether a call has a body. To restrict an account says all
// in its path.
func takesBody(call route) bool {
	switch call.method {
	case http.MethodGet, http.MethodHead, http.MethodDelete:
		return false
	}
	return !strings.HasPrefix(call.pattern, "/account/restrict/")
}

// community is the key under which a request's context has the community that
// its path began with.
type community struct{}

// ServeHTTP takes /c/{community} off the path, where it is there.
func (d *Dialect) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest, ok := strings.CutPrefix(r.URL.Path, "/c/"); ok {
		name, path, _ := strings.Cut(rest, "/")
		inner := r.Clone(context.WithValue(r.Context(), community{}, name))
		inner.URL.Path, inner.URL.RawPath = "/"+path, ""
		r = inner
	}
	d.mux.ServeHTTP(w, r)
}

// communityOf is the community that the path names, if it does.
func communityOf(r *http.Request) string {
	name, _ := r.Context().Value(community{}).(string)
	return name
}

// errUnauthorized is answered in the original's own way: as text.
var errUnauthorized = errors.New("Unauthorized")
