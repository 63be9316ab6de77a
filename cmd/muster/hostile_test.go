package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/limit"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/mustertest/golden"
)

// hostile tells for each dialect how a request of it is made that would be
// served.
func hostile(t *testing.T, w world) map[string]golden.Hostile {
	t.Helper()
	return map[string]golden.Hostile{
		"sonoran":     {Path: map[string]string{"accountId": string(demo.V1ID)}, Body: completeSonoran, Authorize: bearer},
		"rest":        {Path: map[string]string{"ref": string(demo.V1ID), "seq": "3", "id": "77"}, Body: completeRest, Authorize: bearer},
		"communifire": {Path: map[string]string{"id": "12"}, Authorize: bearer},
		"freesewing":  {Path: map[string]string{"id": "2001", "check": "0000"}, Body: completeFreeSewing, Authorize: w.fromAnywhere(t)},
	}
}

func bearer(r *http.Request) { r.Header.Set("Authorization", "Bearer "+fastKey) }

// completeRest leaves the community writable: nothing else could be tried.
func completeRest(_, path string, body map[string]any) {
	if strings.HasSuffix(path, "/settings") {
		delete(body, "read_only")
	}
}

func completeSonoran(_, _ string, body map[string]any) {
	if _, v1 := body["key"]; v1 {
		body["id"], body["key"] = demo.ID, fastKey
	}
	entry := body
	if list, ok := body["data"].([]any); ok && len(list) > 0 {
		if first, ok := list[0].(map[string]any); ok {
			entry = first
		}
	}
	for name, value := range map[string]any{
		"accId": string(demo.V1ID), "username": demo.V1Username, "apiId": demo.V1APIID, "discord": demo.V1Discord, "uniqueId": demo.V1Number,
	} {
		if _, ok := entry[name]; ok {
			entry[name] = value
		}
	}
}

// completeFreeSewing leaves the password, which takes its time, to one route,
// and the consent, without which nothing more is served, to another's account.
func completeFreeSewing(method, path string, body map[string]any) {
	if method+path != "PUT/account/key" {
		delete(body, "password")
	}
	if !strings.Contains(path, "{id}") && !strings.HasPrefix(path, "/consent") {
		delete(body, "consent")
	}
}

// fromAnywhere authorizes requests, each of a client of its own: who has no
// credential is counted by address.
func (w world) fromAnywhere(t *testing.T) func(*http.Request) {
	t.Helper()
	var clients uint32
	return func(r *http.Request) {
		clients++
		r.Header.Set("X-Forwarded-For", netip.AddrFrom4([4]byte{198, 18, byte(clients >> 8), byte(clients)}).String())
		w.asMaker(t, r)
	}
}

// asMaker authorizes a request as the demo's user, or as the admin where it is
// about somebody else.
func (w world) asMaker(t *testing.T, r *http.Request) {
	t.Helper()
	if strings.HasPrefix(r.URL.Path, "/account/restrict/") || r.Method == http.MethodDelete && strings.Count(r.URL.Path, "/") == 2 {
		return // the end of an account is for another test: this one's goes on
	}
	as, key, secret := demo.MakerID, demo.MakerKey, demo.MakerSecret
	other := strings.HasPrefix(r.URL.Path, "/account/") && !strings.HasPrefix(r.URL.Path, "/account/mfa/") && !strings.HasPrefix(r.URL.Path, "/account/export/")
	if other && strings.Count(r.URL.Path, "/") > 2 || strings.HasPrefix(r.URL.Path, "/admin/") {
		as, key, secret = adminID, "admin", "admin-secret"
	}
	if !strings.HasSuffix(r.URL.Path, "/jwt") {
		r.SetBasicAuth(string(key), secret)
		return
	}
	token, err := w.core.Token(t.Context(), muster.Caller{Community: demo.ID, Account: as}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
}

// TestHostile sends every route of every dialect what nobody in their right
// mind would send: each answer is described, and none a failure of ours.
func TestHostile(t *testing.T) {
	for _, e := range mustertest.Engines(t) {
		for _, d := range dialects {
			t.Run(e.Name+"/"+d.name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, e)
				h, known := hostile(t, w)[d.name]
				if !known {
					t.Fatal("nobody says how its requests are made")
				}
				h.Alive = func(t *testing.T) bool {
					t.Helper()
					consent := muster.Edit{Values: muster.Values{"freesewing.consent": muster.Number(1)}}
					if _, err := w.core.Edit(t.Context(), muster.Operator(demo.ID), muster.RefID(demo.MakerID), consent); err != nil {
						t.Error(err)
					}
					r := httptest.NewRequest(http.MethodGet, "/v2/community/accounts/"+string(demo.PageID), nil)
					bearer(r)
					return w.send(r).Code == http.StatusOK
				}
				mount := d.mount(parts{w.core, limit.NewDoor(time.Now), "", slog.New(slog.DiscardHandler)})
				golden.Load(t, mount.Spec).Hostile(t, w.handler, h)
			})
		}
	}
}
