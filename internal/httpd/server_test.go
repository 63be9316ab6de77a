package httpd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestShutdownLetsRequestsFinish(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	s, _ := newServer(t, func(c *Config) {
		c.MetricsListen = "127.0.0.1:0"
		c.Mounts = one("/slow", func(w http.ResponseWriter, _ *http.Request) {
			close(arrived)
			<-release
			_, _ = io.WriteString(w, "finished")
		})
	})
	start(t, s)
	if w := ask(s, "GET", "/readyz"); w.Code != 200 {
		t.Fatalf("readyz before: %d", w.Code)
	}
	answer := make(chan string, 1)
	go func() {
		res, err := http.Get(s.URL() + "/slow")
		if err != nil {
			answer <- err.Error()
			return
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		answer <- fmt.Sprint(string(body), " ", err)
	}()
	<-arrived
	done := make(chan error, 1)
	go func() { done <- s.Shutdown(t.Context()) }()
	for { // until the listener is closed; the test's own time-out ends it otherwise
		conn, err := net.Dial("tcp", s.Addr())
		if err != nil {
			break
		}
		_ = conn.Close()
	}
	if w := ask(s, "GET", "/readyz"); w.Code != 503 || w.Body.String() != "not ready" {
		t.Errorf("readyz during: %d %q", w.Code, w.Body)
	}
	if w := ask(s, "GET", "/healthz"); w.Code != 200 {
		t.Errorf("healthz during: %d", w.Code)
	}
	if _, text := get(t, http.DefaultClient, "http://"+s.MetricsAddr()+"/metrics"); !strings.Contains(text, "\nmuster_http_in_flight 1\n") {
		t.Error("the metrics do not show the request in flight")
	}
	select {
	case err := <-done:
		t.Fatalf("Shutdown did not wait: %v", err)
	default:
	}
	close(release)
	if got := <-answer; got != "finished <nil>" {
		t.Errorf("the request in flight got %q", got)
	}
	if err := <-done; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if _, err := net.Dial("tcp", s.MetricsAddr()); err == nil {
		t.Error("the metrics are still served")
	}
}

func TestShutdownCutsOffWhatTakesTooLong(t *testing.T) {
	arrived, gone := make(chan struct{}), make(chan struct{})
	s, _ := newServer(t, func(c *Config) {
		c.Mounts = one("/slow", func(_ http.ResponseWriter, r *http.Request) {
			close(arrived)
			<-r.Context().Done()
			close(gone)
		})
	})
	start(t, s)
	failed := make(chan error, 1)
	go func() {
		res, err := http.Get(s.URL() + "/slow")
		if err == nil {
			_ = res.Body.Close()
		}
		failed <- err
	}()
	<-arrived
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown: %v", err)
	}
	<-gone // the handler is told
	if err := <-failed; err == nil {
		t.Error("the request was answered")
	}
}

func TestStartFailsWhole(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = free.Close()
	s, _ := newServer(t, func(c *Config) { c.Listen, c.MetricsListen = free.Addr().String(), taken.Addr().String() })
	if err := s.Start(); err == nil {
		t.Fatal("started beside a listener at its address")
	}
	if s.Addr() != "" || s.MetricsAddr() != "" {
		t.Errorf("addresses %q and %q", s.Addr(), s.MetricsAddr())
	}
	again, err := net.Listen("tcp", free.Addr().String())
	if err != nil {
		t.Fatalf("the public listener is still open: %v", err)
	}
	_ = again.Close()
}

func TestFailedTellsOfABrokenListener(t *testing.T) {
	s, _ := newServer(t, nil)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	_ = s.doors[0].listener.Close()
	if err := <-s.Failed(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("told %v", err)
	}
}

