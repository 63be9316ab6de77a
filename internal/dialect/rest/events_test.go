package rest_test

import (
	"bufio"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/dialect/rest"
	"github.com/muster-accounts/muster/internal/mustertest"
)

// stream is a live feed as a client reads it.
type stream struct {
	*http.Response
	scanner *bufio.Scanner
	id      string // the last one that was told
}

// told is one event.
type told struct{ id, kind, data string }

// listen serves the world on a listener.
func (w aWorld) listen(t testing.TB) string {
	t.Helper()
	return "http://" + listen(t, w.handler)
}

// listen serves on connections that hold little: what a client does not read
// the server soon cannot write.
func listen(t testing.TB, h http.Handler) (address string) {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		if tcp, ok := c.(*net.TCPConn); !ok || tcp.SetWriteBuffer(128<<10) != nil {
			t.Error("the buffer keeps its size")
		}
		return ctx
	}
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// follow opens a feed; headers come in pairs.
func follow(t testing.TB, url, key string, headers ...string) *stream {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	s := &stream{Response: res, scanner: bufio.NewScanner(res.Body)}
	s.scanner.Buffer(nil, 1<<20)
	return s
}

// next is the next event; ok is false at the end.
func (s *stream) next() (e told, ok bool) {
	for s.scanner.Scan() {
		name, value, _ := strings.Cut(s.scanner.Text(), ": ")
		switch name {
		case "id":
			s.id = value
		case "event":
			e.kind = value
		case "data":
			e.data = value
		case "":
			if e.id = s.id; e.data != "" && value == "" {
				return e, true
			}
		}
	}
	return e, false
}

// A client that is cut off again and again, while others write, is told each
// change once.
func TestFeedLosesAndRepeatsNothing(t *testing.T) {
	const writers, each, batch = 4, 25, 100 // 10,000 changes
	for _, e := range mustertest.Engines(t) {
		t.Run(e.Name, func(t *testing.T) {
			w, admin := newWorldOn(t, e), muster.Operator(demo.ID)
			var list []core.NewAccount
			for i := range writers * batch {
				list = append(list, core.NewAccount{Edit: muster.Edit{Username: muster.Some("feed-" + strconv.Itoa(i))}})
			}
			views, err := w.core.Create(t.Context(), admin, list)
			if err != nil {
				t.Fatal(err)
			}
			url, start := w.listen(t), w.newest(t)
			var writing sync.WaitGroup
			for own := range slices.Chunk(views, batch) {
				writing.Go(func() {
					for n := range each {
						var targets []core.Target
						for _, v := range own {
							targets = append(targets, core.Target{Ref: muster.RefID(v.ID), Edit: muster.Edit{Bio: muster.Some(strconv.Itoa(n))}})
						}
						if _, err := w.core.Change(t.Context(), admin, targets, core.Options{Atomic: true}); err != nil {
							t.Error(err)
						}
					}
				})
			}
			cut, seq := 0, start
			for seq < start+writers*each*batch && !t.Failed() {
				s := follow(t, url+"/muster/v1/events?after="+strconv.FormatInt(start, 10), "fast-key", "Last-Event-ID", strconv.FormatInt(seq, 10))
				for range 1 + rand.IntN(400) {
					e, ok := s.next()
					if !ok {
						t.Fatalf("ended: %s", s.Status)
					}
					if seq++; e.id != strconv.FormatInt(seq, 10) || e.kind != "account.updated" {
						t.Fatalf("%s %s, want the change %d", e.id, e.kind, seq)
					}
					if seq == start+writers*each*batch {
						break
					}
				}
				_ = s.Body.Close()
				cut++
			}
			writing.Wait()
			if cut < 20 {
				t.Errorf("was cut off %d times only", cut)
			}
			if last := w.newest(t); last != seq {
				t.Errorf("ended at %d, the newest is %d", seq, last)
			}
		})
	}
}

