package deliver

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/store"
)

func TestEventsArrive(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		w, rec, other := newWorld(t, st), newReceiver(t), newReceiver(t)
		w.follow(1, rec.URL)
		w.follow(2, other.URL)
		w.Key(t, muster.Key{Level: muster.LevelAdmin}) // of which nobody is told
		v := w.Account(t, "ada", muster.Edit{Name: muster.Some("Ada")})
		w.move()
		w.edit(v, muster.Edit{Ranks: muster.RankEdit{Add: []muster.RankID{"member"}}})
		w.move()
		for _, e := range []muster.Edit{muster.KickEdit(), muster.ReadmitEdit(nil), muster.BanEdit(muster.Ban{Reason: "x"})} {
			w.edit(v, e)
		}
		if _, _, err := w.Core.Sync(t.Context(), w.Admin, muster.RefID(v.ID)); err != nil {
			t.Fatal(err)
		}
		w.move()
		want := []string{"created Ada", "updated Ada", "kicked Ada", "updated Ada", "banned Ada", "updated Ada"}
		for _, r := range []*receiver{rec, other} {
			if diff := cmp.Diff(want, r.heard()); diff != "" {
				t.Errorf("heard (-want +got):\n%s", diff)
			}
			for _, n := range r.all() {
				if n.Key != pushSecret {
					t.Errorf("told with the key %q", n.Key)
				}
			}
		}
		if outbox, deliveries := w.waiting(); outbox != 0 || deliveries != 0 {
			t.Errorf("outbox up to %d, %d deliveries, want none", outbox, deliveries)
		}
		s, err := w.Core.Server(t.Context(), w.Admin, 1)
		if err != nil || !s.LastContact.Equal(w.Clock.Now()) {
			t.Errorf("last contact %v, %v", s.LastContact, err)
		}
	})
}

func TestOutboxEmptiesWhereNobodyFollows(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		if _, err := w.Core.PutServer(t.Context(), w.Admin, muster.Server{ID: 1, Name: "no secret", Address: "127.0.0.1", Port: 1}); err != nil {
			t.Fatal(err)
		}
		w.Account(t, "ada", muster.Edit{})
		if outbox, _ := w.waiting(); outbox == 0 {
			t.Fatal("changes leave nothing in the outbox")
		}
		w.move()
		if outbox, deliveries := w.waiting(); outbox != 0 || deliveries != 0 {
			t.Errorf("outbox up to %d, %d deliveries, want none", outbox, deliveries)
		}
	})
}

// More events than leave the outbox at once all go out, and none twice.
func TestManyEvents(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		w, rec := newWorld(t, st), newReceiver(t)
		w.follow(1, rec.URL)
		many := make([]core.NewAccount, 450)
		for i := range many {
			many[i].Edit.Username = muster.Some(fmt.Sprint("account", i))
		}
		if _, err := w.Core.Create(t.Context(), w.Admin, many); err != nil {
			t.Fatal(err)
		}
		w.move()
		told := map[muster.AccountID]bool{}
		for _, n := range rec.all() {
			told[n.Account] = true
		}
		if len(told) != len(many) || rec.attempts() != len(many) {
			t.Errorf("told of %d accounts in %d attempts, want %d", len(told), rec.attempts(), len(many))
		}
	})
}

// Who begins to follow is not told of what was before.
func TestNothingOfBefore(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		w, rec := newWorld(t, st), newReceiver(t)
		w.Account(t, "before", muster.Edit{})
		w.follow(1, rec.URL)
		w.Account(t, "after", muster.Edit{})
		w.move()
		if diff := cmp.Diff([]string{"created after"}, rec.heard()); diff != "" {
			t.Error(diff)
		}
	})
}

