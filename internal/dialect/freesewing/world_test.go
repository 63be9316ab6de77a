package freesewing_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/muster-accounts/muster/internal/store"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/dialect/freesewing"
	"github.com/muster-accounts/muster/internal/httpd"
	"github.com/muster-accounts/muster/internal/limit"
	"github.com/muster-accounts/muster/internal/mustertest"
)

// aWorld is a demo world of its own behind the whole front door.
type aWorld struct {
	handler http.Handler
	store   *store.Store
	core    *core.Core
	clock   *mustertest.Clock
	dialect *freesewing.Dialect
	log     *bytes.Buffer
}

var copies = mustertest.Copies(demo.Now(), fill)

func newWorld(t *testing.T) aWorld {
	t.Helper()
	return newWorldOn(t, copies(t, mustertest.Embedded).Open(t))
}

func newWorldOn(t *testing.T, st *store.Store) aWorld {
	t.Helper()
	clock := mustertest.NewClock()
	clock.Set(demo.Now())
	c := core.New(st, clock.Now)
	if err := c.BindSecret(t.Context(), mustertest.Secret(t)); err != nil {
		t.Fatal(err)
	}
	log := &bytes.Buffer{}
	logger := slog.New(slog.NewTextHandler(log, nil))
	d := freesewing.New(c, limit.NewDoor(clock.Now), clock.Now, "https://accounts.example.org/", logger)
	server, err := httpd.New(httpd.Config{
		Listen: "127.0.0.1:0", Logger: logger, Now: clock.Now,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, // where httptest's requests come from
		Mounts:         []httpd.Mount{{Name: freesewing.Name, Routes: d.Routes(), Prefixes: d.Prefixes(), Handler: d, Refuse: d.Refuse}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return aWorld{server.Handler(), st, c, clock, d, log}
}

// Secrets of keys beside the demo's own.
const (
	readKey      = "11111111-1111-4111-8111-111111111111" // of demo-user, level 3
	adminKey     = "22222222-2222-4222-8222-222222222222" // of the admin, level 8
	communityKey = "33333333-3333-4333-8333-333333333333"
	expiredKey   = "44444444-4444-4444-8444-444444444444"
	otherKey     = "55555555-5555-4555-8555-555555555555" // of another community
	readOnlyKey  = "66666666-6666-4666-8666-666666666666" // of demo-user, level 1
)

// fill makes the demo, with an admin, somebody who has not consented, and keys.
func fill(ctx context.Context, c *core.Core) error {
	if err := demo.Seed(ctx, c, []demo.Dialect{{Name: freesewing.Name, Fields: freesewing.Fields()}}, demo.Known()); err != nil {
		return err
	}
	admin := muster.Operator(demo.ID)
	password, err := core.NewPassword(ctx, "admin-password")
	if err != nil {
		return err
	}
	active := muster.StandingEdit{SignIn: muster.Some(muster.SignInActive)}
	lifted := active
	lifted.Level = muster.Some(muster.LevelAdmin)
	consent := muster.Values{"freesewing.consent": muster.Number(1)}
	made, err := c.Create(ctx, admin, []core.NewAccount{
		{ID: "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa", Number: 5001, Password: password, Edit: muster.Edit{Username: muster.Some("the-admin"), Standing: lifted, Values: consent}},
		{ID: "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb", Number: 5002, Password: password, Edit: muster.Edit{Username: muster.Some("undecided"), Standing: active}},
		{ID: "cccccccc-cccc-4ccc-8ccc-cccccccccccc", Number: 5003, Password: password, Edit: muster.Edit{Username: muster.Some("waiting"), Values: consent}},
		{ID: "dddddddd-dddd-4ddd-8ddd-dddddddddddd", Number: 5004, Password: password, Edit: muster.Edit{
			Username: muster.Some("banned"), Values: consent, Standing: muster.StandingEdit{SignIn: active.SignIn, Ban: muster.Some(&muster.Ban{Reason: "x"})},
		}},
	})
	if err != nil {
		return err
	}
	if _, err := c.CreateCommunity(ctx, muster.Community{ID: "other", Settings: muster.Settings{Limits: muster.LimitsOwn}}, freesewing.Fields()); err != nil {
		return err
	}
	for id, k := range map[muster.KeyID]muster.Key{
		readKey: {Level: muster.LevelWriteSome, Owner: demo.MakerID}, readOnlyKey: {Level: muster.LevelReadOne, Owner: demo.MakerID},
		adminKey: {Level: muster.LevelAdmin, Owner: made[0].ID}, communityKey: {Level: muster.LevelAdmin},
		expiredKey: {Level: muster.LevelUser, Owner: demo.MakerID, ExpiresAt: demo.Now()},
	} {
		k.ID = id
		if _, _, err := c.CreateKey(ctx, admin, k, "secret-"+string(id)); err != nil {
			return err
		}
	}
	_, _, err = c.CreateKey(ctx, muster.Operator("other"), muster.Key{ID: otherKey, Level: muster.LevelAdmin}, "secret-"+otherKey)
	return err
}

// call is a request in short.
type call struct {
	method, path, body string
	token              string       // as a bearer
	key                muster.KeyID // with its secret as basic
	secret             string       // in place of the key's own
	address            string       // of the client
}

func (w aWorld) send(c call) *httptest.ResponseRecorder {
	r := httptest.NewRequest(c.method, c.path, bytes.NewReader([]byte(c.body)))
	r.Header.Set("Content-Type", "application/json")
	if c.address != "" {
		r.Header.Set("X-Forwarded-For", c.address)
	}
	switch {
	case c.token != "":
		r.Header.Set("Authorization", "Bearer "+c.token)
	case c.key == demo.MakerKey && c.secret == "":
		r.SetBasicAuth(string(c.key), demo.MakerSecret)
	case c.secret != "":
		r.SetBasicAuth(string(c.key), c.secret)
	case c.key != "":
		r.SetBasicAuth(string(c.key), "secret-"+string(c.key))
	}
	res := httptest.NewRecorder()
	w.handler.ServeHTTP(res, r)
	return res
}

// update sends a body as the demo's user.
func (w aWorld) update(body string) *httptest.ResponseRecorder {
	return w.send(call{method: http.MethodPut, path: "/account/key", body: body, key: demo.MakerKey})
}

// signIn gives the token of somebody who may.
func (w aWorld) signIn(t *testing.T, username, password string) string {
	t.Helper()
	body, err := json.Marshal(map[string]string{"username": username, "password": password})
	if err != nil {
		t.Fatal(err)
	}
	var answer struct{ Token string }
	res := w.send(call{method: http.MethodPost, path: "/signin", body: string(body)})
	if err := json.Unmarshal(res.Body.Bytes(), &answer); err != nil || answer.Token == "" {
		t.Fatal(res.Code, res.Body)
	}
	return answer.Token
}

// maker is what the API shows of the demo's user.
func (w aWorld) maker(t *testing.T) map[string]any {
	t.Helper()
	return accountIn(t, w.send(call{method: http.MethodGet, path: "/account/key", key: demo.MakerKey}))
}

func accountIn(t *testing.T, res *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	var answer struct {
		Result  string
		Account map[string]any
	}
	if err := json.Unmarshal(res.Body.Bytes(), &answer); err != nil || res.Code != http.StatusOK || answer.Result != "success" {
		t.Fatal(res.Code, res.Body)
	}
	return answer.Account
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