// The feed shows what history shows, and tells of nothing that is hidden
// whole; what it does not tell it goes past.
func TestFeedHidesWhatHistoryHides(t *testing.T) {
	for _, e := range mustertest.Engines(t) {
		t.Run(e.Name, func(t *testing.T) {
			w := newWorldOn(t, e)
			url, admin := w.listen(t), muster.Operator(demo.ID)
			s := follow(t, url+"/muster/v1/events", "read-key")
			defer func() { _ = s.Body.Close() }()
			edit := func(e muster.Edit) {
				if _, err := w.core.Edit(t.Context(), admin, muster.RefID(demo.IntranetID), e); err != nil {
					t.Fatal(err)
				}
			}
			edit(muster.Edit{Values: muster.Values{secret: muster.Text(secretValue + "1")}})
			if _, _, err := w.core.CreateKey(t.Context(), admin, muster.Key{Name: secretValue, Level: 1}, ""); err != nil {
				t.Fatal(err)
			}
			edit(muster.Edit{Values: muster.Values{secret: muster.Text(secretValue + "2")}, Bio: muster.Some("new")})
			got, ok := s.next()
			if !ok || got.kind != "account.updated" || got.id != strconv.FormatInt(w.newest(t), 10) || !strings.Contains(got.data, `"touched":["bio"]`) {
				t.Errorf("%+v", got)
			}
			if strings.Contains(got.data, secretValue) {
				t.Errorf("shown: %s", got.data)
			}
		})
	}
}

// ends waits for the end of a feed, whatever comes before.
func (s *stream) ends() {
	for ok := true; ok; {
		_, ok = s.next()
	}
	_ = s.Body.Close()
}

func TestFeedsAreCounted(t *testing.T) {
	w := newWorld(t)
	url := w.listen(t) + "/muster/v1/events"
	var open []*stream
	for range rest.StreamsPerKey {
		open = append(open, follow(t, url, "fast-key"))
	}
	over := follow(t, url, "fast-key")
	if _ = over.Body.Close(); over.StatusCode != http.StatusTooManyRequests || over.Header.Get("Retry-After") == "" {
		t.Errorf("one too many: %s", over.Status)
	}
	other := follow(t, url, "read-key")
	if other.StatusCode != http.StatusOK {
		t.Errorf("another key: %s", other.Status)
	}
	w.dialect.Stop() // as when the server is told to end: else this test would not
	for _, s := range append(open, other) {
		if s.StatusCode != http.StatusOK || s.Header.Get("Content-Type") != "text/event-stream" || s.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %v", s.Status, s.Header)
		}
		s.ends()
	}
}

func TestFeedEndsWithItsKey(t *testing.T) {
	w := newWorld(t)
	s := follow(t, w.listen(t)+"/muster/v1/events", "read-key")
	if err := w.core.RevokeKey(t.Context(), muster.Operator(demo.ID), "read-key"); err != nil {
		t.Fatal(err)
	}
	s.ends()
}

func TestFeedDropsSlowReaders(t *testing.T) {
	w := newWorld(t)
	w.dialect.SetReadTime(100 * time.Millisecond)
	var list []core.NewAccount // more than the buffers between the two take
	for i := range 20 {
		list = append(list, core.NewAccount{Edit: muster.Edit{
			Username: muster.Some("long-" + strconv.Itoa(i)), Bio: muster.Some(strings.Repeat("x", 100_000)),
		}})
	}
	if _, err := w.core.Create(t.Context(), muster.Operator(demo.ID), list); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	address := listen(t, http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		defer close(ended)
		w.handler.ServeHTTP(out, r)
	}))
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).SetReadBuffer(16 << 10); err != nil { //nolint:forcetypeassert // as it was dialled
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET /muster/v1/events?after=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer fast-key\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	select {
	case <-ended:
	case <-ctx.Done():
		t.Error("a client that does not read is kept")
	}
}

// What clients of other spellings send is refused or taken as one would think.
func TestFeedPlaces(t *testing.T) {
	w := newWorld(t)
	last := strconv.FormatInt(w.newest(t), 10)
	got := map[string]int{}
	for _, query := range []string{"", "?after=0", "?after=" + last, "?after=-1", "?after=x", "?after=", "?after=9223372036854775807", "?types=*", "?types=*x", "?types=account.,", "?since=1"} {
		got[strings.Replace(query, last, "LAST", 1)] = w.send(http.MethodGet, "/muster/v1/events"+query, "fast-key", "").Code
	}
	want := map[string]int{
		"": 200, "?after=0": 200, "?after=LAST": 200, "?after=-1": 400, "?after=x": 400, "?after=": 400, "?after=9223372036854775807": 410,
		"?types=*": 200, "?types=*x": 400, "?types=account.,": 400, "?since=1": 400,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
