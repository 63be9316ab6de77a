package main

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/dialect/freesewing"
	"github.com/muster-accounts/muster/internal/dialect/sonoran"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/mustertest/golden"
)

// ask is one request of a route. In path and body {name} stands for one of
// walk.places, {community} and {secret} for the walker's own, and {seq} for
// every change there is, one request each.
type ask struct {
	path string // empty: the route's own; "?..." is put behind it
	body string
	tame bool // only ever asked as a dry run: what it does would end the walk
	free bool // who asks does not count, so nobody does
}

// walkAsks are the requests of every dialect, by route.
var walkAsks = map[string]map[string][]ask{"rest": restAsks, "sonoran": sonoranAsks, "communifire": communifireAsks, "freesewing": freesewingAsks}

// shownBy is in the answers of how many routes of a dialect the admin must
// find hidden values, at least: so it is known that they would be found.
var shownBy = map[string]int{"rest": 10, "sonoran": 6, "communifire": 2, "freesewing": 8}

// TestNobodyFindsWhatIsHidden walks every way by which values leave the
// server, with callers who may not see them, and seeks the values in every
// answer: its status, its headers, its body, however they are written.
func TestNobodyFindsWhatIsHidden(t *testing.T) {
	for _, e := range mustertest.Engines(t) {
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			w := newWalk(t, e)
			streams := w.openStreams()
			w.hide()
			w.sought = newSought(w.needles)
			w.settle()
			w.guess()
			w.whatFollowed()
			walked := dialects
			if e.Name != mustertest.Embedded.Name { // who sees what is decided above the store: here it is the queries that differ
				w.walkers = slices.DeleteFunc(w.walkers, func(as walker) bool { return !slices.Contains([]string{"nobody", "all", "some", "admin"}, as.name) })
				walked = slices.DeleteFunc(slices.Clone(dialects), func(d dialect) bool { return d.name == sonoran.Name || d.name == freesewing.Name })
			}
			for _, d := range walked {
				w.walkDialect(d)
			}
			for _, as := range w.walkers {
				w.otherPages(as)
				w.export(as)
			}
			w.replay()
			w.links()
			w.compareStreams(streams)
			w.compareOutgoing()
			w.compareOwn()
			w.control(walked)
		})
	}
}

// walkDialect sends everything that is known of a dialect, and fails where a
// described route, or a parameter of one, is not known.
func (w *walk) walkDialect(d dialect) {
	w.t.Helper()
	mount := d.mount(parts{core: w.Core})
	asks := maps.Clone(walkAsks[d.name])
	operations := golden.Load(w.t, mount.Spec).Operations()
	for _, op := range operations {
		list := asks[op.Route()]
		if len(list) == 0 {
			w.t.Errorf("the walk knows no request for %s", op.Route())
		}
		for _, name := range op.Query {
			name, _, _ = strings.Cut(name, "KEY")
			if !slices.ContainsFunc(list, func(a ask) bool { return strings.Contains(strings.ToLower(a.path), strings.ToLower(name)) }) {
				w.t.Errorf("the walk sends no %s to %s", name, op.Route())
			}
		}
		if op.Media != "" && !slices.ContainsFunc(list, func(a ask) bool { return a.body != "" }) {
			w.t.Errorf("the walk sends no body to %s", op.Route())
		}
		delete(asks, op.Route())
	}
	for route := range asks {
		w.t.Errorf("the walk knows %s, which is no route", route)
	}
	for _, as := range w.walkers {
		for _, op := range operations {
			for _, a := range walkAsks[d.name][op.Route()] {
				w.askAll(as, d.name, op, a)
			}
		}
	}
	for _, op := range operations {
		if !w.served[op.Route()] && !slices.Contains(byLink, op.Route()) {
			w.t.Errorf("%s serves nobody what the walk asks for", op.Route())
		}
	}
}

// byLink are the routes that serve whoever follows a link that was mailed: see
// walk.links.
var byLink = []string{
	"POST /confirm/signup/{id}", "GET /confirmations/{id}/{check}", "POST /signinlink/{id}", "POST /signinlink/{id}/{check}", "POST /passwordreset/{id}",
}

// askAll sends one ask: those who write do so for good, others ask what would
// be.
func (w *walk) askAll(as walker, dialect string, op golden.Operation, a ask) {
	w.t.Helper()
	if a.free && as.name != "nobody" {
		return
	}
	path := a.path
	if path == "" || path[0] == '?' {
		path = op.Path + path
	}
	for _, seq := range w.seqsFor(as, path) {
		in := strings.NewReplacer("{seq}", seq)
		send := func(body string, headers ...string) {
			status, found := w.answer(as, w.request(as, op.Method, in.Replace(path), in.Replace(body), headers...))
			w.noted(as, dialect, op, status, found)
		}
		dry := []string{muster.HeaderDryRun, "true"}
		switch {
		case op.Method == http.MethodGet && !a.tame, a.free:
			send(a.body)
			continue
		case a.tame || seq != "" || !slices.Contains(walkWriters, as.name):
			send(a.body, dry...)
		default:
			send(a.body)
		}
		if as.name == "some" && seq == "" {
			w.askBadly(a, func(body string, headers ...string) { send(body, append(headers, dry...)...) })
		}
	}
}

