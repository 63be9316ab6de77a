package httpd

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-accounts/muster/internal/limit"
)

func prefixes(s ...string) (p []netip.Prefix) {
	for _, one := range s {
		p = append(p, netip.MustParsePrefix(one))
	}
	return p
}

func TestClientAddress(t *testing.T) {
	for _, tt := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"no proxy", "192.0.2.1:5000", nil, "192.0.2.1"},
		{"untrusted peers are not believed", "192.0.2.1:5000", []string{"198.51.100.7"}, "192.0.2.1"},
		{"one proxy", "10.0.0.1:5000", []string{"198.51.100.7"}, "198.51.100.7"},
		{"trusted, but says nothing", "10.0.0.1:5000", nil, "10.0.0.1"},
		{"empty", "10.0.0.1:5000", []string{""}, "10.0.0.1"},
		{"the left is only claimed", "10.0.0.1:5000", []string{"1.1.1.1, 198.51.100.7"}, "198.51.100.7"},
		{"through two proxies", "10.0.0.1:5000", []string{"1.1.1.1, 198.51.100.7 ,10.0.0.2"}, "198.51.100.7"},
		{"two headers are one list", "10.0.0.1:5000", []string{"1.1.1.1", "198.51.100.7, 10.0.0.2"}, "198.51.100.7"},
		{"only proxies", "10.0.0.1:5000", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"ports", "10.0.0.1:5000", []string{"198.51.100.7:1234"}, "198.51.100.7"},
		{"IPv6", "[fd00::1]:5000", []string{"2001:db8::7"}, "2001:db8::7"},
		{"IPv6 in brackets", "[fd00::1]:5000", []string{"[2001:db8::7]"}, "2001:db8::7"},
		{"IPv6 with port", "[fd00::1]:5000", []string{"[2001:db8::7]:80"}, "2001:db8::7"},
		{"IPv6 zone", "[fe80::1%eth0]:5000", nil, "fe80::1"},
		{"IPv4 in IPv6", "[::ffff:10.0.0.1]:5000", []string{"::ffff:198.51.100.7"}, "198.51.100.7"},
		{"garbage at the right", "10.0.0.1:5000", []string{"198.51.100.7, unknown"}, "10.0.0.1"},
		{"garbage further left", "10.0.0.1:5000", []string{"198.51.100.7, <x>, 10.0.0.2"}, "10.0.0.2"},
		{"half a bracket", "10.0.0.1:5000", []string{"[2001:db8::7"}, "10.0.0.1"},
		{"no IP peer", "@", []string{"198.51.100.7"}, "invalid IP"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := newServer(t, func(c *Config) {
				c.TrustedProxies = prefixes("10.0.0.0/8", "fd00::/8")
				c.Mounts = one("/", func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, of(r.Context()).client) })
			})
			r := httptest.NewRequest("GET", "/x", nil)
			r.RemoteAddr = tt.peer
			r.Header["X-Forwarded-For"] = tt.forwarded
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			if got := w.Body.String(); got != tt.want {
				t.Errorf("client %q, want %q", got, tt.want)
			}
		})
	}
}

// FuzzClientAddress checks that an untrusted peer is never talked over, and that a claim left of an untrusted hop never counts.
func FuzzClientAddress(f *testing.F) {
	f.Add("10.0.0.1", "1.1.1.1, [::1]:80, ,10.0.0.2")
	f.Add("192.0.2.1", "a,b")
	f.Add("10.0.0.1", "[fe80::1%25eth0]:1,::ffff:1.2.3.4")
	s := &Server{cfg: Config{TrustedProxies: prefixes("10.0.0.0/8")}}
	f.Fuzz(func(t *testing.T, peer, forwarded string) {
		from := peerAddress(peer)
		got := s.clientAddress(from, http.Header{"X-Forwarded-For": {forwarded}})
		if !s.trusted(from) && got != from {
			t.Errorf("untrusted peer %v became %v", from, got)
		}
		if got.Zone() != "" || got.Is4In6() {
			t.Errorf("%v is not in its plain form", got)
		}
		honest := s.clientAddress(from, http.Header{"X-Forwarded-For": {forwarded, "198.51.100.7"}})
		if s.trusted(from) && honest.String() != "198.51.100.7" {
			t.Errorf("claims changed the client to %v", honest)
		}
	})
}

