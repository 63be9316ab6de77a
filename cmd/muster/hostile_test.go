package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/limit"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/mustertest/golden"
)

// hostile tells for each dialect how a request of it is made that would be served.
var hostile = map[string]golden.Hostile{
	"sonoran": {
		Path: map[string]string{"accountId": string(demo.V1ID)},
		Body: func(body map[string]any) {
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
		},
		Authorize: bearer,
	},
	"communifire": {
		Path:      map[string]string{"id": "12"},
		Authorize: bearer,
	},
}

func bearer(r *http.Request) { r.Header.Set("Authorization", "Bearer "+fastKey) }

// TestHostile sends every route of every dialect what nobody in their right
// mind would send: each answer is described, and none a failure of ours.
func TestHostile(t *testing.T) {
	for _, e := range mustertest.Engines(t) {
		for _, d := range dialects {
			t.Run(e.Name+"/"+d.name, func(t *testing.T) {
				t.Parallel()
				h, known := hostile[d.name]
				if !known {
					t.Fatal("nobody says how its requests are made")
				}
				w := newWorld(t, e)
				h.Alive = func(t *testing.T) bool {
					t.Helper()
					r := httptest.NewRequest(http.MethodGet, "/v2/community/accounts/"+string(demo.PageID), nil)
					bearer(r)
					return w.send(r).Code == http.StatusOK
				}
				mount := d.mount(w.core, limit.NewDoor(time.Now), slog.New(slog.DiscardHandler))
				golden.Load(t, mount.Spec).Hostile(t, w.handler, h)
			})
		}
	}
}
