package client_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/client"
	"github.com/muster-accounts/muster/internal/mustertest"
)

// cutting cuts connections of the first requests: before they are handed on, or before the answer is.
func cutting(how ...string) func(http.Handler) http.Handler {
	var mu sync.Mutex
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			fate := "pass"
			if len(how) > 0 {
				fate, how = how[0], how[1:]
			}
			mu.Unlock()
			switch fate {
			case "before":
				panic(http.ErrAbortHandler)
			case "after":
				next.ServeHTTP(httptest.NewRecorder(), r)
				panic(http.ErrAbortHandler)
			case "within": // half of the answer arrives
				answer := httptest.NewRecorder()
				next.ServeHTTP(answer, r)
				for name, values := range answer.Header() {
					w.Header()[name] = values
				}
				w.WriteHeader(answer.Code)
				_, _ = w.Write(answer.Body.Bytes()[:answer.Body.Len()/2])
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			case "429", "502", "503": // from somebody who stands between
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(map[string]int{"429": 429, "502": 502, "503": 503}[fate])
			default:
				next.ServeHTTP(w, r)
			}
		})
	}
}

// counting counts requests and the names that they have.
type counting struct {
	mu    sync.Mutex
	names []string
}

func (c *counting) then(way func(http.Handler) http.Handler) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		next = way(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c.mu.Lock()
			c.names = append(c.names, r.Header.Get("Idempotency-Key"))
			c.mu.Unlock()
			next.ServeHTTP(w, r)
		})
	}
}

// TestTriesAgain cuts and refuses requests on their way, and sees which come again.
func TestTriesAgain(t *testing.T) {
	w := newWorld(t, mustertest.Open(t, t.TempDir()))
	ada := w.Account(t, "ada", muster.Edit{})
	ref := client.ID(ada.ID)
	get := func(c *client.Client) error { _, err := c.Account(t.Context(), ref); return err }
	post := func(c *client.Client) error {
		_, err := c.EditRanks(t.Context(), ref, muster.RankEdit{Set: muster.Some([]muster.RankID{"member"})})
		return err
	}
	patch := func(c *client.Client) error {
		_, err := c.EditAccount(t.Context(), ref, client.Edit{Name: muster.Some("Ada")})
		return err
	}
	for _, test := range []struct {
		name     string
		call     func(*client.Client) error
		cuts     string
		requests int
		works    bool
	}{
		{"a read", get, "before after within", 4, true},
		{"a read with no luck", get, "before before before before before", 4, false},
		{"a read of a busy server", get, "429 502 503", 4, true},
		{"a post", post, "before after within", 4, true},
		{"a post to a busy server", post, "429 502 503", 4, true},
		{"a patch before it was done", patch, "before", 1, false},
		{"a patch after it was done", patch, "after", 1, false},
		{"a patch to a server that cannot", patch, "503", 1, false},
		{"a patch to a busy server", patch, "429 429", 3, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var count counting
			w.on(count.then(cutting(strings.Fields(test.cuts)...)))
			err := test.call(w.as(t, w.secret))
			count.mu.Lock()
			defer count.mu.Unlock()
			if (err == nil) != test.works || len(count.names) != test.requests {
				t.Errorf("%d requests were sent, and it ended with %v", len(count.names), err)
			}
			if strings.Contains(test.name, "post") && (count.names[0] == "" || len(slices.Compact(count.names)) != 1) {
				t.Errorf("the requests have the names %q", count.names)
			}
		})
	}
}

// TestDoneOnce makes an account whose answer is lost, and sees that there is one.
func TestDoneOnce(t *testing.T) {
	w := newWorld(t, mustertest.Open(t, t.TempDir()))
	w.on(cutting("after", "within"))
	a, err := w.client.CreateAccount(t.Context(), client.NewAccount{Edit: client.Edit{Username: muster.Some("ada")}})
	ok(t, err)
	if list := collect(t, w.client.Accounts(t.Context(), client.AccountFilter{})); len(list) != 1 || list[0].ID != a.ID {
		t.Errorf("there are %v", list)
	}

	// A secret is not told twice, and that is what the caller is told.
	w.on(cutting("after"))
	_, err = w.client.CreateKey(t.Context(), client.NewKey{ID: "bot", Level: 1})
	same(t, "a lost secret", errors.Is(err, client.ErrNotKept), true)

	// A name of one's own lasts beyond the call.
	w.on(nil)
	for range 2 {
		b, err := w.client.CreateAccount(t.Context(), client.NewAccount{Edit: client.Edit{Username: muster.Some("ben")}}, client.Once("import of ben"))
		ok(t, err)
		same(t, "the account", b.Username, "ben")
	}
}