// What fails holds back what follows of the same account at the same
// destination, and nothing else.
func TestFailureHoldsBackItsAccountOnly(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		w, rec, other := newWorld(t, st), newReceiver(t), newReceiver(t)
		ada, bob := w.Account(t, "ada", muster.Edit{}), w.Account(t, "bob", muster.Edit{})
		w.move()
		w.follow(1, rec.URL)
		w.follow(2, other.URL)
		rec.set(func(n int, got note, rw http.ResponseWriter, r *http.Request) bool {
			if got.Account == ada.ID {
				return fails(http.StatusInternalServerError)(n, got, rw, r)
			}
			return ok(n, got, rw, r)
		})
		for i := range 3 {
			w.rename(ada, fmt.Sprint("Ada ", i))
			w.edit(bob, muster.Edit{Bio: muster.Some(fmt.Sprint(i))})
		}
		w.move()
		if got := len(rec.heard()); got != 3 || rec.attempts() != 4 {
			t.Errorf("heard %d events in %d attempts, want Bob's 3 in 4", got, rec.attempts())
		}
		if got := len(other.heard()); got != 6 {
			t.Errorf("the other server heard %d events, want 6", got)
		}
		list := w.deliveries(1)
		if len(list) != 3 || list[2].Attempts != 1 || list[2].LastError != "answered 500: no: ***" || list[0].Attempts != 0 {
			t.Errorf("deliveries: %+v", list)
		}
		rec.set(nil)
		w.move() // its time has not come
		if got := len(rec.heard()); got != 3 {
			t.Errorf("heard %d events before the wait was over", got)
		}
		w.Clock.Advance(time.Hour)
		w.move()
		if diff := cmp.Diff([]string{"updated Ada 2", "updated Ada 2", "updated Ada 2"}, rec.heard()[3:]); diff != "" {
			t.Errorf("heard (-want +got):\n%s", diff) // the account as it is when sent
		}
		w.noSecretLeaked()
	})
}

// A killed process leaves rows; the next one goes on waiting where it was.
func TestRestartGoesOnWaiting(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		w, rec := newWorld(t, st), newReceiver(t)
		rec.set(fails(http.StatusBadGateway))
		w.follow(1, rec.URL)
		w.Account(t, "ada", muster.Edit{Name: muster.Some("Ada")})
		w.move()
		for range 5 {
			w.Clock.Set(w.deliveries(1)[0].Next)
			w.restart()
			w.move()
		}
		d := w.deliveries(1)[0]
		if wait := d.Next.Sub(w.Clock.Now()); d.Attempts != 6 || wait < 48*time.Second || wait > 80*time.Second {
			t.Errorf("after %d attempts it waits %v, want 64s by a quarter more or less after 6", d.Attempts, wait)
		}
		w.restart()
		w.move()
		if rec.attempts() != 6 {
			t.Errorf("%d attempts: a restart does not wait", rec.attempts())
		}
		rec.set(nil)
		w.Clock.Set(d.Next)
		w.move()
		if diff := cmp.Diff([]string{"created Ada"}, rec.heard()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestGivenUpAfterADay(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		w, rec := newWorld(t, st), newReceiver(t)
		rec.set(fails(http.StatusBadGateway))
		w.follow(1, rec.URL)
		v := w.Account(t, "ada", muster.Edit{})
		began := w.Clock.Now()
		for w.move(); w.deliveries(1)[0].GivenUp.IsZero(); w.move() {
			w.Clock.Set(w.deliveries(1)[0].Next)
		}
		if took := w.Clock.Now().Sub(began); took < 24*time.Hour || took > 25*time.Hour {
			t.Errorf("given up after %v", took)
		}
		if _, _, n := w.dispatcher.Counts(); n != 1 || !strings.Contains(w.log.String(), "given up") {
			t.Errorf("%d given up; log: %s", n, w.log.String())
		}
		rec.set(nil)
		w.rename(v, "Ada") // the next one does not wait for it
		w.move()
		if diff := cmp.Diff([]string{"updated Ada"}, rec.heard()); diff != "" {
			t.Error(diff)
		}
		if list := w.deliveries(1); len(list) != 1 || list[0].GivenUp.IsZero() {
			t.Errorf("the trace is %+v", list)
		}
		w.Clock.Advance(keepGivenUp + time.Hour)
		w.move()
		if list := w.deliveries(1); len(list) != 0 {
			t.Errorf("the trace stays: %+v", list)
		}
		w.noSecretLeaked()
	})
}

