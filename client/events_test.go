package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/client"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/store"
)

// cutWriter cuts a connection when so many bytes have been written.
type cutWriter struct {
	http.ResponseWriter
	left int
}

func (w *cutWriter) Write(b []byte) (int, error) {
	if w.left -= len(b); w.left < 0 {
		_, _ = w.ResponseWriter.Write(b[:max(0, len(b)+w.left)])
		_ = http.NewResponseController(w.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	return w.ResponseWriter.Write(b)
}

func (w *cutWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// TestFeedGoesOn follows while others work and the connection is cut at odd places, and misses and repeats nothing.
func TestFeedGoesOn(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		const edits = 300
		w := newWorld(t, st)
		ada := w.Account(t, "ada", muster.Edit{})
		connections := 0
		var mu sync.Mutex
		w.on(func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
				if !strings.HasSuffix(r.URL.Path, "/events") {
					next.ServeHTTP(out, r)
					return
				}
				mu.Lock()
				connections++
				left := 100 + 997*connections%7000
				mu.Unlock()
				next.ServeHTTP(&cutWriter{out, left}, r)
			})
		})
		begun, done := make(chan struct{}), make(chan error, 1)
		first := ada.Rev
		go func() {
			<-begun
			for i := range edits {
				if _, err := w.client.EditAccount(t.Context(), client.ID(ada.ID), client.Edit{Bio: muster.Some(fmt.Sprint(i))}); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
		close(begun)
		seen, last := 0, int64(0)
		for e, err := range w.client.Events(t.Context(), client.EventFilter{After: muster.Some[int64](0), Types: []muster.EventKind{"account.updated"}}) {
			ok(t, err)
			ch := e.Data.Change
			if ch.After.Bio.Value != fmt.Sprint(seen) || ch.Seq <= last || last > 0 && ch.Seq != last+1 {
				t.Fatalf("behind change %d comes %d with %q, not %d", last, ch.Seq, ch.After.Bio.Value, seen)
			}
			if seen, last = seen+1, ch.Seq; seen == edits {
				break
			}
		}
		ok(t, <-done)
		mu.Lock()
		defer mu.Unlock()
		if connections < 5 || first == 0 {
			t.Errorf("the feed was open %d times", connections)
		}
	})
}

// TestFeedEnds sees by what a feed ends.
func TestFeedEnds(t *testing.T) {
	w := newWorld(t, mustertest.Open(t, t.TempDir()))
	follow := func(ctx context.Context, c *client.Client, f client.EventFilter) (events int, err error) {
		for _, err = range c.Events(ctx, f) {
			if err != nil {
				return events, err
			}
			events++
		}
		return events, nil
	}
	all := client.EventFilter{After: muster.Some[int64](0)}

	_, err := follow(t.Context(), w.client, client.EventFilter{After: muster.Some[int64](4711)})
	same(t, "a place that is none", errors.Is(err, client.ErrGone), true)
	_, err = follow(t.Context(), w.client, client.EventFilter{Types: []muster.EventKind{"account.nothing"}})
	same(t, "a kind that is none", errors.Is(err, client.ErrInvalid), true)
	_, err = follow(t.Context(), w.as(t, "unknown"), all)
	same(t, "a key that is none", errors.Is(err, client.ErrUnauthenticated), true)

	ctx, cancel := context.WithCancel(t.Context())
	for _, err = range w.client.Events(ctx, all) {
		if err != nil {
			break
		}
		cancel()
	}
	same(t, "a context that ended", errors.Is(err, context.Canceled), true)
	expired, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err = follow(expired, w.client, all)
	same(t, "a context that ran out", errors.Is(err, context.DeadlineExceeded), true)

	// The key ends while it follows.
	c := w.as(t, w.Key(t, muster.Key{ID: "bot", Level: muster.LevelReadAll}))
	for _, err = range c.Events(t.Context(), all) {
		if err != nil {
			break
		}
		_ = w.Core.RevokeKey(t.Context(), w.Admin, "bot") // more than once is an error
	}
	same(t, "a key that was revoked", errors.Is(err, client.ErrUnauthenticated), true)

	// Nobody there, from the beginning on.
	w.on(cutting("before", "before", "before", "before"))
	if _, err = follow(t.Context(), w.as(t, w.secret), all); err == nil || errors.Is(err, client.ErrGone) {
		t.Errorf("a feed that never opened ended with %v", err)
	}
	w.on(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(out, "hello") })
	})
	if _, err = follow(t.Context(), w.client, all); err == nil || !strings.Contains(err.Error(), "no feed") {
		t.Errorf("what is no feed ended with %v", err)
	}
}

// TestFeedIsSilent has a connection say nothing more, as where a cable was pulled.
func TestFeedIsSilent(t *testing.T) {
	w := newWorld(t, mustertest.Open(t, t.TempDir()))
	w.Account(t, "ada", muster.Edit{})
	var opened atomic.Int32
	w.on(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			if opened.Add(1) > 1 {
				next.ServeHTTP(out, r)
				return
			}
			out.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(out, "retry: 0\nid: 0\n\n")
			_ = http.NewResponseController(out).Flush()
			<-r.Context().Done() // which is when the client gives up
		})
	})
	w.client.SetSilence(500 * time.Millisecond)
	for e, err := range w.client.Events(t.Context(), client.EventFilter{After: muster.Some[int64](0), Types: []muster.EventKind{"account.created"}}) {
		ok(t, err)
		same(t, "the event", e.Data.Change.After.Username.Value, "ada")
		break
	}
	if opened.Load() < 2 {
		t.Error("the feed waited on")
	}
}

func TestReadFeed(t *testing.T) {
	text := ": a comment\nretry: 10\nid: 3\n\nid: 4\nevent: account.created\ndata: {\"type\":\"account.created\"}\n\nid: 9\n\nid: 10\ndata: {\"type\":\"never ended"
	var kinds []muster.EventKind
	last, err := client.ReadFeed(strings.NewReader(text), func(e client.Event) bool { kinds = append(kinds, e.Type); return true })
	if last != "9" || len(kinds) != 1 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v were read up to %s, then %v", kinds, last, err)
	}
}
