package httpd

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// journal collects log lines from any goroutine.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

// all returns the log's lines.
func (j *journal) all(t *testing.T) iter.Seq[map[string]any] {
	return func(yield func(map[string]any) bool) {
		for line := range strings.Lines(j.String()) {
			var m map[string]any
			if err := json.Unmarshal([]byte(line), &m); err != nil {
				t.Fatalf("log line %q: %v", line, err)
			}
			if !yield(m) {
				return
			}
		}
	}
}

// lines returns the log lines with this message.
func (j *journal) lines(t *testing.T, msg string) (found []map[string]any) {
	t.Helper()
	for m := range j.all(t) {
		if m["msg"] == msg {
			found = append(found, m)
		}
	}
	return found
}

// newServer makes a server that logs everything into the journal.
func newServer(t *testing.T, change func(*Config)) (*Server, *journal) {
	t.Helper()
	j := &journal{}
	cfg := Config{
		Listen: "127.0.0.1:0", Version: "1.2.3",
		Logger: slog.New(slog.NewJSONHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&cfg)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s, j
}

// start opens the server for the length of the test.
func start(t *testing.T, s *Server) {
	t.Helper()
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = s.Shutdown(ctx) // some tests leave a connection behind on purpose
		select {
		case err := <-s.Failed():
			t.Error(err)
		default:
		}
	})
}

// one mounts a handler at a prefix.
func one(prefix string, h http.HandlerFunc) []Mount {
	return []Mount{{Name: "test", Prefixes: []string{prefix}, Handler: h}}
}

// ask sends a request through the server in process.
func ask(s *Server, method, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

// dial opens a bare connection, for what no HTTP client would send. It fails reads after ten seconds.
func dial(t *testing.T, s *Server) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// get asks a real URL and returns the answer with its whole body.
func get(t *testing.T, c *http.Client, url string) (*http.Response, string) {
	t.Helper()
	res, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}