// Servers that hang, hang up, redirect or talk without end have not taken the
// event, and hold nobody up for long.
func TestBadServers(t *testing.T) {
	hang := make(chan struct{})
	elsewhere := newReceiver(t)
	for name, test := range map[string]struct {
		answer func(int, note, http.ResponseWriter, *http.Request) bool
		want   string
	}{
		"hangs": {func(_ int, _ note, _ http.ResponseWriter, r *http.Request) bool {
			select {
			case <-hang:
			case <-r.Context().Done():
			}
			return false
		}, "no answer in time"},
		"hangs in its answer": {func(_ int, _ note, w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Length", "2")
			_ = http.NewResponseController(w).Flush()
			select {
			case <-hang:
			case <-r.Context().Done():
			}
			return false
		}, "no answer in time"},
		"hangs up": {func(int, note, http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }, "EOF"},
		"redirects": {func(_ int, _ note, w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
			return false
		}, "answered 307"},
		"talks without end": {func(_ int, _ note, w http.ResponseWriter, _ *http.Request) bool {
			for chunk := []byte(strings.Repeat("o", 1<<16)); ; {
				if _, err := w.Write(chunk); err != nil {
					return false
				}
			}
		}, "answered 200: ooo"},
		"is rude": {fails(http.StatusUnauthorized), "answered 401: no: ***"},
	} {
		t.Run(name, func(t *testing.T) {
			w, rec := newWorld(t, mustertest.Open(t, t.TempDir())), newReceiver(t)
			w.timeout = time.Second
			if strings.HasPrefix(name, "hangs") {
				w.timeout = 50 * time.Millisecond
			}
			w.restart()
			rec.set(test.answer)
			w.follow(1, rec.URL)
			w.Account(t, "ada", muster.Edit{})
			w.move()
			list := w.deliveries(1)
			if len(list) != 1 || list[0].Attempts != 1 || !strings.Contains(list[0].LastError, test.want) || len(list[0].LastError) > 250 {
				t.Errorf("deliveries: %+v", list)
			}
			rec.set(nil)
			w.Clock.Advance(time.Minute)
			w.move()
			if got := rec.heard(); len(got) != 1 {
				t.Errorf("heard %q afterwards", got)
			}
			w.noSecretLeaked()
		})
	}
	close(hang)
	if elsewhere.attempts() > 0 {
		t.Error("a redirect was followed")
	}
}

// Whatever fails, and whenever the process is killed, every event arrives, and
// those of an account in order.
func TestNothingIsLostOrOutOfOrder(t *testing.T) {
	for seed := range uint64(3) {
		mustertest.Each(t, func(t *testing.T, st *store.Store) {
			random, faults := rand.New(rand.NewPCG(seed, 0)), rand.New(rand.NewPCG(seed, 1))
			w, rec := newWorld(t, st), newReceiver(t)
			var mu sync.Mutex
			rec.set(func(n int, got note, rw http.ResponseWriter, r *http.Request) bool {
				mu.Lock()
				fate := faults.IntN(10)
				mu.Unlock()
				switch {
				case fate < 2:
					return fails(http.StatusInternalServerError)(n, got, rw, r)
				case fate < 3:
					panic(http.ErrAbortHandler)
				case fate < 4: // it took the event, and the answer is lost
					rec.mu.Lock()
					rec.notes = append(rec.notes, got)
					rec.mu.Unlock()
					panic(http.ErrAbortHandler)
				}
				return ok(n, got, rw, r)
			})
			w.follow(1, rec.URL)
			sent := map[muster.AccountID][]muster.EventKind{}
			var views []core.View
			for i := range 5 {
				v := w.Account(t, fmt.Sprint("account", i), muster.Edit{})
				views, sent[v.ID] = append(views, v), []muster.EventKind{muster.EventCreated}
			}
			for range 60 {
				v := views[random.IntN(len(views))]
				switch list := sent[v.ID]; list[len(list)-1] {
				case muster.EventBanned, muster.EventKicked:
					w.edit(v, muster.ReadmitEdit(nil))
					sent[v.ID] = append(list, muster.EventUpdated)
				default:
					edit, event := muster.KickEdit(), muster.EventKicked
					if random.IntN(2) == 0 {
						edit, event = muster.BanEdit(muster.Ban{}), muster.EventBanned
					}
					w.edit(v, edit)
					sent[v.ID] = append(list, event)
				}
				if random.IntN(4) == 0 {
					w.move()
					w.Clock.Advance(time.Duration(random.IntN(5)) * time.Second)
				}
				if random.IntN(8) == 0 {
					w.killed()
				}
			}
			for _, waiting := w.waiting(); waiting > 0; _, waiting = w.waiting() {
				w.move()
				w.Clock.Advance(5 * time.Minute)
			}
			got := map[muster.AccountID][]muster.EventKind{}
			for _, n := range rec.all() {
				if list := got[n.Account]; len(list) == 0 || list[len(list)-1] != n.Event { // no event is followed by its like
					got[n.Account] = append(list, n.Event)
				}
			}
			if diff := cmp.Diff(sent, got); diff != "" {
				t.Errorf("seed %d, events (-sent +heard):\n%s", seed, diff)
			}
		})
	}
}

