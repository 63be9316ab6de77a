package httpd

import (
	"bufio"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCleanPath(t *testing.T) {
	for _, tt := range []struct{ in, escaped, decoded string }{
		{"", "/", "/"},
		{"/", "/", "/"},
		{"//", "/", "/"},
		{"*", "/%2A", "/*"},
		{"/general/x", "/general/x", "/general/x"},
		{"//general///x//", "/general/x", "/general/x"},
		{"/General/GET_Accounts/", "/General/GET_Accounts", "/General/GET_Accounts"},
		{"/a/./b/.", "/a/b", "/a/b"},
		{"/a/../b", "/b", "/b"},
		{"/../../etc/passwd", "/etc/passwd", "/etc/passwd"},
		{"/a/b/../../..", "/", "/"},
		{"/a/%2e%2E/b/%2e", "/b", "/b"},
		{"/a%2Fb", "/a%2Fb", "/a/b"},
		{"/x/a%2fb/c", "/x/a%2Fb/c", "/x/a/b/c"},
		{"/x/..%2F..%2Fetc", "/x/..%2F..%2Fetc", "/x/../../etc"},
		{"/%2F%2f", "/%2F%2F", "///"},
		{"/a%20b+c", "/a%20b+c", "/a b+c"},
		{"/caf%C3%A9", "/caf%C3%A9", "/café"},
		{"/%41", "/A", "/A"},
		{"/100%25", "/100%25", "/100%"},
		{"/a?b", "/a%3Fb", "/a?b"},
	} {
		got, err := cleanPath(tt.in)
		if want := (path{tt.escaped, tt.decoded}); err != nil || got != want {
			t.Errorf("cleanPath(%q) = %+v, %v; want %+v", tt.in, got, err, want)
		}
	}
	for _, bad := range []string{"/%00", "/a%00b", "/%ff", "/%C3/x", "/%", "/%4", "/%zz", "/a\x00"} {
		if got, err := cleanPath(bad); err == nil {
			t.Errorf("cleanPath(%q) = %+v, want an error", bad, got)
		}
	}
}

func FuzzCleanPath(f *testing.F) {
	for _, s := range []string{"", "/", "//a/../b/%2e%2e/c%2Fd/", "/%2F/..%2f", "/%00", "/é/%C3%A9", "a/.../..;/", "/%25%2e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := cleanPath(s)
		if err != nil {
			return
		}
		again, err := cleanPath(got.escaped)
		if err != nil || again != got {
			t.Errorf("cleaned twice: %+v, then %+v, %v", got, again, err)
		}
		if !strings.HasPrefix(got.escaped, "/") || strings.Contains(got.escaped, "//") {
			t.Errorf("%q is not clean", got.escaped)
		}
		if got.escaped != "/" && strings.HasSuffix(got.escaped, "/") {
			t.Errorf("%q ends in a slash", got.escaped)
		}
		for segment := range strings.SplitSeq(got.escaped, "/") {
			if segment == "." || segment == ".." {
				t.Errorf("%q has a dot segment", got.escaped)
			}
		}
		if !utf8.ValidString(got.decoded) || strings.ContainsRune(got.decoded, 0) {
			t.Errorf("%q is not text", got.decoded)
		}
		// What ServeMux reads must be what was cleaned.
		if u := (&url.URL{Path: got.decoded, RawPath: got.escaped}); u.EscapedPath() != got.escaped {
			t.Errorf("URL says %q, cleaned %q", u.EscapedPath(), got.escaped)
		}
	})
}

// TestPathsReachTheMux sends request lines as they are through a real connection to a ServeMux behind a mount.
func TestPathsReachTheMux(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v2/community/accounts/{id}", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "account %s", r.PathValue("id"))
	})
	mux.HandleFunc("GET /v2/community/accounts/{id}/ranks", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "ranks of %s", r.PathValue("id"))
	})
	s, _ := newServer(t, func(c *Config) { c.Mounts = one("/v2", mux.ServeHTTP) })
	start(t, s)
	for _, tt := range []struct {
		target string
		status int
		body   string
	}{
		{"/v2/community/accounts/a", 200, "account a"},
		{"//v2//community/./accounts/a/", 200, "account a"},
		{"/v2/community/accounts/a%2Fb", 200, "account a/b"},
		{`/v2/community/accounts/a%2Fb"c`, 200, `account a/b"c`}, // a bare quote: URL.EscapedPath would lose the %2F
		{"/v2/community/accounts/a%2Fb/ranks/", 200, "ranks of a/b"},
		{"/v2/community/accounts/%2E%2E/accounts/x?y=//", 200, "account x"},
		{"/x/../v2/community/accounts/a", 200, "account a"},
		{"/v2/../v3", 404, "not found"},
		{"/v2%2Fcommunity/accounts/a", 404, "not found"},
		{"/v2/community/accounts/%00", 400, "the path is not text"},
		{"/v2/community/accounts/%ff", 400, "the path is not text"},
	} {
		conn := dial(t, s)
		_, _ = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", tt.target)
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", tt.target, err)
		}
		body := make([]byte, 100)
		n, _ := res.Body.Read(body)
		if res.StatusCode != tt.status || string(body[:n]) != tt.body {
			t.Errorf("%s: %d %q, want %d %q", tt.target, res.StatusCode, body[:n], tt.status, tt.body)
		}
	}
}

func TestTheCallersURLIsLeftAlone(t *testing.T) {
	s, _ := newServer(t, func(c *Config) {
		c.Mounts = one("/", func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, r.URL.Path, "?", r.URL.RawQuery) })
	})
	if got := ask(s, "GET", "//a//b/?q=//x").Body.String(); got != "/a/b?q=//x" {
		t.Errorf("the handler saw %q", got)
	}
}

// FuzzPrefersHTML feeds any Accept header to its reader: it must not fail, and
// a header without a word of HTML cannot like it better.
func FuzzPrefersHTML(f *testing.F) {
	for _, seed := range []string{"text/html", "*/*;q=0.1, text/html;q=2", "text/*;q=x", ",;=", "application/json, text/html;q=NaN"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		if prefersHTML(accept) && !strings.Contains(strings.ToLower(accept), "text/") {
			t.Errorf("%q likes HTML", accept)
		}
	})
}
