package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/limit"
)

// request is what a handler is given.
type request struct {
	*http.Request
	w     http.ResponseWriter
	query url.Values
}

// reply is what a handler gives back.
type reply struct {
	status int // 0: 200
	header map[string]string
	body   any                       // nil: none
	stream func(http.ResponseWriter) // writes the body itself, where it is large
}

// route is one call.
type route struct {
	method, pattern string
	class           limit.Class
	query           []string // the parameters that it takes; "values." takes all that begin so
	do              func(context.Context, muster.Caller, request) (reply, error)
	secret          bool // its answer holds a secret, and is not kept
	ends            ending
}

func (d *Dialect) routes() []route {
	return slices.Concat(d.accountRoutes(), d.historyRoutes(), d.bulkRoutes(), d.catalogueRoutes(), d.communityRoutes(), d.keyRoutes(), d.webhookRoutes(), d.eventRoutes())
}

// Routes are the served calls.
func (d *Dialect) Routes() (list []string) {
	for _, r := range d.routes() {
		list = append(list, r.method+" "+r.pattern)
	}
	return list
}

// newMux finds routes. Methods are told apart here, so that a wrong one is a
// problem like all others.
func (d *Dialect) newMux(routes []route) *http.ServeMux {
	mux := http.NewServeMux()
	byPath := map[string]map[string]route{}
	for _, r := range routes {
		if byPath[r.pattern] == nil {
			byPath[r.pattern] = map[string]route{}
			mux.HandleFunc(r.pattern, func(w http.ResponseWriter, req *http.Request) { d.byMethod(w, req, byPath[r.pattern]) })
		}
		byPath[r.pattern][r.method] = r
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		d.refuse(w, r, problem{status: http.StatusNotFound, code: "no_such_route", detail: "there is no such route; " + Contract + " describes all"})
	})
	return mux
}

func (d *Dialect) byMethod(w http.ResponseWriter, r *http.Request, routes map[string]route) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	found, ok := routes[method]
	allowed := strings.Join(slices.Sorted(maps.Keys(routes)), ", ")
	switch {
	case !ok:
		w.Header().Set("Allow", allowed)
		d.refuse(w, r, problem{status: http.StatusMethodNotAllowed, code: "method_not_allowed", detail: "this path takes " + allowed})
	default:
		found.ends.setHeaders(w.Header())
		d.serve(w, r, found)
	}
}

// serve answers one call: who asks, how often, then what it does; a POST that
// has a name only once.
func (d *Dialect) serve(w http.ResponseWriter, r *http.Request, call route) {
	caller, err := d.enter(w, r, call)
	if err == nil {
		do := func(w http.ResponseWriter) { d.do(w, r, caller, call) }
		if r.Method != http.MethodPost || r.Header[headerOnce] == nil || caller.DryRun { // an empty one is refused
			do(w)
			return
		}
		err = d.serveOnce(w, r, caller, call, do)
	}
	if err != nil {
		d.refuse(w, r, err)
	}
}

// enter finds out who asks, and whether too often.
func (d *Dialect) enter(w http.ResponseWriter, r *http.Request, call route) (muster.Caller, error) {
	caller, err := d.caller(r)
	if err != nil {
		return caller, err
	}
	pass, err := d.door.Allow(caller, call.class)
	pass.SetHeaders(w.Header())
	return caller, err
}

func (d *Dialect) do(w http.ResponseWriter, r *http.Request, caller muster.Caller, call route) {
	in := request{Request: r, w: w}
	var out reply
	var err error
	if in.query, err = parseQuery(r.URL, call.query); err == nil {
		out, err = call.do(r.Context(), caller, in)
	}
	if err != nil {
		d.refuse(w, r, err)
		return
	}
	d.write(w, out)
}

// write answers.
func (d *Dialect) write(w http.ResponseWriter, out reply) {
	h := w.Header()
	for name, value := range out.header {
		h.Add(name, value) // there may be another Link
	}
	if out.status == 0 {
		out.status = http.StatusOK
	}
	if out.stream != nil {
		out.stream(w)
		return
	}
	if out.body == nil {
		w.WriteHeader(out.status)
		return
	}
	body := encode(out.body)
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json; charset=utf-8")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(out.status)
	_, _ = w.Write(body) // the client may have gone
}

// encode writes JSON as it is read: without escapes for HTML.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil { // nothing that is answered fails to be written
		panic(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// ServeHTTP serves all paths below the root.
func (d *Dialect) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.mux.ServeHTTP(w, r) }
