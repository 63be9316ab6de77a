package rest_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/dialect/rest"
	"github.com/muster-accounts/muster/internal/httpd"
	"github.com/muster-accounts/muster/internal/limit"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/mustertest/golden"
)

// aWorld is a demo world of its own behind the whole front door, with keys of
// smaller rights beside the demo's own.
type aWorld struct {
	handler http.Handler
	bare    http.Handler // the same, where a test has put something before it
	core    *core.Core
	dialect *rest.Dialect
	clock   *mustertest.Clock
}

var copies = mustertest.Copies(demo.Now(), fill)

func newWorld(t testing.TB) aWorld {
	t.Helper()
	return newWorldOn(t, mustertest.Embedded)
}

func newWorldOn(t testing.TB, e mustertest.Engine) aWorld {
	t.Helper()
	clock := mustertest.NewClock()
	clock.Set(demo.Now())
	c := core.New(copies(t, e).Open(t), clock.Now)
	mustertest.BindSecret(t, c)
	door := limit.NewDoor(clock.Now)
	door.OnRefused(c.LimitHit)
	d := rest.New(c, door, slog.New(slog.DiscardHandler))
	server, err := httpd.New(httpd.Config{
		Listen: "127.0.0.1:0", Logger: slog.New(slog.DiscardHandler), Now: clock.Now,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, // where httptest's requests come from
		Mounts:         []httpd.Mount{{Name: rest.Name, Prefixes: d.Prefixes(), Handler: d, Refuse: d.Refuse, MaxBody: rest.MaxBulk}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return aWorld{server.Handler(), server.Handler(), c, d, clock}
}

// secret is a field that level 8 alone may see, and what an account holds for it.
const (
	secret      muster.FieldID = "secret"
	secretValue string         = "walrus-under-the-bridge"
)

// fill makes the demo, with keys and a field that few may see.
func fill(ctx context.Context, c *core.Core) error {
	if err := demo.Seed(ctx, c, []demo.Dialect{{Name: rest.Name}}, demo.Known()); err != nil {
		return err
	}
	admin := muster.Operator(demo.ID)
	for id, k := range map[muster.KeyID]muster.Key{
		"fast-key":    {Level: muster.LevelAdmin, RankPower: muster.AnyRankPower, PerMinute: 10_000_000},
		"one-key":     {Level: muster.LevelReadOne, PerMinute: 10_000},
		"read-key":    {Level: muster.LevelReadAll, PerMinute: 10_000},
		"write-key":   {Level: muster.LevelWriteSome, PerMinute: 10_000},
		"slow-key":    {Level: muster.LevelAdmin, PerMinute: 1},
		"casey-key":   {Level: muster.LevelUser, Owner: demo.IntranetID},
		"expired-key": {Level: muster.LevelAdmin, ExpiresAt: demo.Now()},
	} {
		k.ID = id
		if _, _, err := c.CreateKey(ctx, admin, k, string(id)); err != nil {
			return err
		}
	}
	few := muster.Rights{Level: muster.LevelAdmin}
	hidden := muster.Field{ID: secret, Key: "secret_key", Label: "Secret", Type: muster.TypeText, Scope: muster.ScopeProfile, See: few, Edit: few}
	if err := c.PutField(ctx, admin, hidden); err != nil {
		return err
	}
	_, err := c.Edit(ctx, admin, muster.RefID(demo.IntranetID), muster.Edit{Values: muster.Values{secret: muster.Text(secretValue)}})
	return err
}

// send sends a request with a key and headers, which come in pairs.
func (w aWorld) send(method, path, key, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body == "" {
		r = httptest.NewRequest(method, path, http.NoBody)
	}
	r.Header.Set("Content-Type", "application/json")
	if method == http.MethodPatch {
		r.Header.Set("Content-Type", "application/merge-patch+json")
	}
	r.Header.Set("Authorization", "Bearer "+key)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res := httptest.NewRecorder()
	w.handler.ServeHTTP(res, r)
	return res
}

// must sends with the widest key and fails unless the status is as wanted. It
// gives back the answer, read.
func (w aWorld) must(t testing.TB, status int, method, path, body string, headers ...string) map[string]any {
	t.Helper()
	res := w.send(method, path, "fast-key", body, headers...)
	if res.Code != status {
		t.Fatalf("%s %s: %d, want %d: %.1000s", method, path, res.Code, status, res.Body)
	}
	return answerOf(t, res)
}

func answerOf(t testing.TB, res *httptest.ResponseRecorder) (answer map[string]any) {
	t.Helper()
	if res.Body.Len() == 0 {
		return nil
	}
	if err := json.Unmarshal(res.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%v in %.500s", err, res.Body)
	}
	return answer
}

// newest is the number of the newest change: a refusal must leave it.
func (w aWorld) newest(t testing.TB) int64 {
	t.Helper()
	list, err := w.core.History(t.Context(), muster.Operator(demo.ID), core.HistoryQuery{Limit: 1})
	if err != nil || len(list) == 0 {
		t.Fatal(err)
	}
	return list[0].Seq
}

func TestContractDescribesRoutes(t *testing.T) {
	golden.Load(t, rest.Spec).CheckRoutes(t, newWorld(t).dialect.Routes())
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// require makes the community want If-Match.
func (w aWorld) require(t *testing.T) {
	t.Helper()
	_, err := w.core.UpdateCommunity(t.Context(), muster.Operator(demo.ID), func(c *muster.Community) {
		c.Settings.Switches = map[string]string{"rest.require_if_match": "yes"}
	})
	if err != nil {
		t.Fatal(err)
	}
}
