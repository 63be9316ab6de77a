package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/intake"
)

// guesses ask whether a value is what is put in the place of §. None of those
// who may not see it must be answered by what it is.
var guesses = []struct{ method, path, body string }{
	{http.MethodGet, "/muster/v1/accounts?values.h.text=§", ""},
	{http.MethodGet, "/muster/v1/accounts?values.secret_key=§", ""},
	{http.MethodGet, "/muster/v1/accounts?limit=1000&search=§", ""},
	{http.MethodGet, "/muster/v1/accounts?username=§", ""},
	{http.MethodGet, "/muster/v1/accounts?identity=github:§", ""},
	{http.MethodGet, "/muster/v1/accounts/{holder}?fields=§", ""},
	{http.MethodGet, "/muster/v1/changes?member=values.§", ""},
	{http.MethodGet, "/muster/v1/changes?batch=§", ""},
	{http.MethodPatch, "/muster/v1/accounts/{holder}", `{"values": {"h.text": "§"}}`},
	{http.MethodPost, "/muster/v1/changes?mode=each", `[{"account": "{holder}", "edit": {"values": {"h.text": "§"}}}, {"account": "{spare}", "edit": {"values": {"h.choice": "§"}}}]`},
	{http.MethodPost, "/general/edit_acc_profile_fields", v1Body(`{"accId": "{holder}", "profileFields": [{"id": "h.text", "value": "§"}]}`)},
	{http.MethodPost, "/general/get_com_account", v1Body(`{"username": "§"}`)},
	{http.MethodPatch, "/v2/community/accounts/{holder}/profile-fields", `{"profileFields": [{"id": "h.text", "value": "§"}]}`},
	{http.MethodGet, "/v2/community/accounts/search?username=§", ""},
	{http.MethodPost, "/api/users/fields?AddUser=false", `{"UserID": "4001", "A secret": "§"}`},
	{http.MethodGet, "/api/users?UserName=§", ""},
	{http.MethodPut, "/account/4001/key", `{"github": "§"}`},
	{http.MethodPost, "/available/username/key", `{"username": "§"}`},
}

// differ are the members of answers that no two have in common.
var differ = regexp.MustCompile(`(?m)^(X-Request-Id|Ratelimit[\w-]*|RateLimit[\w-]*):.*$|"(requestId|traceId|timestamp)":"[^"]*"`)

// guess sends each guess with what is there, and with what is not.
func (w *walk) guess() {
	w.t.Helper()
	told := 0
	for _, as := range w.walkers {
		for _, g := range guesses {
			answer := func(guess string) string {
				in := strings.NewReplacer("§", guess)
				_, text := w.send(w.request(as, g.method, in.Replace(g.path), in.Replace(g.body), muster.HeaderDryRun, "true"))
				return differ.ReplaceAllString(strings.ReplaceAll(text, guess, "§"), "")
			}
			right, wrong := answer("walrus-h.text-holder-3"), answer("waltus-h.text-holder-3")
			if as.name == "admin" && right != wrong {
				told++
			} else if right != wrong {
				w.t.Errorf("%s %s tells %s what is there:\n%s\nwhat is not:\n%s", g.method, g.path, as.name, right, wrong)
			}
		}
	}
	if told < 4 {
		w.t.Errorf("%d guesses told the admin what is there: nobody could have been told", told)
	}
}

// whatFollowed looks at the batch in which the boss was deleted, and values that
// led to him were cleared: whose they were is what was in them.
func (w *walk) whatFollowed() {
	w.t.Helper()
	for _, as := range w.walkers {
		_, text := w.send(w.request(as, http.MethodGet, "/muster/v1/changes?batch={deletion}", ""))
		if told := strings.Contains(text, string(holderID)); told != (as.name == "admin") {
			w.t.Errorf("of whom a hidden value led to the boss %s is told: %t\n%s", as.name, told, text)
		}
	}
}

