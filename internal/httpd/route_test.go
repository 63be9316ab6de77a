package httpd

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster/internal/limit"
)

// says answers with a name and the path it saw.
func says(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, name, " ", r.URL.Path) })
}

func TestMounts(t *testing.T) {
	s, _ := newServer(t, func(c *Config) {
		c.Mounts = []Mount{
			{Name: "one", Prefixes: []string{"/general", "/v2"}, Handler: says("one")},
			{Name: "two", Prefixes: []string{"/v2/deep"}, Handler: says("two"), Contract: "/v2/deep/two.yaml", Spec: []byte("openapi: 3.1.0\n")},
			{Name: "three", Prefixes: []string{"/api"}, Handler: says("three")},
			{Name: "four", Prefixes: []string{"/any/Case"}, FoldCase: true, Handler: says("four")},
			{Name: "five", Prefixes: []string{"/c", "/five"}, Handler: says("five")},
		}
	})
	for path, want := range map[string]string{
		"/general":             "one /general",
		"/general/":            "one /general",
		"//general/x":          "one /general/x",
		"/generals":            "not found",
		"/GENERAL/x":           "not found",
		"/v2/x":                "one /v2/x",
		"/v2/deeper":           "one /v2/deeper",
		"/v2/deep":             "two /v2/deep",
		"/v2/deep/x":           "two /v2/deep/x",
		"/v2/deep/two.yaml":    "openapi: 3.1.0\n",
		"/api/Users":           "three /api/Users",
		"/API/Users":           "not found",
		"/api":                 "three /api",
		"/apis":                "not found",
		"/ANY/case/X":          "four /ANY/case/X",
		"/ANY/cases":           "not found",
		"/v":                   "not found",
		"/favicon.ico":         "not found",
		"/general/../v2/deep/": "two /v2/deep",
		"/c/demo/any/CASE/x":   "four /c/demo/any/CASE/x", // which takes the community off
		"/c/demo/five":         "five /c/demo/five",
		"/c/demo/nowhere":      "five /c/demo/nowhere",
		"/c/demo":              "five /c/demo",
		"/c/any/case":          "five /c/any/case",
	} {
		if got := ask(s, "GET", path).Body.String(); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestRootMountTakesWhatIsLeft(t *testing.T) {
	s, _ := newServer(t, func(c *Config) {
		c.Mounts = []Mount{{Name: "rest", Prefixes: []string{"/"}, Handler: says("rest")}, {Name: "a", Prefixes: []string{"/a"}, Handler: says("a")}}
	})
	for path, want := range map[string]string{"/a/b": "a /a/b", "/b": "rest /b", "/healthz": "ok"} {
		if got := ask(s, "GET", path).Body.String(); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if got := ask(s, "GET", "/").Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("/ is the index, not %q", got)
	}
}

// TestRefusalsAreTheMountsOwn sees that whoever answers a path also words what the door refuses of it.
func TestRefusalsAreTheMountsOwn(t *testing.T) {
	s, _ := newServer(t, func(c *Config) {
		c.AddressLimit = limit.Rate{Requests: 2, Per: time.Hour}
		c.Mounts = []Mount{
			{
				Name: "own", Prefixes: []string{"/own"}, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("oh") }),
				Refuse: func(w http.ResponseWriter, r *http.Request, status int, text string) {
					w.WriteHeader(status)
					_, _ = fmt.Fprintf(w, "{%s %s}", text, r.URL.EscapedPath())
				},
			},
			{Name: "plain", Prefixes: []string{"/plain"}, Handler: says("plain")},
		}
	})
	for _, step := range []struct {
		path, want string
		status     int
	}{
		{"/own/%00", "{the path is not text /own/%00}", 400},
		{"//own/./x%FF/", "{the path is not text /own/x%FF}", 400},
		{"/plain/%00", "the path is not text", 400},
		{"/%00/own", "the path is not text", 400},
		{"/own/a", "{internal error /own/a}", 500},
		{"/plain", "plain /plain", 200},
		{"/own/a", "{too many requests from this address /own/a}", 429},
		{"/plain", "too many requests from this address", 429},
	} {
		if w := ask(s, "GET", step.path); w.Code != step.status || w.Body.String() != step.want {
			t.Errorf("%s: %d %q, want %d %q", step.path, w.Code, w.Body, step.status, step.want)
		}
	}
}

func TestOwnPagesAreForReading(t *testing.T) {
	s, _ := newServer(t, func(c *Config) {
		c.Mounts = []Mount{{Name: "a", Prefixes: []string{"/a"}, Handler: says("a"), Contract: "/a.yaml", Spec: []byte("openapi: 3.1.0\n")}}
	})
	start(t, s)
	for path, kind := range map[string]string{
		"/": "application/json", "/a.yaml": "application/yaml", "/healthz": "text/plain; charset=utf-8", "/readyz": "text/plain; charset=utf-8",
	} {
		res, err := http.Head(s.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != 200 || res.Header.Get("Content-Type") != kind || res.ContentLength <= 0 {
			t.Errorf("HEAD %s: %d %v", path, res.StatusCode, res.Header)
		}
		w := ask(s, "POST", path)
		if w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("POST %s: %d %v", path, w.Code, w.Header())
		}
	}
}

