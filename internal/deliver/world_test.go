package deliver

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/store"
)

const pushSecret = "Sesame-4711"

var loopback = Allowed{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// note is an event as these tests word it.
type note struct {
	Key     string
	Event   muster.EventKind
	Account muster.AccountID
	Name    string
}

var plainly = Wording{
	Path: "/events",
	Render: func(e muster.EventKind, to core.Telling) ([]byte, error) {
		return json.Marshal(note{to.Secret, e, to.View.ID, to.View.Name})
	},
	Arrived: func(status int, answer string) error {
		if status != http.StatusOK || answer != "ok" {
			return fmt.Errorf("answered %d", status)
		}
		return nil
	},
}

// receiver is a game server that notes what it was told.
type receiver struct {
	*httptest.Server
	mu    sync.Mutex
	notes []note // those it said ok to
	tries int
	// answer may fail the n-th request: it writes the whole answer, unless it
	// reports that the event counts.
	answer func(n int, got note, w http.ResponseWriter, r *http.Request) bool
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	rec := &receiver{}
	rec.Server = httptest.NewServer(rec)
	t.Cleanup(rec.Close)
	return rec
}

func (rec *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var got note
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &got)
	}
	if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	rec.mu.Lock()
	n, answer := rec.tries, rec.answer
	rec.tries++
	rec.mu.Unlock()
	if answer == nil {
		answer = ok
	}
	if answer(n, got, w, r) {
		rec.mu.Lock()
		rec.notes = append(rec.notes, got)
		rec.mu.Unlock()
		_, _ = w.Write([]byte("ok"))
	}
}

func ok(int, note, http.ResponseWriter, *http.Request) bool { return true }

// all is what the receiver took, repetitions too.
func (rec *receiver) all() []note {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return slices.Clone(rec.notes)
}

// fails answers with a status, every time.
func fails(status int) func(int, note, http.ResponseWriter, *http.Request) bool {
	return func(_ int, got note, w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(status)
		_, _ = w.Write([]byte("no: " + got.Key)) // a careless server
		return false
	}
}

func (rec *receiver) set(answer func(int, note, http.ResponseWriter, *http.Request) bool) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.answer = answer
}

func (rec *receiver) attempts() int {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.tries
}

// heard is the same in short.
func (rec *receiver) heard() (list []string) {
	for _, n := range rec.all() {
		list = append(list, string(n.Event)+" "+n.Name)
	}
	return list
}

// world is a community with a dispatcher that stands still until it is moved.
type world struct {
	*mustertest.Community
	t          *testing.T
	store      *store.Store
	dispatcher *Dispatcher
	log        bytes.Buffer
	allowed    Allowed
	timeout    time.Duration
	holder     string
}

func newWorld(t *testing.T, st *store.Store) *world {
	t.Helper()
	w := &world{Community: mustertest.NewCommunity(t, st, "demo"), t: t, store: st, allowed: loopback, timeout: 5 * time.Second}
	if err := w.Core.BindSecret(t.Context(), mustertest.Secret(t)); err != nil {
		t.Fatal(err)
	}
	w.restart()
	return w
}

// restart is what remains when the process is killed: the store.
func (w *world) restart() {
	w.dispatcher = New(w.Core, Config{
		Wordings: map[string]Wording{"server": plainly}, Webhook: noticed, WebhookTimeout: w.timeout, Allowed: w.allowed, Now: w.Clock.Now, Timeout: w.timeout, Holder: cmp.Or(w.holder, "the only one"),
		Logger: slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
}

// follow registers a receiver as a game server.
func (w *world) follow(id int64, url string) {
	w.t.Helper()
	a, err := netip.ParseAddrPort(url[len("http://"):])
	if err != nil {
		w.t.Fatal(err)
	}
	w.followAt(id, a.Addr().String(), int(a.Port()))
}

func (w *world) followAt(id int64, address string, port int) {
	w.t.Helper()
	s := muster.Server{ID: id, Name: "server " + strconv.FormatInt(id, 10), Address: address, Port: port}
	if _, err := w.Core.PutServer(w.t.Context(), w.Admin, s); err != nil {
		w.t.Fatal(err)
	}
	if err := w.Core.SetPushSecret(w.t.Context(), w.Admin, id, pushSecret); err != nil {
		w.t.Fatal(err)
	}
}

// rename edits an account, as what most events come from.
func (w *world) rename(v core.View, name string) {
	w.t.Helper()
	w.edit(v, muster.Edit{Name: muster.Some(name)})
}

func (w *world) edit(v core.View, e muster.Edit) {
	w.t.Helper()
	if _, err := w.Core.Edit(w.t.Context(), w.Admin, muster.RefID(v.ID), e); err != nil {
		w.t.Fatal(err)
	}
}

// move lets the dispatcher do all that it can do without time going on.
func (w *world) move() {
	w.t.Helper()
	for more := true; more; {
		var err error
		if more, err = w.dispatcher.pass(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
		for len(w.dispatcher.running) > 0 {
			if err := w.dispatcher.after(w.t.Context(), <-w.dispatcher.ended); err != nil {
				w.t.Fatal(err)
			}
		}
	}
}

// waiting is how many rows stand in the outbox and wait to be delivered.
func (w *world) waiting() (outbox int64, deliveries int64) {
	w.t.Helper()
	err := w.store.Read(w.t.Context(), func(t *store.Tx) (err error) {
		if outbox, err = t.OutboxEnd("demo"); err != nil {
			return err
		}
		deliveries, err = t.Waiting()
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return outbox, deliveries
}

func (w *world) deliveries(server int64) []muster.Delivery {
	w.t.Helper()
	list, err := w.Core.Deliveries(w.t.Context(), w.Admin, server, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}
