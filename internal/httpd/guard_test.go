package httpd

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestPanics(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/x/before", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "3")
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Cache-Control", "public")
		panic("secret plans")
	})
	mux.HandleFunc("/x/after", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half an ans")
		_ = http.NewResponseController(w).Flush()
		panic("late")
	})
	mux.HandleFunc("/x/abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	s, j := newServer(t, func(c *Config) { c.Mounts = one("/x", mux.ServeHTTP) })
	start(t, s)

	res, body := get(t, http.DefaultClient, s.URL()+"/x/before?key=hidden")
	if res.StatusCode != 500 || body != "internal error" || res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Content-Encoding") != "" {
		t.Errorf("%d %q %v", res.StatusCode, body, res.Header)
	}
	lines := j.lines(t, "panic")
	if len(lines) != 1 {
		t.Fatalf("logged %d times:\n%s", len(lines), j)
	}
	line := lines[0]
	stack, _ := line["stack"].(string)
	if line["panic"] != "secret plans" || line["request_id"] != res.Header.Get("X-Request-Id") || !strings.Contains(stack, "guard_test.go") {
		t.Errorf("logged %v", line)
	}

	half, err := http.Get(s.URL() + "/x/after")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(half.Body); err == nil {
		t.Errorf("half an answer came as a whole one: %q", got)
	}
	_ = half.Body.Close()
	if _, err := http.Get(s.URL() + "/x/abort"); err == nil {
		t.Error("an aborted request was answered")
	}
	if n := len(j.lines(t, "panic")); n != 2 {
		t.Errorf("%d panics logged, want 2: an abort is none", n)
	}
	if strings.Contains(j.String(), "hidden") {
		t.Error("the query is in the log")
	}
}

// readAll answers "read N", or refuses a large body in its own words as a dialect would, and answers /ignore unread.
func readAll(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/ignore" {
		return
	}
	n, err := io.Copy(io.Discard, r.Body)
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		_, _ = fmt.Fprintf(w, "in my own words: above %d", large.Limit)
		return
	}
	_, _ = fmt.Fprintf(w, "read %d, %v", n, err)
}

func bodyServer(t *testing.T, most int64) *Server {
	s, _ := newServer(t, func(c *Config) { c.MaxBody, c.Mounts = most, one("/", readAll) })
	start(t, s)
	return s
}

func TestBodyLimit(t *testing.T) {
	s := bodyServer(t, 1000)
	chunked := func(n int) io.Reader { return io.MultiReader(strings.NewReader(strings.Repeat("a", n))) }
	for _, tt := range []struct {
		name   string
		body   io.Reader
		status int
		answer string
		closed bool
	}{
		{"none", nil, 200, "read 0, <nil>", false},
		{"just fits", strings.NewReader(strings.Repeat("a", 1000)), 200, "read 1000, <nil>", false},
		{"announced too large", strings.NewReader(strings.Repeat("a", 1001)), 413, "in my own words: above 1000", true},
		{"chunked, just fits", chunked(1000), 200, "read 1000, <nil>", false},
		{"chunked too large", chunked(1001), 413, "in my own words: above 1000", true},
		{"much too large", strings.NewReader(strings.Repeat("a", 8<<20)), 413, "in my own words: above 1000", true},
		{"chunked, much too large", chunked(8 << 20), 413, "in my own words: above 1000", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res, err := http.Post(s.URL()+"/x", "text/plain", tt.body)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			answer, _ := io.ReadAll(res.Body)
			if res.StatusCode != tt.status || string(answer) != tt.answer || res.Close != tt.closed {
				t.Errorf("%d %q, closed %v", res.StatusCode, answer, res.Close)
			}
		})
	}
}

// TestLargeBodyNeedNotTravel asks first, as curl does: the answer must be the refusal and not "100 Continue".
func TestLargeBodyNeedNotTravel(t *testing.T) {
	s := bodyServer(t, 1000)
	for length, want := range map[int]string{1000: "HTTP/1.1 100 Continue", 1001: "HTTP/1.1 413 Request Entity Too Large"} {
		conn := dial(t, s)
		_, _ = fmt.Fprintf(conn, "POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", length)
		line, err := bufio.NewReader(conn).ReadString('\n')
		if strings.TrimSpace(line) != want {
			t.Errorf("%d bytes: %q, %v", length, line, err)
		}
		_ = conn.Close()
	}
}

