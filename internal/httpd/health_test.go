package httpd

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestReadiness(t *testing.T) {
	for _, tt := range []struct {
		name   string
		ready  func(context.Context) error
		status int
		body   string
		logged string
	}{
		{"nothing to ask", nil, 200, "ready", ""},
		{"ready", func(context.Context) error { return nil }, 200, "ready", ""},
		{"not ready", func(context.Context) error { return errors.New("disk full at /var") }, 503, "not ready", "disk full at /var"},
		{"slow", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, 503, "not ready", "deadline exceeded"},
		{"panic", func(context.Context) error { panic("oh") }, 503, "not ready", "panic: oh"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, j := newServer(t, func(c *Config) { c.Ready = tt.ready })
				began := time.Now()
				w := ask(s, "GET", "/readyz")
				if w.Code != tt.status || w.Body.String() != tt.body {
					t.Errorf("%d %q", w.Code, w.Body)
				}
				if took := time.Since(began); took > readyWithin {
					t.Errorf("took %v", took)
				}
				if !strings.Contains(j.String(), tt.logged) || (tt.logged == "") != (j.String() == "") {
					t.Errorf("log %q, want %q in it", j, tt.logged)
				}
				if w := ask(s, "GET", "/healthz"); w.Code != 200 || w.Body.String() != "ok" {
					t.Errorf("healthz %d %q", w.Code, w.Body)
				}
			})
		})
	}
}

// TestReadinessDoesNotPileUp sends a crowd at a Ready that hangs and does not heed its context.
func TestReadinessDoesNotPileUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var asked atomic.Int64
		s, _ := newServer(t, func(c *Config) {
			c.Ready = func(context.Context) error {
				asked.Add(1)
				<-release
				return nil
			}
		})
		began := time.Now()
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if w := ask(s, "GET", "/readyz"); w.Code != 503 {
					t.Errorf("answered %d", w.Code)
				}
			})
		}
		wg.Wait()
		if took := time.Since(began); took != readyWithin {
			t.Errorf("took %v", took)
		}
		if asked.Load() != 1 {
			t.Errorf("asked %d times", asked.Load())
		}
		close(release)
		synctest.Wait()
		for range 3 { // the answer holds for a while
			if w := ask(s, "GET", "/readyz"); w.Code != 200 || asked.Load() != 1 {
				t.Errorf("once it answers: %d, asked %d times", w.Code, asked.Load())
			}
		}
		time.Sleep(readyFor)
		if w := ask(s, "GET", "/readyz"); w.Code != 200 || asked.Load() != 2 {
			t.Errorf("later: %d, asked %d times", w.Code, asked.Load())
		}
	})
}
