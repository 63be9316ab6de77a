package httpd

import (
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-accounts/muster/internal/limit"
)

// corsServer answers /ok, panics at /panic, and refuses the fourth request of an address.
func corsServer(t *testing.T, origins ...string) *Server {
	mux := http.NewServeMux()
	mux.HandleFunc("/x/ok", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/x/panic", func(http.ResponseWriter, *http.Request) { panic("oh") })
	s, _ := newServer(t, func(c *Config) {
		c.Origins = origins
		c.Mounts = []Mount{{Name: "x", Prefixes: []string{"/x"}, Handler: mux, Contract: "/x.yaml", Spec: []byte("openapi: 3.1.0")}}
		c.AddressLimit = limit.Rate{Requests: 3, Per: time.Hour}
	})
	return s
}

func TestCORSOnEveryAnswer(t *testing.T) {
	for _, tt := range []struct {
		name    string
		origins []string
		origin  string
		want    string // Access-Control-Allow-Origin
		vary    string
	}{
		{"listed", []string{"https://a.example", "https://b.example:8443"}, "https://b.example:8443", "https://b.example:8443", "Origin"},
		{"case of the host", []string{"https://A.example"}, "https://a.example", "https://a.example", "Origin"},
		{"other port", []string{"https://a.example"}, "https://a.example:444", "", "Origin"},
		{"other scheme", []string{"https://a.example"}, "http://a.example", "", "Origin"},
		{"longer", []string{"https://a.example"}, "https://a.example.evil", "", "Origin"},
		{"null", []string{"https://a.example"}, "null", "", "Origin"},
		{"no origin", []string{"https://a.example"}, "", "", "Origin"},
		{"all", []string{"*"}, "https://anything.example", "*", ""},
		{"all, no origin", []string{"*"}, "", "", ""},
		{"none", nil, "https://a.example", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := corsServer(t, tt.origins...)
			for path, status := range map[string]int{"/x/ok": 200, "/x/panic": 500, "/nowhere": 404} {
				checkCORS(t, s, path, status, tt.origin, tt.want, tt.vary)
			}
			checkCORS(t, s, "/x/ok", 429, tt.origin, tt.want, tt.vary)
			checkCORS(t, s, "/%00", 400, tt.origin, tt.want, tt.vary)
			checkCORS(t, s, "/healthz", 200, tt.origin, tt.want, tt.vary)
			checkCORS(t, corsServer(t, tt.origins...), "/x.yaml", 200, tt.origin, tt.want, tt.vary)
		})
	}
}

func checkCORS(t *testing.T, s *Server, path string, status int, origin, allow, vary string) {
	t.Helper()
	var header []string
	if origin != "" {
		header = []string{"Origin", origin}
	}
	w := ask(s, "GET", path, header...)
	if w.Code != status {
		t.Fatalf("%s: status %d, want %d", path, w.Code, status)
	}
	expose, credentials := "", ""
	if allow != "" {
		expose = corsExpose
	}
	if allow != "" && allow != "*" {
		credentials = "true"
	}
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": allow, "Access-Control-Expose-Headers": expose, "Vary": vary,
		"Access-Control-Allow-Credentials": credentials, "Access-Control-Allow-Methods": "",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s %d: %s is %q, want %q", path, status, name, got, want)
		}
	}
}

func TestPreflight(t *testing.T) {
	const origin = "https://a.example"
	for _, tt := range []struct {
		name    string
		header  []string
		status  int
		methods string
		headers string
	}{
		{"plain", []string{"Origin", origin, "Access-Control-Request-Method", "PATCH"}, 204, corsMethods, ""},
		{
			"headers", []string{"Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,  rest-api-key"},
			204, corsMethods, "authorization, rest-api-key",
		},
		{
			"not a header", []string{"Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "x-ok, <script>"},
			204, corsMethods, "",
		},
		{"stranger", []string{"Origin", "https://evil.example", "Access-Control-Request-Method", "POST"}, 204, "", ""},
		{"a plain OPTIONS goes to the mount", []string{"Origin", origin}, 200, "", ""},
		{"without an origin as well", []string{"Access-Control-Request-Method", "POST"}, 200, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := corsServer(t, origin)
			for range 5 { // more often than the address limit allows: a preflight is not counted
				if tt.status == http.StatusNoContent {
					ask(s, "OPTIONS", "/x/ok", tt.header...)
				}
			}
			w := ask(s, "OPTIONS", "/x/ok", tt.header...)
			if w.Code != tt.status || w.Body.Len() != 0 {
				t.Errorf("%d %q, want %d", w.Code, w.Body, tt.status)
			}
			age := ""
			if tt.methods != "" {
				age = "600"
			}
			for name, want := range map[string]string{
				"Access-Control-Allow-Methods": tt.methods, "Access-Control-Allow-Headers": tt.headers, "Access-Control-Max-Age": age,
			} {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
		})
	}
}

// FuzzPreflight sends preflights as no browser would: what is answered is an origin of the list, and names of headers.
func FuzzPreflight(f *testing.F) {
	const listed = "https://a.example"
	s, err := New(Config{Listen: ":0", Origins: []string{listed}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	name := regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$") // RFC 9110's token
	f.Add(listed, "authorization,  rest-api-key", "x")
	f.Add("HTTPS://A.EXAMPLE", ",,a,", "b\r\nSet-Cookie: c")
	f.Add("null", "x-ok, <script>", "é")
	f.Fuzz(func(t *testing.T, origin, first, second string) {
		h := ask(s, "OPTIONS", "/x", "Origin", origin, "Access-Control-Request-Method", "POST",
			"Access-Control-Request-Headers", first, "Access-Control-Request-Headers", second).Header()
		if got := h.Get("Access-Control-Allow-Origin"); got != "" && !strings.EqualFold(got, listed) {
			t.Errorf("the origin %q is allowed as %q", origin, got)
		}
		allowed := h.Get("Access-Control-Allow-Headers")
		if allowed == "" {
			return
		}
		asked := strings.Split(first+","+second, ",")
		for i := range asked {
			asked[i] = strings.TrimSpace(asked[i])
		}
		for got := range strings.SplitSeq(allowed, ", ") {
			if !name.MatchString(got) || !slices.Contains(asked, got) {
				t.Errorf("%q and %q were answered %q", first, second, allowed)
			}
		}
	})
}