// TestWaitsForItself has a request's first attempt still be at work when the second comes.
func TestWaitsForItself(t *testing.T) {
	w := newWorld(t, mustertest.Open(t, t.TempDir()))
	cut, goOn, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var first sync.Once
	w.on(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			mine := false
			first.Do(func() { mine = true })
			if !mine {
				next.ServeHTTP(out, r)
				return
			}
			var body bytes.Buffer
			_, _ = body.ReadFrom(r.Body)
			own := r.Clone(context.WithoutCancel(r.Context()))
			own.Body = io.NopCloser(&body)
			go func() {
				defer close(done)
				next.ServeHTTP(&slowAnswer{httptest.NewRecorder(), cut, goOn}, own)
			}()
			<-cut
			panic(http.ErrAbortHandler)
		})
	})
	waits := 0
	w.client.SetSleep(func(context.Context, time.Duration) error {
		if waits++; waits == 2 { // behind the first answer that it is at work
			close(goOn)
			<-done
		}
		return nil
	})
	_, err := w.client.CreateAccount(t.Context(), client.NewAccount{Edit: client.Edit{Username: muster.Some("ada")}})
	ok(t, err)
	same(t, "the waits", waits, 2)
}

// slowAnswer begins when it is time.
type slowAnswer struct {
	*httptest.ResponseRecorder
	begun, goOn chan struct{}
}

func (a *slowAnswer) WriteHeader(status int) {
	close(a.begun)
	<-a.goOn
	a.ResponseRecorder.WriteHeader(status)
}

// TestPatience sees how long is waited, and that nobody waits beyond the time that they have.
func TestPatience(t *testing.T) {
	w := newWorld(t, mustertest.Open(t, t.TempDir()))
	var waits []time.Duration
	w.client.SetSleep(func(_ context.Context, d time.Duration) error {
		waits = append(waits, d)
		return nil
	})
	w.on(cutting("before", "before", "429"))
	_, err := w.client.Me(t.Context())
	ok(t, err)
	within := func(d, least time.Duration) bool { return d >= least && d <= 2*least }
	if len(waits) != 3 || !within(waits[0], 100*time.Millisecond) || !within(waits[1], 200*time.Millisecond) || waits[2] != 7*time.Second {
		t.Errorf("the waits were %v", waits)
	}

	w.on(cutting("429"))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	waits = nil
	_, err = w.client.Me(ctx)
	refusal, _ := errors.AsType[*client.Error](err)
	if refusal == nil || refusal.Status != 429 || refusal.RetryAfter != 7*time.Second || len(waits) != 0 {
		t.Errorf("a wait that is too long ended with %v, after %v", err, waits)
	}

	w.on(nil)
	slow := w.Key(t, muster.Key{Level: 1, PerMinute: 1})
	c := w.as(t, slow)
	c.SetSleep(func(context.Context, time.Duration) error { w.Clock.Advance(time.Minute); return nil })
	for range 3 {
		_, err := c.Me(t.Context())
		ok(t, err)
	}

	ended, end := context.WithCancel(t.Context())
	w.on(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { end(); panic(http.ErrAbortHandler) })
	})
	if _, err := w.client.Me(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("behind the end of its context a call ended with %v", err)
	}
}

// TestNobodyThere calls where nobody listens: what was not sent may be sent again.
func TestNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	ok(t, l.Close())
	c, err := client.New("http://"+l.Addr().String(), "key")
	ok(t, err)
	waits := 0
	c.SetSleep(func(context.Context, time.Duration) error { waits++; return nil })
	_, err = c.EditAccount(t.Context(), "1", client.Edit{Name: muster.Some("x")})
	same(t, "waits", waits, 3)
	if err == nil || strings.Contains(err.Error(), "Bearer") {
		t.Errorf("it ended with %v", err)
	}
}
