package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/dialect/sonoran"
	"github.com/muster-accounts/muster/internal/httpd"
	"github.com/muster-accounts/muster/internal/mustertest"
)

// walkID is the community in which the walk takes place.
const walkID muster.CommunityID = "walk"

// Accounts of the walk. Those who hold hidden values are holder, peer and
// spare; spare is written to. boss is whom a hidden reference leads to.
const (
	holderID muster.AccountID = "10000000-0000-4000-8000-000000000001"
	peerID   muster.AccountID = "10000000-0000-4000-8000-000000000002"
	spareID  muster.AccountID = "10000000-0000-4000-8000-000000000003"
	bossID   muster.AccountID = "10000000-0000-4000-8000-000000000004"
	bossName                  = "walrus-the-boss"
)

// holders hold the hidden values.
var holders = []struct {
	name string
	id   muster.AccountID
}{{"holder", holderID}, {"peer", peerID}, {"spare", spareID}}

// walker is somebody who asks, and by what.
type walker struct {
	name      string
	community muster.CommunityID // that of the credentials
	key       muster.KeyID
	secret    string
	account   muster.AccountID // of a person
	token     string           // of a person who has signed in
}

// walkPeople have accounts: at which level they sign in, and which ranks they
// hold. The rank of former has run out.
var walkPeople = []struct {
	name  string
	id    muster.AccountID
	level muster.Level
	ranks muster.RankEdit
}{
	{"holder", holderID, muster.LevelUser, muster.RankEdit{Add: []muster.RankID{"officer"}}},
	{"peer", peerID, muster.LevelUser, muster.RankEdit{Add: []muster.RankID{"member"}}},
	{"spare", spareID, muster.LevelUser, muster.RankEdit{Add: []muster.RankID{"officer"}}},
	{"former", "10000000-0000-4000-8000-000000000005", muster.LevelUser, muster.RankEdit{
		Add: []muster.RankID{"chief"}, Until: map[muster.RankID]time.Time{"chief": time.Now().Add(-time.Hour)},
	}},
	{"chief", "10000000-0000-4000-8000-000000000006", muster.LevelUser, muster.RankEdit{Add: []muster.RankID{"chief"}}},
	{"support", "10000000-0000-4000-8000-000000000007", muster.LevelSupport, muster.RankEdit{}},
	{"admin", adminID, muster.LevelAdmin, muster.RankEdit{Add: []muster.RankID{"chief"}}},
}

// walk is a community with hidden values behind all of a server.
type walk struct {
	*mustertest.Community
	t       *testing.T
	server  *httpd.Server
	log     *note
	mailDir string
	walkers []walker

	hooks  map[string]*note  // what webhooks were told, by the name of whose level they have
	game   *note             // what the game server was told
	places map[string]string // what stands for what in the paths and bodies of asks
	seqs   []string          // the numbers of all changes

	needles []needle
	sought  sought
	asked   int
	found   map[string]map[string]bool // what each walker found, by its needle
	served  map[string]bool            // routes that did what they were asked for
	shows   map[string]map[string]bool // routes of each dialect that showed the admin something
}

// note keeps what is written to it.
type note struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (n *note) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.Write(p)
}

func (n *note) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.String()
}

// listen is a server that keeps what it is sent, and says ok.
func (n *note) listen(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.Header.Write(n)
		_, _ = io.Copy(n, r.Body)
		_, _ = io.WriteString(n, "\n")
		_, _ = io.WriteString(w, "ok")
	}))
	t.Cleanup(s.Close)
	return s
}

// newWalk starts a server on an empty database as the program does, and
// fills it.
func newWalk(t *testing.T, e mustertest.Engine) *walk {
	t.Helper()
	st := e.New(t).Open(t)
	w := &walk{t: t, log: &note{}, mailDir: t.TempDir(), found: map[string]map[string]bool{}, shows: map[string]map[string]bool{}, served: map[string]bool{}, game: &note{}}
	c := core.New(st, time.Now)
	mustertest.BindSecret(t, c)
	w.makeCommunities(c)
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	cmd := serveCmd{
		Listen: "127.0.0.1:0", Metrics: "127.0.0.1:0", PublicURL: "https://accounts.example.org",
		TrustedProxies: []network{{netip.MustParsePrefix("192.0.2.0/24")}}, post: post{Mail: "file:" + w.mailDir},
	}
	server, err := cmd.listen(t.Context(), c, st, log)
	w.fail(err)
	w.server = server
	sender, err := cmd.sender("", cmd.PublicURL)
	w.fail(err)
	ctx, stop := context.WithCancel(t.Context())
	var sending sync.WaitGroup
	t.Cleanup(func() {
		stop()
		sending.Wait()
		_ = server.Shutdown(context.WithoutCancel(ctx))
		_ = sender.Close()
	})
	server.Serve()
	w.makeAccounts()
	w.makeFollowers()
	cmd.send(ctx, &sending, c, log, server, sender, true)
	return w
}