// otherPages are those of the server itself.
func (w *walk) otherPages(as walker) {
	w.t.Helper()
	for _, path := range []string{
		"/", "/healthz", "/readyz", "/nonsense", "/docs", "/docs/guides/fields", "/docs/guides/fields?ask=what+did+the+holder+choose", "/docs/guides/glossary.md",
		"/openapi/rest.yaml", "/openapi/sonoran.yaml", "/media/avatar.svg", "/media/walk/{holder}/x.png", "/muster/v1/nonsense", "/v2/nonsense", "/general/nonsense", "/account/nonsense", "/api/users/nonsense",
	} {
		w.answer(as, w.request(as, http.MethodGet, path, ""))
	}
}

// export writes the accounts for a spreadsheet as a walker sees them.
func (w *walk) export(as walker) {
	w.t.Helper()
	if as.key == "" {
		return
	}
	caller, err := w.Core.Authenticate(w.t.Context(), core.Credential{Secret: as.secret, Dialect: "rest"})
	w.fail(err)
	var out bytes.Buffer
	if err := intake.ExportCSV(w.t.Context(), w.Core, caller, &out, func() {}); err != nil && muster.CodeOf(err) != muster.Forbidden {
		w.t.Errorf("export for %s: %v", as.name, err)
	}
	w.look(as.name, "the export", out.String())
}

// replay has everybody send a request that the admin was answered before, under
// the same name.
func (w *walk) replay() {
	w.t.Helper()
	for _, as := range append(w.walkers[len(w.walkers)-1:], w.walkers...) {
		for _, body := range []string{`{"add": ["member"]}`, `{"remove": ["member"]}`} {
			r := w.request(as, http.MethodPost, "/muster/v1/accounts/{spare}/ranks", body, "Idempotency-Key", "the same "+body[2:5])
			w.answer(as, r)
		}
	}
}

// links has links mailed, and follows them: signing up, signing in, and setting
// another password.
func (w *walk) links() {
	w.t.Helper()
	nobody := w.walkers[0]
	follow := func(as, method, path, body string) {
		w.t.Helper()
		status, _ := w.answer(walker{name: as}, w.request(nobody, method, "/c/walk/"+path, body))
		if status >= http.StatusBadRequest {
			w.t.Errorf("%s %s: %d", method, path, status)
		}
	}
	mailed := func(path, to, body string) (id, check string) {
		w.t.Helper()
		follow("nobody", http.MethodPost, path, body)
		m, _, err := w.Core.LastMail(w.t.Context(), w.Admin, to)
		w.fail(err)
		link := strings.Split(strings.TrimSuffix(m.Link, "/"), "/")
		return link[len(link)-2], link[len(link)-1]
	}
	id, check := mailed("signup", "signed-up@example.org", `{"email": "signed-up@example.org", "language": "en"}`)
	follow("nobody", http.MethodGet, "confirmations/"+id+"/"+check, "")
	follow("nobody", http.MethodPost, "confirm/signup/"+id, `{"consent": 1, "check": "`+check+`"}`)
	id, check = mailed("signinlink", "peer@example.org", `{"username": "peer"}`)
	follow("peer", http.MethodPost, "signinlink/"+id+"/"+check, `{}`)
	id, check = mailed("signinlink", "holder@example.org", `{"username": "holder"}`)
	follow("holder", http.MethodPost, "signinlink/"+id, `{"check": "`+check+`"}`)
	id, check = mailed("passwordreset", "peer@example.org", `{"username": "peer"}`)
	follow("nobody", http.MethodPost, "passwordreset/"+id, `{"check": "`+check+`", "password": "another long password"}`)
}

// stream is a live feed that somebody follows.
type stream struct {
	as   walker
	text strings.Builder
	done chan error
}

// theEnd is what an account is called when nothing more is to come.
const theEnd = "the walk is over"