// killed sends what is due, and is killed before it writes down how it went.
func (w *world) killed() {
	w.t.Helper()
	for _, id := range []muster.CommunityID{w.ID} {
		if _, err := w.Core.SendEvents(w.t.Context(), id); err != nil {
			w.t.Fatal(err)
		}
		due, err := w.Core.DueEvents(w.t.Context(), id)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, d := range due {
			if to, err := w.Core.Tell(w.t.Context(), d); err == nil {
				_, _ = w.dispatcher.attempt(w.t.Context(), "server", d.Event, to)
			}
		}
	}
	w.restart()
}

func (w *world) noSecretLeaked() {
	w.t.Helper()
	if strings.Contains(w.log.String(), pushSecret) {
		w.t.Errorf("the log tells the secret:\n%s", w.log.String())
	}
	for _, d := range w.deliveries(1) {
		if strings.Contains(d.LastError, pushSecret) {
			w.t.Errorf("an error tells the secret: %s", d.LastError)
		}
	}
	history, err := w.Core.History(w.t.Context(), w.Admin, core.HistoryQuery{Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	if strings.Contains(fmt.Sprintf("%+v", history), pushSecret) {
		w.t.Error("history tells the secret")
	}
}

func TestServerThatIsNoMore(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		w, rec := newWorld(t, st), newReceiver(t)
		rec.set(fails(http.StatusBadGateway))
		w.follow(1, rec.URL)
		w.Account(t, "ada", muster.Edit{})
		w.move()
		if err := w.Core.DeleteServer(t.Context(), w.Admin, 1); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(time.Hour)
		w.move()
		if outbox, deliveries := w.waiting(); outbox != 0 || deliveries != 0 || rec.attempts() != 1 {
			t.Errorf("outbox up to %d, %d deliveries, %d attempts", outbox, deliveries, rec.attempts())
		}
	})
}

// Of several processes one delivers a community's events; when it is killed
// another takes over.
func TestClaim(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		w, rec := newWorld(t, st), newReceiver(t)
		rec.set(fails(http.StatusBadGateway))
		w.follow(1, rec.URL)
		w.Account(t, "ada", muster.Edit{})
		w.move()
		w.holder = "another"
		w.restart()
		w.Clock.Advance(lease / 2)
		w.move()
		if rec.attempts() != 1 {
			t.Errorf("%d attempts, of two processes", rec.attempts())
		}
		w.Clock.Advance(lease)
		w.move()
		if rec.attempts() != 2 {
			t.Errorf("%d attempts: nobody took over", rec.attempts())
		}
		w.dispatcher.stop()
		w.holder = "" // the first again, which need not wait
		w.restart()
		w.Clock.Advance(10 * time.Second)
		w.move()
		if rec.attempts() != 3 {
			t.Errorf("%d attempts: the claim was not given back", rec.attempts())
		}
	})
}