func (w *walk) fail(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// makeCommunities makes the walk's own, which has every dialect, and another.
func (w *walk) makeCommunities(c *core.Core) {
	w.t.Helper()
	var names []string
	for _, d := range dialects {
		names = append(names, d.name)
	}
	fields, err := fieldsOf(names)
	w.fail(err)
	for _, id := range []muster.CommunityID{walkID, "other"} {
		settings := muster.Settings{Dialects: names, Limits: muster.LimitsOwn, SignUp: true, PublicProfiles: true, FrontEnd: "https://www.example.org"}
		_, err := c.CreateCommunity(w.t.Context(), muster.Community{ID: id, Name: string(id), Settings: settings}, fields)
		w.fail(err)
	}
	w.Community = &mustertest.Community{Core: c, ID: walkID, Admin: muster.Operator(walkID)}
	for _, r := range mustertest.Ranks() {
		w.fail(c.PutRank(w.t.Context(), w.Admin, r))
	}
}

// makeAccounts makes the people and all credentials.
func (w *walk) makeAccounts() {
	w.t.Helper()
	ctx := w.t.Context()
	password, err := core.NewPassword(ctx, "a long password")
	w.fail(err)
	for i, p := range walkPeople {
		n := core.NewAccount{ID: p.id, Number: int64(4001 + i), Edit: muster.Edit{
			Username: muster.Some(p.name), Email: muster.Some(p.name + "@example.org"), Bio: muster.Some("about " + p.name), Language: muster.Some("en"),
			Ranks: p.ranks, Values: muster.Values{"freesewing.consent": muster.Number(1)},
			Identities: muster.IdentityEdit{Add: []muster.Identity{
				{Provider: muster.ProviderDiscord, Value: "55500" + strconv.Itoa(i)}, {Provider: muster.ProviderAPI, Value: "api-" + p.name},
			}},
			Standing: muster.StandingEdit{SignIn: muster.Some(muster.SignInActive), Level: muster.Some(p.level), Active: muster.Some(true)},
		}}
		if p.name == "peer" {
			n.Password = password
		}
		_, err := w.Core.Create(ctx, w.Admin, []core.NewAccount{n})
		w.fail(err)
	}
	_, err = w.Core.Create(ctx, w.Admin, []core.NewAccount{{ID: bossID, Edit: muster.Edit{Username: muster.Some(bossName)}}})
	w.fail(err)
	w.walkers = []walker{{name: "nobody", community: walkID}}
	for name, level := range map[string]muster.Level{"one": muster.LevelReadOne, "all": muster.LevelReadAll, "some": muster.LevelWriteSome} {
		w.addKey(walker{name: name, community: walkID}, level)
	}
	w.addKey(walker{name: "other", community: "other"}, muster.LevelAdmin)
	for _, p := range walkPeople {
		if p.name != "spare" {
			w.addKey(walker{name: p.name, community: walkID, account: p.id}, p.level)
		}
	}
	slices.SortFunc(w.walkers, func(a, b walker) int { return slices.Index(walkOrder, a.name) - slices.Index(walkOrder, b.name) })
}

// walkOrder is in which order they walk: those who can do most come last.
var walkOrder = []string{"nobody", "other", "one", "all", "peer", "former", "chief", "support", "holder", "some", "admin"}

func (w *walk) addKey(as walker, level muster.Level) {
	w.t.Helper()
	ctx, by := w.t.Context(), muster.Operator(as.community)
	as.key, as.secret = muster.KeyID("key-"+as.name), "a secret of "+as.name
	k := muster.Key{ID: as.key, Level: level, Owner: as.account, RankPower: muster.AnyRankPower, PerMinute: 100_000_000}
	_, _, err := w.Core.CreateKey(ctx, by, k, as.secret)
	w.fail(err)
	if as.account != "" {
		as.token, err = w.Core.Token(ctx, muster.Caller{Community: as.community, Account: as.account}, nil)
		w.fail(err)
	}
	w.walkers = append(w.walkers, as)
}

// makeFollowers makes who is told of what happens: a webhook that may see
// little, one that may see all, and a game server.
func (w *walk) makeFollowers() {
	w.t.Helper()
	ctx := w.t.Context()
	w.hooks = map[string]*note{}
	for name, level := range map[string]muster.Level{"all": muster.LevelReadAll, "admin": muster.LevelAdmin} {
		w.hooks[name] = &note{}
		_, _, err := w.Core.CreateWebhook(ctx, w.Admin, muster.WebhookID(name), core.WebhookWish{
			URL: muster.Some(w.hooks[name].listen(w.t).URL), Events: muster.Some([]muster.EventKind{"*"}), Level: muster.Some(level),
		}, "")
		w.fail(err)
	}
	at, err := url.Parse(w.game.listen(w.t).URL + sonoran.PushPath)
	w.fail(err)
	port, err := strconv.Atoi(at.Port())
	w.fail(err)
	_, err = w.Core.PutServer(ctx, w.Admin, muster.Server{ID: 1, Name: "game", Address: at.Hostname(), Port: port, Whitelist: muster.Whitelist{Everybody: true}})
	w.fail(err)
	w.fail(w.Core.SetPushSecret(ctx, w.Admin, 1, "push secret"))
	w.fail(w.Core.PutDepartment(ctx, w.Admin, muster.Department{ID: "staff", Label: "Staff"}))
	w.fail(w.Core.PutClockType(ctx, w.Admin, muster.ClockType{ID: "patrol", Label: "Patrol"}))
	w.fail(w.Core.PutFlow(ctx, w.Admin, muster.Flow{ID: "flow", LabelFrom: "Member", LabelTo: "Officer", Add: []muster.RankID{"officer"}, Direction: muster.FlowBoth}))
}
