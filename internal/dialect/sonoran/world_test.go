package sonoran_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/dialect/sonoran"
	"github.com/muster-accounts/muster/internal/httpd"
	"github.com/muster-accounts/muster/internal/limit"
	"github.com/muster-accounts/muster/internal/mustertest"
)

// today is the time that the vendor's pages print.
var today = time.Date(2026, 4, 15, 0, 0, 0, 0, time.UTC)

// aWorld is a demo world of its own behind the whole front door. Beside the
// demo's key it has some with smaller rights, and communities beside it.
type aWorld struct {
	handler http.Handler
	core    *core.Core
	end     func() error // closes the store
	clock   *mustertest.Clock
	routes  []string
}

func newWorld(t *testing.T) *aWorld {
	t.Helper()
	return newWorldOn(t, mustertest.Embedded)
}

// newWorldOn is newWorld on an engine.
func newWorldOn(t *testing.T, e mustertest.Engine) *aWorld {
	t.Helper()
	st := copies(t, e).Open(t)
	clock := mustertest.NewClock()
	clock.Set(today)
	c := core.New(st, clock.Now)
	d := sonoran.New(c, limit.NewDoor(clock.Now), clock.Now, slog.New(slog.DiscardHandler))
	server, err := httpd.New(httpd.Config{
		Listen: "127.0.0.1:0", Logger: slog.New(slog.DiscardHandler), Now: clock.Now,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, // where httptest's requests come from
		Mounts:         []httpd.Mount{{Name: "sonoran", Prefixes: d.Prefixes(), Handler: d}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &aWorld{server.Handler(), c, st.Close, clock, d.Routes()}
}

var copies = mustertest.Copies(today, fill)

func fill(ctx context.Context, c *core.Core) error {
	if err := demo.Seed(ctx, c, []demo.Dialect{{Name: sonoran.Name, Fields: sonoran.Fields()}}, demo.Known()); err != nil {
		return err
	}
	for _, k := range []struct {
		in muster.CommunityID
		muster.Key
		secret string
	}{
		{demo.ID, muster.Key{Level: muster.LevelReadOne, RankPower: muster.AnyRankPower}, "read-key"},
		{demo.ID, muster.Key{Level: muster.LevelWriteSome, RankPower: 1}, "power-key"},
		{demo.ID, muster.Key{Level: muster.LevelAdmin, RankPower: muster.AnyRankPower, Areas: []muster.Area{muster.AreaValues}}, "values-key"},
		{demo.ID, muster.Key{Level: muster.LevelAdmin, ExpiresAt: today}, "expired-key"},
		{demo.ID, muster.Key{ID: "revoked", Level: muster.LevelAdmin}, "revoked-key"},
		{demo.ID, muster.Key{Level: muster.LevelAdmin, RankPower: muster.AnyRankPower, PerMinute: 1_000_000}, "fast-key"},
		{demo.ID, muster.Key{Level: muster.LevelAdmin, PerMinute: 1}, "slow-key"},
		{"other", muster.Key{Level: muster.LevelAdmin}, "other-key"},
		{"off", muster.Key{Level: muster.LevelAdmin}, "off-key"},
	} {
		settings := muster.Settings{Limits: muster.LimitsOwn}
		if k.in == "other" {
			settings.Dialects = []string{sonoran.Name}
		}
		if k.in != demo.ID {
			if _, err := c.CreateCommunity(ctx, muster.Community{ID: k.in, Settings: settings}, nil); err != nil {
				return err
			}
		}
		if _, _, err := c.CreateKey(ctx, muster.Operator(k.in), k.Key, k.secret); err != nil {
			return err
		}
	}
	if err := c.RevokeKey(ctx, muster.Operator(demo.ID), "revoked"); err != nil {
		return err
	}
	return everything(ctx, c)
}

// everything adds an account in which no member is what it is by default, and
// a second one that shares evidence with it.
func everything(ctx context.Context, c *core.Core) error {
	admin := muster.Operator(demo.ID)
	licence := muster.Identity{
		ID: "66666666-6666-4666-8666-666666666666", Provider: "license", Value: "shared", Flag: "flag-1",
		Metadata: json.RawMessage(`{"seen":"often"}`), CreatedAt: today, UpdatedAt: today.Add(time.Hour),
	}
	twin := licence
	twin.ID = "77777777-7777-4777-8777-777777777777"
	views, err := c.Create(ctx, admin, []core.NewAccount{
		{
			ID: "33333333-3333-4333-8333-333333333333", Number: 3001, Custom: true, JoinedAt: today.Add(-time.Hour),
			Clock: []muster.ClockRow{
				{ID: "88888888-8888-4888-8888-888888888888", Type: "patrol", Start: today, End: today.Add(time.Hour), Notes: []string{"quiet"}},
				{ID: "99999999-9999-4999-8999-999999999999", Type: "desk", Start: today.Add(2 * time.Hour)},
			},
			Edit: muster.Edit{
				Username: muster.Some("Everything"), Name: muster.Some("<All> & more"), Bio: muster.Some("Two\nlines"),
				Ranks: muster.RankEdit{Add: []muster.RankID{"RANK_UUID", "4298c76d-a1ee-46dc-b33c-8daf2e2280dd"}},
				Values: muster.Values{
					"sonoran.apiIdPreference": muster.Number(2), "notify.forms.statusChange.inbox": muster.Bool(false), "notify.forms.statusChange.email": muster.Bool(false),
				},
				Identities: muster.IdentityEdit{Add: []muster.Identity{
					licence, {Provider: "api", Value: "first"}, {Provider: "api", Value: "second"}, {Provider: "teamspeak", Value: "ts"}, {Provider: "roblox", Value: "rb"},
				}},
				Standing: muster.StandingEdit{
					Joined: muster.Some(false), Archived: muster.Some(true),
					Ban: muster.Some(&muster.Ban{Reason: "Sold the fire engine", Until: today.Add(24 * time.Hour)}),
				},
			},
		},
		{Number: 3002, Edit: muster.Edit{Username: muster.Some("twin"), Identities: muster.IdentityEdit{Add: []muster.Identity{twin}}}},
	})
	if err != nil {
		return err
	}
	_, err = c.UpdateCommunity(ctx, admin, func(community *muster.Community) { community.Settings.Owner = views[0].ID })
	return err
}