func TestRequestID(t *testing.T) {
	s, _ := newServer(t, func(c *Config) {
		c.TrustedProxies = prefixes("10.0.0.0/8")
		c.Mounts = one("/", func(w http.ResponseWriter, r *http.Request) {
			_, _ = fmt.Fprint(w, of(r.Context()).id, " ", strings.Join(r.Header.Values("X-Request-Id"), "|"))
		})
	})
	for _, tt := range []struct {
		name, peer string
		ids        []string
		keep       bool
	}{
		{"none", "10.0.0.1:1", nil, false},
		{"from a proxy", "10.0.0.1:1", []string{"abc-DEF_1.2"}, true},
		{"from anybody", "192.0.2.1:1", []string{"abc"}, false},
		{"two", "10.0.0.1:1", []string{"abc", "def"}, true},
		{"odd", "10.0.0.1:1", []string{"a b"}, false},
		{"line end", "10.0.0.1:1", []string{"a\n"}, false},
		{"longest", "10.0.0.1:1", []string{strings.Repeat("a", 64)}, true},
		{"too long", "10.0.0.1:1", []string{strings.Repeat("a", 65)}, false},
	} {
		r := httptest.NewRequest("GET", "/x", nil)
		r.RemoteAddr = tt.peer
		r.Header["X-Request-Id"] = tt.ids
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		id := w.Header().Get("X-Request-Id")
		if w.Body.String() != id+" "+id {
			t.Errorf("%s: answered %q, the handler saw %q", tt.name, id, w.Body)
		}
		if tt.keep && id != tt.ids[0] {
			t.Errorf("%s: %q was not kept but %q", tt.name, tt.ids[0], id)
		}
		if parsed, err := uuid.Parse(id); !tt.keep && (err != nil || parsed.Version() != 4) {
			t.Errorf("%s: %q is no fresh UUID", tt.name, id)
		}
	}
}

func TestAddressLimit(t *testing.T) {
	at := time.Now()
	served := 0
	s, _ := newServer(t, func(c *Config) {
		c.AddressLimit = limit.Rate{Requests: 2, Per: time.Minute}
		c.Now = func() time.Time { return at }
		c.Mounts = one("/x", func(http.ResponseWriter, *http.Request) { served++ })
	})
	from := func(addr, path string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		r.RemoteAddr = addr
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		return w
	}
	for _, step := range []struct {
		addr, path string
		want       int
	}{
		{"192.0.2.1:1", "/x", 200}, {"192.0.2.1:2", "/nowhere", 404}, {"192.0.2.1:3", "/x", 429},
		{"192.0.2.2:1", "/x", 200},                                          // somebody else
		{"192.0.2.1:4", "/healthz", 200}, {"192.0.2.1:4", "//readyz/", 200}, // never limited
		{"[2001:db8::1]:1", "/x", 200}, {"[2001:db8::ffff]:1", "/x", 200}, {"[2001:db8::2]:1", "/x", 429}, // one /64
		{"[2001:db8:0:1::1]:1", "/x", 200},
	} {
		if got := from(step.addr, step.path).Code; got != step.want {
			t.Errorf("%s %s: %d, want %d", step.addr, step.path, got, step.want)
		}
	}
	if served != 5 {
		t.Errorf("%d requests reached the handler, want 5", served)
	}
	w := from("192.0.2.1:5", "/x")
	if got := w.Body.String(); got != "too many requests from this address" {
		t.Errorf("body %q", got)
	}
	for name, want := range map[string]string{
		"Retry-After": "30", "RateLimit": `"address";r=0;t=60`, "RateLimit-Policy": `"address";q=2;w=60`, "RateLimit-Reset": "60",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	at = at.Add(30 * time.Second)
	if got := from("192.0.2.1:6", "/x"); got.Code != 200 || got.Header().Get("RateLimit") != "" {
		t.Errorf("after Retry-After: %d %v", got.Code, got.Header())
	}
}
