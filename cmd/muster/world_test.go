package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/httpd"
	"github.com/muster-accounts/muster/internal/limit"
	"github.com/muster-accounts/muster/internal/mustertest"
)

// fastKey has every right and hardly a limit.
const fastKey = "fast-key"

// world is the demo behind the whole front door, with every dialect that the
// program has.
type world struct {
	core    *core.Core
	handler http.Handler
}

// newWorld makes the demo on an empty database of the engine.
func newWorld(t *testing.T, e mustertest.Engine) world {
	t.Helper()
	st := e.New(t).Open(t)
	var served []demo.Dialect
	for _, d := range dialects {
		served = append(served, demo.Dialect{Name: d.name, Fields: d.fields()})
	}
	c := core.New(st, time.Now)
	if err := c.BindSecret(t.Context(), mustertest.Secret(t)); err != nil {
		t.Fatal(err)
	}
	if err := demo.Seed(t.Context(), core.New(st, demo.Now), served, demo.Known()); err != nil {
		t.Fatal(err)
	}
	fast := muster.Key{ID: fastKey, Level: muster.LevelAdmin, RankPower: muster.AnyRankPower, PerMinute: 100_000_000}
	if _, _, err := c.CreateKey(t.Context(), muster.Operator(demo.ID), fast, fastKey); err != nil {
		t.Fatal(err)
	}
	if err := makeAdmin(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return world{c, door(t, c)}
}

// door is the whole front door before a core, open to web pages of origins.
func door(t *testing.T, c *core.Core, origins ...string) http.Handler {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	var mounts []httpd.Mount
	for _, d := range dialects {
		mounts = append(mounts, d.mount(parts{c, limit.NewDoor(time.Now), "", log}))
	}
	server, err := httpd.New(httpd.Config{
		Listen: "127.0.0.1:0", Logger: log, Mounts: mounts, Origins: origins,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, // where httptest's requests come from
	})
	if err != nil {
		t.Fatal(err)
	}
	return server.Handler()
}

// adminID is somebody who signs in at the highest level.
const adminID muster.AccountID = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"

func makeAdmin(ctx context.Context, c *core.Core) error {
	by := muster.Operator(demo.ID)
	_, err := c.Create(ctx, by, []core.NewAccount{{ID: adminID, Edit: muster.Edit{
		Username: muster.Some("the-admin"), Values: muster.Values{"freesewing.consent": muster.Number(1)},
		Standing: muster.StandingEdit{SignIn: muster.Some(muster.SignInActive), Level: muster.Some(muster.LevelAdmin)},
	}}})
	if err == nil {
		_, _, err = c.CreateKey(ctx, by, muster.Key{ID: "admin", Owner: adminID, Level: muster.LevelAdmin, PerMinute: 100_000_000}, "admin-secret")
	}
	return err
}

func (w world) send(r *http.Request) *httptest.ResponseRecorder {
	res := httptest.NewRecorder()
	w.handler.ServeHTTP(res, r)
	return res
}