func TestIndex(t *testing.T) {
	s, _ := newServer(t, func(c *Config) {
		c.Mounts = []Mount{
			{
				Name: "Sonoran <CMS>", Prefixes: []string{"/general"}, Handler: says("a"), Contract: "/openapi/sonoran.yaml", Spec: []byte("x"),
				Routes: []string{"POST /general/set_account_ranks"},
			},
			{Name: "quiet", Prefixes: []string{"/q"}, Handler: says("q"), Page: "/q/page"},
		}
	})
	var got any
	w := ask(s, "GET", "/")
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"name": "Muster", "version": "1.2.3", "health": []any{"/healthz", "/readyz"},
		"serves": []any{
			map[string]any{"name": "Sonoran <CMS>", "contract": "/openapi/sonoran.yaml", "routes": []any{"POST /general/set_account_ranks"}},
			map[string]any{"name": "quiet", "page": "/q/page", "routes": []any{}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}

	w = ask(s, "GET", "/", "Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	html := w.Body.String()
	for _, part := range []string{"Sonoran &lt;CMS&gt;", `href="/openapi/sonoran.yaml"`, `href="/q/page"`, "POST /general/set_account_ranks", "1.2.3"} {
		if !strings.Contains(html, part) {
			t.Errorf("the page lacks %s:\n%s", part, html)
		}
	}
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(html)
	sum := sha256.Sum256([]byte(style[1]))
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") ||
		!strings.Contains(policy, "default-src 'none'") {
		t.Errorf("policy %q does not fit the page's style", policy)
	}
	if regexp.MustCompile(`https?://|<script|src=`).MatchString(html) {
		t.Error("the page calls somewhere else")
	}
}

func TestPrefersHTML(t *testing.T) {
	for accept, want := range map[string]bool{
		"":                                  false,
		"*/*":                               false,
		"application/json":                  false,
		"text/html":                         true,
		"text/html;q=0.9, application/json": false,
		"text/html, application/json":       false,
		"text/html, application/json;q=0.9": true,
		"text/html,application/xml;q=0.9,*/*;q=0.8": true,
		"text/*, application/json;q=0.1":            true,
		"text/html;q=0, */*":                        false,
		"text/html;q=x":                             false,
		";;;, text/html":                            true,
	} {
		if got := prefersHTML(accept); got != want {
			t.Errorf("%q: %v", accept, got)
		}
	}
}

func TestAccessLog(t *testing.T) {
	s, j := newServer(t, func(c *Config) {
		c.Mounts = one("/x", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusEarlyHints) // does not count
			w.WriteHeader(http.StatusTeapot)
			_, _ = io.WriteString(w, "12345")
		})
	})
	start(t, s)
	req, _ := http.NewRequest("POST", s.URL()+"//x/a%0Ab?key=hunter2", strings.NewReader("body-secret"))
	req.Header.Set("Authorization", "Bearer header-secret")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	_, _ = get(t, http.DefaultClient, s.URL()+"/healthz")
	_, _ = get(t, http.DefaultClient, s.URL()+"/readyz")
	long := strings.Repeat("A", 2000)
	req, _ = http.NewRequest(long, s.URL()+"/"+long, nil)
	if res, err := http.DefaultClient.Do(req); err != nil || res.Body.Close() != nil || res.StatusCode != 404 {
		t.Fatal(res, err)
	}
	if err := s.Shutdown(t.Context()); err != nil { // so that the last line is written
		t.Fatal(err)
	}
	lines := j.lines(t, "request")
	if len(lines) != 2 {
		t.Fatalf("%d lines, want 2:\n%s", len(lines), j)
	}
	took, _ := lines[0]["duration"].(float64)
	delete(lines[0], "time")
	delete(lines[0], "duration")
	want := map[string]any{
		"level": "INFO", "msg": "request", "method": "POST", "path": "/x/a%0Ab", "status": 418.0, "bytes": 5.0,
		"client": "127.0.0.1", "request_id": res.Header.Get("X-Request-Id"),
	}
	if diff := cmp.Diff(want, lines[0]); diff != "" || took <= 0 {
		t.Errorf("took %v, -want +got\n%s", took, diff)
	}
	path, _ := lines[1]["path"].(string)
	if method, _ := lines[1]["method"].(string); len(path) != longestLogged || len(method) != longestLogged {
		t.Errorf("a path and a method of 2000 bytes are logged with %d and %d", len(path), len(method))
	}
	for _, secret := range []string{"hunter2", "header-secret", "body-secret", "key="} {
		if strings.Contains(j.String(), secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
}

func TestAccessLogLevel(t *testing.T) {
	s, j := newServer(t, func(c *Config) { c.AccessLog = slog.LevelDebug - 1 })
	ask(s, "GET", "/")
	if j.String() != "" {
		t.Errorf("silenced, and yet: %s", j)
	}
}

// FuzzMountOf holds the choice of a mount against the plain meaning of it: the most segments in common, all of a prefix.
func FuzzMountOf(f *testing.F) {
	prefixes := []string{"/", "/general", "/v2", "/v2/deep", "/a%2Fb", "/a"}
	var mounts []Mount
	for _, p := range prefixes {
		mounts = append(mounts, Mount{Name: p, Prefixes: []string{p}, Handler: says(p)})
	}
	s, err := New(Config{Listen: ":0", Mounts: mounts, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range []string{"/", "/general", "/generals/x", "/v2/deep/x", "/v2/deeper", "/a%2fb/c", "/a/b", "//v2/./x/"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		clean, _ := cleanPath(raw)
		want, longest := "/", 0
		segments := strings.Split(clean.escaped, "/")
		for _, p := range prefixes[1:] {
			of := strings.Split(p, "/")
			if len(of) > longest && len(of) <= len(segments) && slices.Equal(of, segments[:len(of)]) {
				want, longest = p, len(of)
			}
		}
		if got := s.mountOf(clean.escaped); got == nil || got.Name != want {
			t.Errorf("%s goes to %+v, want %s", clean.escaped, got, want)
		}
	})
}