// askBadly sends what is refused: expecting an account that has changed since,
// a body that cannot be read, and one of another kind.
func (w *walk) askBadly(a ask, send func(body string, headers ...string)) {
	send(a.body, "If-Match", `"999999"`)
	if a.body != "" {
		send(a.body[:len(a.body)-1])
		send(a.body, "Content-Type", "text/odd")
	}
}

// walkWriters are those who write for good; what a dry run answers is what is answered.
var walkWriters = []string{"nobody", "holder", "some"}

// seqsFor are the changes for which an ask is sent: all for who may read
// or undo them and hardly more, some for others, and nothing where it names none.
func (w *walk) seqsFor(as walker, path string) (list []string) {
	switch {
	case !strings.Contains(path, "{seq}"):
		return []string{""}
	case as.name == "all" || as.name == "some":
		return w.seqs
	}
	for i := 0; i < len(w.seqs); i += 9 {
		list = append(list, w.seqs[i])
	}
	return list
}

// noted keeps that a route answered, and whether it showed the admin anything.
func (w *walk) noted(as walker, dialect string, op golden.Operation, status int, found bool) {
	if status < http.StatusBadRequest && as.community == walkID {
		w.served[op.Route()] = true
	}
	if as.name != "admin" || !found {
		return
	}
	if w.shows[dialect] == nil {
		w.shows[dialect] = map[string]bool{}
	}
	w.shows[dialect][op.Route()] = true
}

var placeIn = regexp.MustCompile(`\{\w+\}`)

// request makes a request with the credential where its path's dialect takes
// it. Each comes from an address of its own.
func (w *walk) request(as walker, method, path, body string, headers ...string) *http.Request {
	fill := func(text string) string {
		return placeIn.ReplaceAllStringFunc(text, func(name string) string {
			switch name = name[1 : len(name)-1]; name {
			case "community":
				return string(as.community)
			case "secret":
				return as.secret
			}
			if text, ok := w.places[name]; ok {
				return text
			}
			return "unknown"
		})
	}
	r := httptest.NewRequest(method, fill(path), strings.NewReader(fill(body)))
	r.Header.Set("Content-Type", "application/json")
	if method == http.MethodPatch && strings.HasPrefix(path, "/muster/") {
		r.Header.Set("Content-Type", "application/merge-patch+json")
	}
	w.asked++
	r.Header.Set("X-Forwarded-For", netip.AddrFrom4([4]byte{198, byte(w.asked >> 16), byte(w.asked >> 8), byte(w.asked)}).String())
	switch bare, _, _ := strings.Cut(path, "?"); {
	case as.secret == "":
	case strings.HasSuffix(bare, "/jwt"):
		r.Header.Set("Authorization", "Bearer "+as.token)
	case strings.HasSuffix(bare, "/key"):
		r.SetBasicAuth(string(as.key), as.secret)
	default:
		r.Header.Set("Authorization", "Bearer "+as.secret)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

// answer sends a request and looks at all of its answer.
func (w *walk) answer(as walker, r *http.Request) (status int, found bool) {
	w.t.Helper()
	what := r.Method + " " + r.URL.RequestURI()
	status, text := w.send(r)
	if status >= http.StatusInternalServerError {
		w.t.Errorf("%s: %.500s", what, text)
	}
	return status, w.look(as.name, what, text)
}

func (w *walk) send(r *http.Request) (status int, answer string) {
	res := httptest.NewRecorder()
	w.server.Handler().ServeHTTP(res, r)
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\r\n", res.Result().Status)
	_ = res.Result().Header.Write(&b)
	fmt.Fprintf(&b, "\r\n%s", res.Body)
	return res.Code, b.String()
}

// control fails the test where somebody found less than they may see, or the
// admin nothing where something is shown: then nothing was sought.
func (w *walk) control(walked []dialect) {
	w.t.Helper()
	for _, as := range w.walkers {
		for _, n := range w.needles {
			if n.seenBy(as.name) && !w.found[as.name][n.text] {
				w.t.Errorf("%s may see %q, and found it nowhere", as.name, n.text)
			}
		}
	}
	for _, d := range walked {
		if shown := w.shows[d.name]; len(shown) < shownBy[d.name] {
			w.t.Errorf("%s shows the admin hidden values in %d routes only: %v", d.name, len(shown), slices.Sorted(maps.Keys(shown)))
		}
	}
	w.t.Logf("%d requests, %d texts sought", w.asked, len(w.needles))
}