// TestAnswerReachesWhoWritesFirst sends large bodies from a client that reads nothing before it has written everything.
func TestAnswerReachesWhoWritesFirst(t *testing.T) {
	const large, chunk = 20 << 20, 1 << 20
	plain := fmt.Sprintf("Content-Length: %d\r\n\r\n%s", large, strings.Repeat("a", large))
	chunked := "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat(fmt.Sprintf("%x\r\n%s\r\n", chunk, strings.Repeat("a", chunk)), large/chunk) + "0\r\n\r\n"
	limited := func(c *Config) { c.MaxBody, c.Mounts = 1000, one("/", readAll) }
	secured := func(c *Config) {
		limited(c)
		dir := t.TempDir()
		c.TLSCert, c.TLSKey = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
		cert, key := pair(t, 1)
		write(t, c.TLSCert, cert)
		write(t, c.TLSKey, key)
	}
	for _, tt := range []struct {
		name, request, status string
		config                func(*Config)
	}{
		{"plain", "POST /x HTTP/1.1\r\nHost: x\r\n" + plain, "HTTP/1.1 413", limited},
		{"chunked", "POST /x HTTP/1.1\r\nHost: x\r\n" + chunked, "HTTP/1.1 413", limited},
		{"unread", "POST /ignore HTTP/1.1\r\nHost: x\r\n" + plain, "HTTP/1.1 200", limited},
		{"chunked and unread", "POST /ignore HTTP/1.1\r\nHost: x\r\n" + chunked, "HTTP/1.1 200", limited},
		{"refused by the door", "POST /%00 HTTP/1.1\r\nHost: x\r\n" + plain, "HTTP/1.1 400", limited},
		{"TLS", "POST /x HTTP/1.1\r\nHost: x\r\n" + plain, "HTTP/1.1 413", secured},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := newServer(t, tt.config)
			start(t, s)
			conn := dial(t, s)
			if s.tls != nil {
				conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
			}
			if _, err := io.WriteString(conn, tt.request); err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(conn)
			if err != nil || !strings.HasPrefix(string(answer), tt.status) {
				t.Errorf("%.60q, %v", answer, err)
			}
		})
	}
}

// TestEndlessBodyIsCutOff feeds a body that never ends, and sees the connection closed on it.
func TestEndlessBodyIsCutOff(t *testing.T) {
	s := bodyServer(t, 1000)
	for _, tt := range []struct{ name, head string }{
		{"announced", "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000000000\r\n\r\n"},
		{"announced and ignored", "POST /ignore HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000000000\r\n\r\n"},
		{"chunked", "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"},
		{"chunked and ignored", "POST /ignore HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conn := dial(t, s)
			_, _ = io.WriteString(conn, tt.head)
			fed := make(chan int, 1)
			go func() {
				chunk := "8000\r\n" + strings.Repeat("a", 0x8000) + "\r\n"
				n := 0
				for {
					if _, err := io.WriteString(conn, chunk); err != nil {
						fed <- n
						return
					}
					n += len(chunk)
				}
			}()
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			if !res.Close {
				t.Error("the answer does not say that the connection closes")
			}
			select {
			case n := <-fed:
				if n > 64<<20 {
					t.Errorf("%d bytes were taken", n)
				}
			case <-time.After(10 * time.Second):
				t.Error("the connection is still open")
			}
		})
	}
}

func TestSecurityHeaders(t *testing.T) {
	s, _ := newServer(t, func(c *Config) {
		c.Mounts = one("/x", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Cache-Control", "private") })
	})
	for path, cache := range map[string]string{"/": "no-store", "/nowhere": "no-store", "/x": "private", "/healthz": "no-store"} {
		h := ask(s, "GET", path).Header()
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") != cache {
			t.Errorf("%s: %v", path, h)
		}
	}
}
