package httpd

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

const (
	readyWithin = 2 * time.Second // how long /readyz waits for Config.Ready
	readyFor    = time.Second     // how long an answer holds
)

// isHealth reports whether path is for the machine that watches us: not limited, not logged.
func isHealth(path string) bool { return path == "/healthz" || path == "/readyz" }

// readiness asks Config.Ready, once at a time and once a second: /readyz is open to everybody, and a crowd there must not
// become a crowd at the store.
type readiness struct {
	ask    func(context.Context) error
	now    func() time.Time
	mu     sync.Mutex
	latest *answer   // nil where nobody has asked yet
	until  time.Time // when latest is too old; zero while it is being found
}

// answer is what a question led to; err may be read when done is closed.
type answer struct {
	done chan struct{}
	err  error
}

// check takes the latest answer, joins the question that is under way, or puts it. A Ready that does not heed its context is not waited for.
func (q *readiness) check(ctx context.Context) error {
	if q.ask == nil {
		return nil
	}
	q.mu.Lock()
	a := q.latest
	if a == nil || !q.until.IsZero() && !q.now().Before(q.until) {
		a = &answer{done: make(chan struct{})}
		q.latest, q.until = a, time.Time{}
		go q.put(context.WithoutCancel(ctx), a)
	}
	q.mu.Unlock()

	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	select {
	case <-a.done:
		return a.err
	case <-ctx.Done():
		return fmt.Errorf("no answer: %w", ctx.Err())
	}
}

func (q *readiness) put(ctx context.Context, a *answer) {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			a.err = fmt.Errorf("panic: %v", p)
		}
		q.mu.Lock()
		q.until = q.now().Add(readyFor)
		q.mu.Unlock()
		close(a.done)
	}()
	a.err = q.ask(ctx)
}

// healthz says that the process lives, and nothing more.
func (s *Server) healthz(w http.ResponseWriter, r *http.Request) {
	of(r.Context()).quiet = true
	plain(w, http.StatusOK, "ok")
}

// readyz says whether requests should be sent here. Why not is for the log: the page is open to everybody.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	of(r.Context()).quiet = true
	if s.stopping.Load() {
		plain(w, http.StatusServiceUnavailable, "not ready")
		return
	}
	if err := s.readiness.check(r.Context()); err != nil {
		if r.Context().Err() != nil {
			return // the probe hung up
		}
		s.log.Warn("not ready", slog.Any("error", err))
		plain(w, http.StatusServiceUnavailable, "not ready")
		return
	}
	plain(w, http.StatusOK, "ready")
}
