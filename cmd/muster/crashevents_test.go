package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/seal"
)

// gameServer takes the program's events, as sonorancms_core would, but not all
// of them at once.
type gameServer struct {
	mu    sync.Mutex
	tries int
	calm  bool
	heard map[muster.AccountID][]string // the types of events, without repetitions
	news  chan struct{}
}

func (g *gameServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var event struct {
		Key, Type string
		Data      struct{ AccID muster.AccountID }
	}
	if err := json.NewDecoder(r.Body).Decode(&event); err != nil || r.URL.Path != "/sonorancms/events" || event.Key != "push-me" {
		http.Error(w, "Bad API Key", http.StatusBadRequest)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.tries++; g.tries%7 == 0 && !g.calm {
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	}
	if list := g.heard[event.Data.AccID]; len(list) == 0 || list[len(list)-1] != event.Type {
		g.heard[event.Data.AccID] = append(list, event.Type)
	}
	_, _ = w.Write([]byte("ok"))
	select {
	case g.news <- struct{}{}:
	default:
	}
}

// TestCrashLosesNoEvent kills the server with SIGKILL while it changes
// accounts and tells a game server of it. In the end that must have heard of
// every change, and in order.
func TestCrashLosesNoEvent(t *testing.T) {
	binary, data := buildBinary(t), t.TempDir()
	game := &gameServer{heard: map[muster.AccountID][]string{}, news: make(chan struct{}, 1)}
	listener := httptest.NewServer(game)
	defer listener.Close()
	server := startServer(t, binary, data, "serve", "--demo")
	server.stop(t)
	run(t, binary, "key", "create", "--data", data, "--id", "load", "--secret", "load-key", "--per-minute", "10000000")
	follow(t, data, listener.URL)
	for range 2 {
		server := startServer(t, binary, data, "serve", "--demo")
		var total atomic.Int64
		var load sync.WaitGroup
		for w := range workers {
			load.Go(func() {
				for i := 0; ; i++ {
					path := []string{"/general/kick_account", "/general/unban_account"}[i%2]
					if _, err := server.post(path, fmt.Sprintf(`{"uniqueId":%d}`, 2001+w)); err != nil {
						return
					}
					if total.Add(1) == 150 {
						_ = server.process.Kill()
					}
				}
			})
		}
		load.Wait()
		if err := <-server.ended; err == nil {
			t.Fatal("the server ended of itself")
		}
		if total.Load() < 150 {
			t.Fatalf("the load ended after %d changes, before the kill", total.Load())
		}
	}
	game.mu.Lock()
	game.calm = true
	game.mu.Unlock()
	server = startServer(t, binary, data, "serve", "--demo")
	want := events(t, data)
	for deadline := time.After(time.Minute); !game.is(want); {
		select {
		case <-game.news:
		case <-deadline:
			t.Fatalf("events (-committed +heard):\n%s", cmp.Diff(want, game.heard))
		}
	}
	server.stop(t)
	st := mustertest.Open(t, data)
	if n, err := core.New(st, time.Now).Waiting(t.Context()); err != nil || n != 0 {
		t.Errorf("%d deliveries wait, %v", n, err)
	}
}

func (g *gameServer) is(want map[muster.AccountID][]string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return reflect.DeepEqual(want, g.heard)
}

func (s *serverProcess) stop(t *testing.T) {
	t.Helper()
	if err := s.process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := <-s.ended; err != nil {
		t.Fatalf("the server did not end well: %v", err)
	}
}

// follow makes a game server of a URL.
func follow(t *testing.T, data, url string) {
	t.Helper()
	st := mustertest.Open(t, data)
	c := core.New(st, time.Now)
	secret, err := seal.Load(filepath.Join(data, "secret"))
	if err == nil {
		err = c.BindSecret(t.Context(), secret)
	}
	at := netip.MustParseAddrPort(strings.TrimPrefix(url, "http://"))
	if err == nil {
		_, err = c.PutServer(t.Context(), muster.Operator(demo.ID), muster.Server{ID: 77, Name: "ours", Address: at.Addr().String(), Port: int(at.Port())})
	}
	if err == nil {
		err = c.SetPushSecret(t.Context(), muster.Operator(demo.ID), 77, "push-me")
	}
	if err != nil {
		t.Fatal(err)
	}
}

// events are those of the workers' accounts that history tells of, since the
// demo was made.
func events(t *testing.T, data string) map[muster.AccountID][]string {
	t.Helper()
	names := map[muster.EventKind]string{muster.EventKicked: "ACCOUNT_KICKED", muster.EventUpdated: "ACCOUNT_UPDATED"}
	c := core.New(mustertest.Open(t, data), time.Now)
	made := map[muster.AccountID][]string{}
	for w := range workers {
		ref := muster.Ref{{By: muster.ByNumber, Value: fmt.Sprint(2001 + w)}}
		list, err := c.History(t.Context(), muster.Operator(demo.ID), core.HistoryQuery{Account: ref, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(list)
		for _, change := range list {
			if name := names[change.Event()]; name != "" {
				made[change.Account] = append(made[change.Account], name)
			}
		}
	}
	return made
}