func TestTimeouts(t *testing.T) {
	read := make(chan error, 1)
	s, _ := newServer(t, func(c *Config) {
		c.MetricsListen = "127.0.0.1:0"
		c.Mounts = one("/x", func(_ http.ResponseWriter, r *http.Request) {
			_, err := io.ReadAll(r.Body)
			read <- err
		})
	})
	if want := (bounds{10 * time.Second, 60 * time.Second, 60 * time.Second, 120 * time.Second, 64 << 10, 10_000}); s.bounds != want {
		t.Errorf("bounds %+v", s.bounds)
	}
	s.bounds.read, s.bounds.readHeader, s.bounds.idle = 200*time.Millisecond, 100*time.Millisecond, 101*time.Millisecond
	start(t, s)
	for _, d := range s.doors {
		h := d.server
		if got := (bounds{h.ReadHeaderTimeout, h.ReadTimeout, h.WriteTimeout, h.IdleTimeout, h.MaxHeaderBytes, 10_000}); got != s.bounds {
			t.Errorf("%s has %+v", d.listener.Addr(), got)
		}
	}

	slowBody := dial(t, s)
	_, _ = io.WriteString(slowBody, "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc")
	var timeout net.Error
	if err := <-read; !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("a body that stops coming: %v", err)
	}
	for name, sent := range map[string]string{
		"slow header": "GET / HTTP/1.1\r\nHo",
		"idle":        "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		conn := dial(t, s)
		_, _ = io.WriteString(conn, sent)
		if _, err := io.ReadAll(conn); errors.As(err, &timeout) && timeout.Timeout() {
			t.Errorf("%s: the connection stays open", name)
		}
	}
}

func TestHugeHeader(t *testing.T) {
	s, _ := newServer(t, nil)
	start(t, s)
	req, _ := http.NewRequest("GET", s.URL(), nil)
	req.Header.Set("X-Big", strings.Repeat("a", 80<<10))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("answered %d", res.StatusCode)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	s, _ := newServer(t, nil)
	s.bounds.connections = 2
	start(t, s)
	answered := func(conn net.Conn) error {
		_, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			return err
		}
		_, err = io.ReadAll(res.Body)
		return err
	}
	first, second := dial(t, s), dial(t, s)
	for i, conn := range []net.Conn{first, second} {
		if err := answered(conn); err != nil {
			t.Fatalf("connection %d: %v", i+1, err)
		}
	}
	if err := answered(dial(t, s)); err == nil {
		t.Error("a third connection is served")
	}
	_ = first.Close()
	for { // until the server has seen it go; the test's own time-out ends it otherwise
		if answered(dial(t, s)) == nil {
			break
		}
	}
}

func TestStreaming(t *testing.T) {
	wait := make(chan struct{})
	s, j := newServer(t, func(c *Config) {
		c.Mounts = one("/x", func(w http.ResponseWriter, _ *http.Request) {
			out := http.NewResponseController(w)
			if err := errors.Join(out.SetWriteDeadline(time.Time{}), out.Flush()); err != nil {
				t.Error(err)
			}
			<-wait
			_, _ = io.WriteString(w, "later")
		})
	})
	start(t, s)
	res, err := http.Get(s.URL() + "/x") // returns with the header, which only a flush can have sent
	if err != nil {
		t.Fatal(err)
	}
	close(wait)
	body, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if lines := j.lines(t, "request"); string(body) != "later" || len(lines) != 1 || lines[0]["bytes"] != 5.0 || lines[0]["status"] != 200.0 {
		t.Errorf("%q, logged %v", body, lines)
	}
}

// An answer without an end does not keep the server from ending.
func TestShutdownEndsStreams(t *testing.T) {
	stop := make(chan struct{})
	s, _ := newServer(t, func(c *Config) {
		c.Mounts = one("/x", func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
			<-stop
		})
		c.Mounts[0].Stop = func() { close(stop) }
	})
	start(t, s)
	res, err := http.Get(s.URL() + "/x")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	_ = res.Body.Close()
}

func TestURL(t *testing.T) {
	for _, tt := range []struct{ public, listen, want string }{
		{"https://muster.example.org/", ":0", "https://muster.example.org"},
		{"", ":8080", "http://localhost:8080"},
		{"", "0.0.0.0:8080", "http://localhost:8080"},
		{"", "[::1]:8080", "http://[::1]:8080"},
		{"", "muster.example.org:80", "http://muster.example.org:80"},
	} {
		s, _ := newServer(t, func(c *Config) { c.PublicURL, c.Listen = tt.public, tt.listen })
		if got := s.URL(); got != tt.want {
			t.Errorf("%+v: %s", tt, got)
		}
	}
	s, _ := newServer(t, func(c *Config) { c.Listen = ":0" })
	start(t, s)
	if res, body := get(t, http.DefaultClient, s.URL()+"/healthz"); res.StatusCode != 200 || body != "ok" {
		t.Errorf("%s: %d %q", s.URL(), res.StatusCode, body)
	}
}