func TestTest(t *testing.T) {
	w, rec := newWorld(t, mustertest.Open(t, t.TempDir())), newReceiver(t)
	if _, err := w.Core.PutServer(t.Context(), w.Admin, muster.Server{ID: 1, Name: "no address"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.dispatcher.Test(t.Context(), w.Admin, 1); muster.CodeOf(err) != muster.Conflict {
		t.Errorf("a server without an address: %v", err)
	}
	w.follow(1, rec.URL)
	answer, err := w.dispatcher.Test(t.Context(), w.Admin, 1)
	if err != nil || answer != "ok" || rec.attempts() != 1 || rec.all()[0].Event != muster.EventTest || rec.all()[0].Account != "" {
		t.Errorf("answer %q, %v; heard %v", answer, err, rec.all())
	}
	if s, _ := w.Core.Server(t.Context(), w.Admin, 1); !s.LastContact.Equal(w.Clock.Now()) {
		t.Errorf("last contact %v", s.LastContact)
	}
	rec.set(fails(http.StatusTeapot))
	if _, err := w.dispatcher.Test(t.Context(), w.Admin, 1); err == nil || !strings.HasSuffix(err.Error(), "answered 418: no: ***") {
		t.Errorf("a server that refuses: %v", err)
	}
	if _, err := w.dispatcher.Test(t.Context(), muster.Caller{Community: w.ID, Level: muster.LevelUser}, 1); muster.CodeOf(err) != muster.Forbidden {
		t.Errorf("a caller without the right: %v", err)
	}
}

// The goroutine itself: a commit wakes it, and it ends when it is told to.
func TestRun(t *testing.T) {
	w, rec := newWorld(t, mustertest.Open(t, t.TempDir())), newReceiver(t)
	w.follow(1, rec.URL)
	heard := make(chan string, 10)
	rec.set(func(n int, got note, rw http.ResponseWriter, r *http.Request) bool {
		heard <- got.Name
		return ok(n, got, rw, r)
	})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		w.dispatcher.Run(ctx)
		close(done)
	}()
	for _, name := range []string{"one", "two"} {
		w.Account(t, name, muster.Edit{Name: muster.Some(name)})
		if got := <-heard; got != name {
			t.Errorf("heard of %q, want %q", got, name)
		}
	}
	stop()
	<-done
	if _, deliveries := w.waiting(); deliveries != 0 {
		t.Errorf("%d deliveries wait: the last outcome was not written", deliveries)
	}
}

// A community whose game servers are all down leaves others room, however much
// it has to tell them.
func TestCommunitiesLeaveEachOtherRoom(t *testing.T) {
	st := mustertest.Open(t, t.TempDir())
	w, rec := newWorld(t, st), newReceiver(t)
	for id := range int64(inAll/perDestination + 1) {
		w.followAt(id+1, "127.0.0.1", 1) // nobody listens
	}
	many := make([]core.NewAccount, 20)
	for i := range many {
		many[i].Edit.Username = muster.Some(fmt.Sprint("account", i))
	}
	if _, err := w.Core.Create(t.Context(), w.Admin, many); err != nil {
		t.Fatal(err)
	}
	quiet := &world{Community: mustertest.NewCommunityIn(t, w.Core, w.Clock, "quiet"), t: t, store: st}
	quiet.follow(1, rec.URL)
	quiet.Account(t, "ada", muster.Edit{})
	for range 3 {
		if _, err := w.dispatcher.pass(t.Context()); err != nil {
			t.Fatal(err)
		}
		if rec.attempts() > 0 || w.dispatcher.busy[destination{"quiet", "server 1"}] > 0 {
			break
		}
		if err := w.dispatcher.after(t.Context(), <-w.dispatcher.ended); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.dispatcher.running) < inAll/2 {
		t.Fatalf("%d attempts run: this shows nothing", len(w.dispatcher.running))
	}
	if rec.attempts() == 0 && w.dispatcher.busy[destination{"quiet", "server 1"}] == 0 {
		t.Error("nothing is sent to the other community's game server")
	}
	w.dispatcher.stop()
}

// A game server that is made in the place of another is not told what that one
// was to be.
func TestServerInThePlaceOfAnother(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		w, rec := newWorld(t, st), newReceiver(t)
		w.followAt(1, "127.0.0.1", 1)
		w.Account(t, "ada", muster.Edit{})
		w.move()
		if err := w.Core.DeleteServer(t.Context(), w.Admin, 1); err != nil {
			t.Fatal(err)
		}
		w.follow(1, rec.URL)
		w.Clock.Advance(time.Hour)
		w.move()
		if rec.attempts() != 0 || len(w.deliveries(1)) != 0 {
			t.Errorf("heard %q; deliveries: %+v", rec.heard(), w.deliveries(1))
		}
	})
}
