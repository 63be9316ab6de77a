package rest_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/deliver"
	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/dialect/rest"
)

// previewed sends a write as a dry run, and then in earnest.
func (w aWorld) previewed(t *testing.T, call, body string, headers ...string) map[string]any {
	t.Helper()
	before := w.newest(t)
	w.ok(t, call, body, "Muster-Dry-Run", "true")
	if w.newest(t) != before {
		t.Errorf("the dry run of %s did something", call)
	}
	return w.ok(t, call, body, headers...)
}

// catalogue makes a definition of each kind, with every member, and removes it.
func (w aWorld) catalogue(t *testing.T) {
	t.Helper()
	w.previewed(t, "PUT /fields/fav", `{"key": "favourite", "label": "Favourite", "labels": {"de": "Liebling"}, "type": "multi_choice", "scope": "preference",
		"options": ["a", "b"], "max_items": 2, "default": ["a"], "see": {"level": 1, "ranks": ["`+member+`"]}, "edit": {"level": 8, "self_ranks": ["`+member+`"]}}`)
	for id, body := range map[string]string{
		"boss": `{"label": "Boss", "type": "account", "chart": true}`, "steamid": `{"label": "Steam", "type": "identity", "provider": "steam"}`,
		"plate": `{"label": "Plate", "type": "text", "min_length": 1, "max_length": 8, "pattern": "[A-Z]*", "default": "X", "required": true}`,
		"age":   `{"label": "Age", "type": "number", "min": "1", "max": "200", "default": 5}`, "awake": `{"label": "Awake", "type": "boolean", "default": true}`,
	} {
		w.ok(t, "PUT /fields/"+id, body)
		w.ok(t, "PUT /fields/"+id, body)
	}
	is(t, "favourite", find(t, w.ok(t, "GET /fields", ""), "fav"), "key")
	is(t, "Favourite", w.ok(t, "GET /fields/fav", ""), "label")
	w.previewed(t, "DELETE /fields/fav", "")
	w.previewed(t, "PUT /departments/lab", `{"label": "Lab", "label_two": "Labor"}`)
	w.must(t, http.StatusConflict, http.MethodPut, api+"/departments/lab2", `{"label": "Lab"}`)
	w.previewed(t, "PUT /ranks/chemist", `{"label": "Chemist", "department": "Lab", "power": 3, "colour": "#00ff00"}`)
	is(t, "chemist", find(t, w.ok(t, "GET /departments", ""), "lab"), "ranks", 0, "id")
	is(t, "3", find(t, w.ok(t, "GET /ranks", ""), "chemist"), "power")
	is(t, "chemist", w.previewed(t, "PUT /departments/lab", `{"label": "Laboratory", "label_two": "Labor"}`), "ranks", 0, "id")
	is(t, "Laboratory", w.ok(t, "GET /departments/lab", ""), "label")
	is(t, "Laboratory", w.ok(t, "GET /ranks/chemist", ""), "department")
	w.ok(t, "PUT /ranks/chemist", `{"label": "Chemist", "department": "Laboratory", "power": 4, "colour": "#00ff00"}`)
	w.previewed(t, "PUT /servers/9", `{"name": "Nine", "description": "The ninth", "address": "192.0.2.9", "port": 30120, "type": "qb-core",
		"whitelist": {"everybody": false, "ranks": ["`+member+`"], "blocked": ["`+member+`"]}, "ace": {"group.x": ["y"]}}`)
	res := w.send(http.MethodPut, api+"/servers/11", "fast-key", `{"name": "Eleven"}`)
	if res.Code != http.StatusCreated || res.Header().Get("Location") != api+"/servers/11" {
		t.Error(res.Code, res.Header())
	}
	w.ok(t, "POST /servers", `{"name": "The next"}`, "Muster-Dry-Run", "true")
	is(t, "The next", w.ok(t, "POST /servers", `{"name": "The next"}`, onceHeader, "server"), "name")
	is(t, "11th", w.ok(t, "PUT /servers/11", `{"name": "11th", "ace": null}`), "name")
	is(t, "11th", w.ok(t, "GET /servers/11", ""), "name")
	w.previewed(t, "PUT /servers/10", `{"name": "Ten", "whitelist": {"everybody": true}}`)
	w.core.Contact(muster.Operator(demo.ID), 10)
	mustDo(t, w.core.WriteLastUses(t.Context()))
	is(t, "y", find(t, w.ok(t, "GET /servers", ""), "9"), "ace", "group.x", 0)
	w.backAsRead(t, "/fields/plate", "/ranks/"+member, "/departments/lab", "/servers/10")
	w.previewed(t, "DELETE /ranks/chemist", "")
	w.previewed(t, "DELETE /departments/lab", "")
	w.previewed(t, "DELETE /servers/9", "")
	w.settings(t)
}