// openStreams follows what is about to happen, over a connection of their own:
// somebody who may not see much, and the admin.
func (w *walk) openStreams() (list []*stream) {
	w.t.Helper()
	for _, as := range w.walkers {
		if as.name != "all" && as.name != "admin" {
			continue
		}
		r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, "http://"+w.server.Addr()+"/muster/v1/events", http.NoBody)
		w.fail(err)
		r.Header.Set("Authorization", "Bearer "+as.secret)
		res, err := http.DefaultClient.Do(r)
		w.fail(err)
		s := &stream{as: as, done: make(chan error, 1)}
		list = append(list, s)
		go func() {
			defer func() { _ = res.Body.Close() }()
			lines := bufio.NewScanner(res.Body)
			lines.Buffer(nil, 1<<20)
			for lines.Scan() && !strings.Contains(s.text.String(), theEnd) {
				fmt.Fprintln(&s.text, lines.Text())
			}
			s.done <- lines.Err()
		}()
	}
	return list
}

// compareStreams ends the feeds, and looks at what was in them.
func (w *walk) compareStreams(list []*stream) {
	w.t.Helper()
	_, err := w.Core.Edit(w.t.Context(), w.Admin, muster.RefID(holderID), muster.Edit{Name: muster.Some(theEnd)})
	w.fail(err)
	for _, s := range list {
		select {
		case err := <-s.done:
			w.fail(err)
		case <-time.After(time.Minute):
			w.t.Fatalf("the live feed of %s does not come to its end", s.as.name)
		}
		if !w.look(s.as.name, "the live feed", s.text.String()) && s.as.name == "admin" {
			w.t.Error("the admin's live feed shows nothing")
		}
		from, _, _ := strings.Cut(s.text.String(), "\n\n")
		r := w.request(s.as, http.MethodGet, "/muster/v1/events", "", "Last-Event-ID", from[strings.LastIndex(from, " ")+1:])
		w.answer(s.as, r)
	}
}

// settle waits until all events and mails have gone out.
func (w *walk) settle() {
	w.t.Helper()
	deadline, tick := time.After(time.Minute), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	for {
		events, err := w.Core.WithEvents(w.t.Context())
		w.fail(err)
		mails, err := w.Core.WithMail(w.t.Context())
		w.fail(err)
		if len(events)+len(mails) == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			w.t.Fatalf("events wait in %v, mails in %v", events, mails)
		}
	}
}

// compareOutgoing waits until all is delivered, and looks at what arrived.
func (w *walk) compareOutgoing() {
	w.t.Helper()
	w.settle()
	for name, heard := range w.hooks {
		for _, event := range strings.Split(heard.String(), "\n") {
			w.look(name, "a webhook", event)
		}
		if !strings.Contains(heard.String(), theEnd) {
			w.t.Errorf("the webhook of %s was not told all", name)
		}
	}
	for _, event := range strings.Split(w.game.String(), "\n") {
		w.look("the game server", "its events", event)
	}
	if !strings.Contains(w.game.String(), theEnd) {
		w.t.Error("the game server was not told all")
	}
}

// compareOwn looks at what the server tells its operator.
func (w *walk) compareOwn() {
	w.t.Helper()
	res, err := http.Get("http://" + w.server.MetricsAddr() + "/metrics")
	w.fail(err)
	defer func() { _ = res.Body.Close() }()
	metrics, err := io.ReadAll(res.Body)
	w.fail(err)
	w.look("the operator", "/metrics", string(metrics))
	w.look("the operator", "the log", w.log.String())
	mails, err := filepath.Glob(filepath.Join(w.mailDir, "*.eml"))
	w.fail(err)
	if len(mails) < 3 || !strings.Contains(w.log.String(), "/muster/v1/accounts") || !strings.Contains(string(metrics), "muster_") {
		w.t.Errorf("%d mails, %d bytes of log, %d of metrics", len(mails), len(w.log.String()), len(metrics))
	}
	for _, file := range mails {
		text, err := os.ReadFile(file)
		w.fail(err)
		w.look("nobody", file, string(text))
	}
}
