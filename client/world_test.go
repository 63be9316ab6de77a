package client_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/client"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/dialect/rest"
	"github.com/muster-accounts/muster/internal/httpd"
	"github.com/muster-accounts/muster/internal/limit"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/seal"
	"github.com/muster-accounts/muster/internal/store"
)

// aWorld is a community behind the whole front door, at an address of its own.
type aWorld struct {
	*mustertest.Community
	*server
	secret string // of a key with every right and hardly a limit
	client *client.Client
}

func newWorld(t testing.TB, st *store.Store) aWorld {
	t.Helper()
	clock := mustertest.NewClock()
	c := core.New(st, clock.Now)
	mustertest.BindSecret(t, c)
	w := aWorld{Community: mustertest.NewCommunityIn(t, c, clock, "demo", rest.Name)}
	w.secret = w.Key(t, muster.Key{ID: "fast", Level: muster.LevelAdmin, RankPower: muster.AnyRankPower, PerMinute: 100_000_000})
	s, err := serve(c, clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	w.server = s
	t.Cleanup(s.stop)
	w.client = w.as(t, w.secret)
	return w
}

// as is a client with a key, which waits for nothing between tries.
func (w aWorld) as(t testing.TB, key string) *client.Client {
	t.Helper()
	c, err := client.New(w.URL, key)
	if err != nil {
		t.Fatal(err)
	}
	c.SetSleep(func(ctx context.Context, _ time.Duration) error { return ctx.Err() })
	return c
}

// server is Muster's own API behind the front door, at an address.
type server struct {
	*httptest.Server
	dialect *rest.Dialect

	mu     sync.Mutex
	routes []string                        // that have answered, and not refused
	way    func(http.Handler) http.Handler // what happens to requests on their way; nil: nothing
}

func serve(c *core.Core, now func() time.Time) (*server, error) {
	log := slog.New(slog.DiscardHandler)
	s := &server{dialect: rest.New(c, limit.NewDoor(now), log)}
	door, err := httpd.New(httpd.Config{
		Listen: "127.0.0.1:0", Logger: log, Now: now,
		Mounts: []httpd.Mount{{Name: rest.Name, Prefixes: s.dialect.Prefixes(), Handler: http.HandlerFunc(s.note), Refuse: s.dialect.Refuse, MaxBody: rest.MaxBulk}},
	})
	if err != nil {
		return nil, err
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		way := s.way
		s.mu.Unlock()
		next := door.Handler()
		if way != nil {
			next = way(next)
		}
		next.ServeHTTP(w, r)
	}))
	return s, nil
}

// note has the dialect answer, and notes which route that was.
func (s *server) note(w http.ResponseWriter, r *http.Request) {
	s.dialect.ServeHTTP(&answerNote{ResponseWriter: w, server: s, request: r}, r)
}

// answerNote notes a route when it begins to answer.
type answerNote struct {
	http.ResponseWriter
	server  *server
	request *http.Request // in which the dialect leaves the pattern of its route
	begun   bool
}

func (n *answerNote) begin(status int) {
	if n.begun {
		return
	}
	n.begun = true
	n.server.mu.Lock()
	defer n.server.mu.Unlock()
	if name := n.request.Method + " " + n.request.Pattern; status < 300 && !slices.Contains(n.server.routes, name) {
		n.server.routes = append(n.server.routes, name)
	}
}

func (n *answerNote) WriteHeader(status int) {
	n.begin(status)
	n.ResponseWriter.WriteHeader(status)
}

func (n *answerNote) Write(b []byte) (int, error) {
	n.begin(http.StatusOK)
	return n.ResponseWriter.Write(b)
}

func (n *answerNote) Unwrap() http.ResponseWriter { return n.ResponseWriter }

// on has something happen to requests on their way.
func (s *server) on(way func(http.Handler) http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.way = way
}

func (s *server) stop() {
	s.dialect.Stop() // so that live feeds end
	s.CloseClientConnections()
	s.Close()
}

// stopAll stops the servers of the examples, which have no end of their own.
var stopAll []func()

func TestMain(m *testing.M) {
	status := m.Run()
	for _, stop := range stopAll {
		stop()
	}
	os.Exit(status)
}

// examples is a server for an example: a community with a field, ranks, and somebody in it.
func examples() (address, key string) {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "muster")
	check(err)
	st, err := store.Open(ctx, dir)
	check(err)
	clock := mustertest.NewClock()
	c := core.New(st, clock.Now)
	secret, err := seal.Load(filepath.Join(dir, "secret"))
	check(err)
	check(c.BindSecret(ctx, secret))
	_, err = c.CreateCommunity(ctx, muster.Community{ID: "demo", Settings: muster.Settings{Dialects: []string{rest.Name}, Limits: muster.LimitsOwn}}, []muster.Field{{
		ID: "motto", Key: "motto", Label: "Motto", Type: muster.TypeText, Scope: muster.ScopeProfile,
	}})
	check(err)
	admin := muster.Operator("demo")
	for _, r := range mustertest.Ranks() {
		check(c.PutRank(ctx, admin, r))
	}
	for _, name := range []string{"ada", "ben", "cleo"} {
		_, err = c.Create(ctx, admin, []core.NewAccount{{Edit: muster.Edit{Username: muster.Some(name), Email: muster.Some(name + "@example.org")}}})
		check(err)
	}
	_, key, err = c.CreateKey(ctx, admin, muster.Key{ID: "bot", Level: muster.LevelAdmin, RankPower: muster.AnyRankPower}, "")
	check(err)
	s, err := serve(c, clock.Now)
	check(err)
	stopAll = append(stopAll, func() {
		s.stop()
		check(st.Close())
		check(os.RemoveAll(dir))
	})
	return s.URL, key
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