// backAsRead puts definitions as they are read, which changes nothing.
func (w aWorld) backAsRead(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		before := w.newest(t)
		read := w.send(http.MethodGet, api+path, "fast-key", "").Body.String()
		if put := w.send(http.MethodPut, api+path, "fast-key", read); put.Code != http.StatusOK || put.Body.String() != read {
			t.Errorf("%s: %d %s, and was %s", path, put.Code, put.Body, read)
		}
		if w.newest(t) != before {
			t.Errorf("%s was changed", path)
		}
	}
}

// find is the item of a list that has an id.
func find(t *testing.T, list map[string]any, id string) any {
	t.Helper()
	items, _ := list["items"].([]any)
	for _, item := range items {
		if fmt.Sprint(at(item, "id")) == id {
			return item
		}
	}
	t.Errorf("there is no %s in %v", id, list)
	return nil
}

func (w aWorld) settings(t *testing.T) {
	t.Helper()
	w.require(t)
	set := w.previewed(t, "PATCH /settings", `{"name": "Renamed", "limits": "own", "active_from_ranks": false, "owner": "`+string(demo.IntranetID)+`"}`)
	is(t, "own", set, "limits")
	is(t, "yes", w.ok(t, "GET /settings", ""), "switches", "rest.require_if_match")
	is(t, "", w.ok(t, "PATCH /settings", `{"owner": null, "limits": "vendor"}`), "owner")
}

// keys has the life of a key.
func (w aWorld) keys(t *testing.T) {
	t.Helper()
	const areas = `"areas": ["profile", "values", "ranks", "identities", "standing", "clock", "servers", "accounts", "catalogue", "keys"]`
	made := w.ok(t, "POST /keys", `{"id": "mine", "name": "Mine", "level": 4, "rank_power": 3, "owner": "`+string(demo.IntranetID)+`", "per_minute": 2,
		"addresses": ["192.0.2.0/24"], "expires_at": "2030-01-01T00:00:00Z", `+areas+`}`, onceHeader, "key")
	secret, _ := made["secret"].(string)
	for _, want := range []int{http.StatusOK, http.StatusOK, http.StatusTooManyRequests} {
		res := w.send(http.MethodGet, api+"/me", secret, "")
		if res.Code != want {
			t.Error(res.Code, res.Body)
		}
	}
	mustDo(t, w.core.WriteLastUses(t.Context()))
	read := w.ok(t, "GET /keys/mine", "")
	is(t, "1", read, "limit_hits")
	is(t, demo.Now().Format(time.RFC3339), read, "last_used_at")
	is(t, "<nil>", w.previewed(t, "POST /keys/mine/freeze", "", onceHeader, "freeze"), "secret")
	is(t, "<nil>", w.previewed(t, "POST /keys/mine/thaw", "", onceHeader, "thaw"), "frozen_at")
	w.previewed(t, "PATCH /keys/mine", `{"name": "Yours", "level": 3, "per_minute": 100, "owner": null, "addresses": null, "expires_at": null, `+areas+`}`)
	rotated := w.previewed(t, "POST /keys/mine/rotate", `{"overlap_hours": 1}`, onceHeader, "rotate")
	is(t, demo.Now().Add(time.Hour).Format(time.RFC3339), rotated, "old_secret_ends")
	newer, _ := rotated["secret"].(string)
	for _, open := range []string{secret, newer} {
		if res := w.send(http.MethodGet, api+"/me", open, ""); res.Code != http.StatusOK {
			t.Error(res.Code, res.Body)
		}
	}
	w.previewed(t, "DELETE /keys/mine", "")
	for call, body := range map[string]string{"DELETE /keys/mine": "", "PATCH /keys/mine": "{}", "POST /keys/mine/freeze": ""} {
		method, path, _ := strings.Cut(call, " ")
		w.must(t, http.StatusConflict, method, api+path, body)
	}
	is(t, "true", at(find(t, w.ok(t, "GET /keys", ""), "mine"), "revoked_at") != nil)
	is(t, "key mine", w.ok(t, "GET /changes?deed=credential&limit=1", ""), "items", 0, "subject")
	w.ok(t, "GET /changes?deed=catalogue&limit=1", "")
}

