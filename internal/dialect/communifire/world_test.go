package communifire_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/dialect/communifire"
	"github.com/muster-accounts/muster/internal/httpd"
	"github.com/muster-accounts/muster/internal/limit"
	"github.com/muster-accounts/muster/internal/mustertest"
)

// aWorld is a demo world of its own behind the whole front door, with keys of
// smaller rights beside the demo's own.
type aWorld struct {
	handler http.Handler
	core    *core.Core
	dialect *communifire.Dialect
}

var copies = mustertest.Copies(demo.Now(), fill)

func newWorld(t *testing.T) aWorld {
	t.Helper()
	clock := mustertest.NewClock()
	clock.Set(demo.Now())
	return newWorldIn(t, core.New(copies(t, mustertest.Embedded).Open(t), clock.Now), clock)
}

func newWorldIn(t *testing.T, c *core.Core, clock *mustertest.Clock) aWorld {
	t.Helper()
	mustertest.BindSecret(t, c)
	d := communifire.New(c, limit.NewDoor(clock.Now), slog.New(slog.DiscardHandler))
	server, err := httpd.New(httpd.Config{
		Listen: "127.0.0.1:0", Logger: slog.New(slog.DiscardHandler), Now: clock.Now,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, // where httptest's requests come from
		Mounts:         []httpd.Mount{{Name: communifire.Name, Prefixes: d.Prefixes(), FoldCase: true, Handler: d, Refuse: d.Refuse}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return aWorld{server.Handler(), c, d}
}

// fill makes the demo, with keys and with labels in another language.
func fill(ctx context.Context, c *core.Core) error {
	if err := demo.Seed(ctx, c, []demo.Dialect{{Name: communifire.Name, Fields: communifire.Fields()}}, demo.Known()); err != nil {
		return err
	}
	admin := muster.Operator(demo.ID)
	for secret, k := range map[string]muster.Key{
		"fast-key":    {Level: muster.LevelAdmin, RankPower: muster.AnyRankPower, PerMinute: 10_000_000},
		"read-key":    {Level: muster.LevelReadOne},
		"write-key":   {Level: muster.LevelWriteSome},
		"slow-key":    {Level: muster.LevelAdmin, PerMinute: 1},
		"a+b/c=":      {Level: muster.LevelAdmin},
		"casey-key":   {Level: muster.LevelUser, Owner: demo.IntranetID},
		"expired-key": {Level: muster.LevelAdmin, ExpiresAt: demo.Now()},
	} {
		if _, _, err := c.CreateKey(ctx, admin, k, secret); err != nil {
			return err
		}
	}
	catalogue, err := c.Catalogue(ctx, admin)
	if err != nil {
		return err
	}
	phone, _, err := catalogue.Labelled("Phone")
	if err != nil {
		return err
	}
	phone.Labels = map[string]string{"de": "Telefon", "fr": "Téléphone"}
	return c.PutField(ctx, admin, phone)
}

// send posts or gets; the key goes into the header.
func (w aWorld) send(method, path, key, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if key != "" {
		r.Header.Set("Rest-Api-Key", key)
	}
	res := httptest.NewRecorder()
	w.handler.ServeHTTP(res, r)
	return res
}

// set posts to the call with the demo's widest key.
func (w aWorld) set(query, body string) *httptest.ResponseRecorder {
	return w.send(http.MethodPost, "/api/users/fields?"+query, "fast-key", body)
}

// newest is the number of the newest change: a refusal must leave it.
func (w aWorld) newest(t *testing.T) int64 {
	t.Helper()
	list, err := w.core.History(t.Context(), muster.Operator(demo.ID), core.HistoryQuery{Limit: 1})
	if err != nil || len(list) == 0 {
		t.Fatal(err)
	}
	return list[0].Seq
}

func (w aWorld) account(t *testing.T, ref muster.Ref) core.View {
	t.Helper()
	v, err := w.core.Account(t.Context(), muster.Operator(demo.ID), ref)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (w aWorld) catalogue(t *testing.T) core.Catalogue {
	t.Helper()
	c, err := w.core.Catalogue(t.Context(), muster.Operator(demo.ID))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// value is what an account holds for the field of a label.
func (w aWorld) value(t *testing.T, ref muster.Ref, label string) muster.Value {
	t.Helper()
	v := w.account(t, ref)
	for _, f := range v.Fields {
		if f.Label == label {
			return v.Values[f.ID]
		}
	}
	t.Fatalf("no field is labelled %q", label)
	return nil
}