// webhooks follows deliveries to their ends, at a receiver of its own.
func (w aWorld) webhooks(t *testing.T) {
	t.Helper()
	p := newPost(t, w)
	w.previewed(t, "POST /webhooks", `{"url": "https://example.org/hooks", "events": ["account.*"], "members": ["bio"], "active": true, "level": 3}`, onceHeader, "webhook")
	w.ok(t, "POST /webhooks", `{"id": "here", "url": "https://example.org/hooks", "events": ["*"], "active": false}`)
	w.previewed(t, "PATCH /webhooks/here", `{"url": "`+p.url+`", "events": ["account.*"], "active": true}`)
	w.previewed(t, "POST /webhooks/here/rotate", "", onceHeader, "rotate")
	w.ok(t, "PATCH /accounts/12", `{"bio": "x"}`)
	failed := p.delivered(t, http.StatusInternalServerError, "waiting")
	is(t, "answered 500", failed, "error")
	resend := fmt.Sprintf("POST /webhooks/here/deliveries/%.0f/resend", at(failed, "seq"))
	is(t, string(demo.IntranetID), w.previewed(t, resend, "", onceHeader, "resend"), "account")
	is(t, "204", p.delivered(t, http.StatusNoContent, "delivered"), "attempts", 1, "status")
	w.clock.Advance(time.Second)
	w.previewed(t, "POST /webhooks/here/test", "", onceHeader, "test")
	is(t, "webhook.test", p.delivered(t, http.StatusOK, "delivered"), "type")
	first := w.ok(t, "GET /webhooks/here/deliveries?limit=1", "")
	w.ok(t, "GET /webhooks/here/deliveries?limit=1&cursor="+fmt.Sprint(first["next"]), "")
	w.clock.Advance(time.Second)
	w.ok(t, "POST /webhooks/here/test", "")
	p.delivered(t, http.StatusGone, "given_up")
	is(t, "answered 410", w.ok(t, "GET /webhooks/here", ""), "disabled")
	w.must(t, http.StatusConflict, http.MethodPost, api+"/webhooks/here/test", "")
	w.previewed(t, "DELETE /webhooks/here", "")
}

// post sends events to a receiver, which answers as it is told.
type post struct {
	aWorld
	url        string
	status     atomic.Int64
	called     chan struct{}
	dispatcher *deliver.Dispatcher
}

func newPost(t *testing.T, w aWorld) *post {
	t.Helper()
	p := &post{aWorld: w, called: make(chan struct{}, 1)}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(int(p.status.Load()))
		p.called <- struct{}{}
	}))
	t.Cleanup(receiver.Close)
	p.url = receiver.URL
	loopback := deliver.Allowed{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	p.dispatcher = deliver.New(w.core, deliver.Config{Webhook: rest.Webhook, Allowed: loopback, Now: w.clock.Now, Logger: slog.New(slog.DiscardHandler)})
	return p
}

// delivered lets one attempt be made, and gives back the newest delivery.
func (p *post) delivered(t *testing.T, status int64, state string) any {
	t.Helper()
	p.status.Store(status)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	ended := make(chan struct{})
	go func() { p.dispatcher.Run(ctx); close(ended) }()
	select {
	case <-p.called:
	case <-ctx.Done():
		t.Error("nothing was sent")
	}
	cancel()
	<-ended // what it began is written down then
	newest := at(p.ok(t, "GET /webhooks/here/deliveries", ""), "items", 0)
	is(t, state, newest, "state")
	return newest
}

// feeds opens as many as a key may have, one within the other.
func (w aWorld) feeds(t *testing.T) {
	t.Helper()
	w.ok(t, "DELETE /accounts/1234", "")
	var open func(left int) int
	open = func(left int) (status int) {
		h, res := w.bare, httptest.NewRecorder()
		if left == 0 {
			h = w.handler
		}
		r := httptest.NewRequest(http.MethodGet, api+"/events", http.NoBody)
		r.Header.Set("Authorization", "Bearer fast-key")
		r.Header.Set("Last-Event-ID", itoa(w.newest(t)-1))
		h.ServeHTTP(&nested{res, func() {
			if left > 0 {
				status = open(left - 1)
			}
		}}, r)
		if left == 0 {
			return res.Code
		}
		return status
	}
	for left, want := range map[int]int{4: http.StatusOK, 5: http.StatusTooManyRequests} {
		if got := open(left); got != want {
			t.Errorf("feed %d: %d, want %d", left+1, got, want)
		}
	}
}
