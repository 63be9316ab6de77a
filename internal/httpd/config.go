package httpd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-accounts/muster/internal/limit"
)

// defaultMaxBody is 16 MiB: above what an avatar or a bulk request of any dialect needs.
const defaultMaxBody = 16 << 20

// Config says how the door stands. Only Listen is required; [New] checks the rest.
type Config struct {
	Listen        string // HOST:PORT; an empty host is every address, port 0 any free one
	MetricsListen string // HOST:PORT on the loopback, for /metrics; "" is none
	PublicURL     string // what URL answers, when the server stands behind a proxy; absolute, http or https
	Version       string // shown at "/"

	TLSCert, TLSKey string // PEM files; both or neither. Read again when they change

	TrustedProxies []netip.Prefix // peers whose X-Forwarded-For and X-Request-Id are believed
	Origins        []string       // CORS: exact origins ("https://example.org"), or "*" for all; none is no CORS
	MaxBody        int64          // bytes; 0 is 16 MiB
	AddressLimit   limit.Rate     // per IPv4 address or IPv6 /64; Requests 0 is off

	Mounts []Mount

	// Ready says whether requests can be served, with an error that goes to the log only. It is asked by /readyz, never
	// twice at the same time, under a context of two seconds. Nil is always ready.
	Ready func(context.Context) error

	Logger    *slog.Logger     // nil is slog.Default()
	AccessLog slog.Level       // the level of the line per request; the zero value is Info
	Now       func() time.Time // nil is time.Now
}

// Mount hands every path at or below one of Prefixes to Handler.
type Mount struct {
	Name     string   // what "/" and the metrics call it: "Sonoran CMS v1 and v2"
	Contract string   // where Spec is served: "/openapi/sonoran.yaml"; "" is nowhere
	Spec     []byte   // the OpenAPI document, served as application/yaml
	Page     string   // a page of the mount for people, which "/" links: "/docs"; "" is none
	Routes   []string // what "/" lists: "POST /general/set_account_ranks"
	Prefixes []string // "/general", "/v2"; whole segments, "/" is everything no other mount takes; longest wins
	FoldCase bool     // prefixes hold paths in any case: the vendor's server and clients do not mind it
	Handler  http.Handler
	MaxBody  int64 // bytes; 0 is Config.MaxBody. For a handler that bounds its routes itself

	// Stop ends answers that have no end of themselves, when the door is about to close; nil where there are none.
	Stop func()

	// Metrics are what the mount counts beside its requests; /metrics has them.
	Metrics []prometheus.Collector

	// Refuse answers what the door refuses of this mount's paths, in the mount's own form: 429 for too many requests from
	// an address, 400 for a path that is not text, 500 for a panic. Nil is plain text. Headers such as Retry-After are set before.
	Refuse func(w http.ResponseWriter, r *http.Request, status int, text string)
}

// Check tells whether a server of this configuration could start: before
// anything is made that one which cannot would leave behind. Mounts may come
// later.
func (c Config) Check() error {
	if err := c.complete(); err != nil {
		return fmt.Errorf("httpd: %w", err)
	}
	if c.TLSCert != "" {
		if _, err := openCertificate(c.TLSCert, c.TLSKey, c.Now, c.Logger); err != nil {
			return fmt.Errorf("httpd: %w", err)
		}
	}
	if err := canListen(c.Listen); err != nil {
		return fmt.Errorf("httpd: %w", err)
	}
	if c.MetricsListen == "" {
		return nil
	}
	if err := canListen(c.MetricsListen); err != nil {
		return fmt.Errorf("httpd: metrics: %w", err)
	}
	return nil
}

func canListen(address string) error {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	if err != nil {
		return err
	}
	return l.Close()
}

// complete checks c and fills in what was left out.
func (c *Config) complete() error {
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return fmt.Errorf("listen address %q: %w", c.Listen, err)
	}
	if c.MetricsListen != "" && !loopback(c.MetricsListen) {
		return fmt.Errorf("metrics address %q is not on the loopback: metrics are not for everybody", c.MetricsListen)
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("a TLS certificate needs its key, and a key its certificate")
	}
	if c.MaxBody < 0 {
		return fmt.Errorf("body limit of %d bytes is below zero", c.MaxBody)
	}
	if c.MaxBody == 0 {
		c.MaxBody = defaultMaxBody
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return errors.Join(checkPublicURL(c.PublicURL), checkOrigins(c.Origins), checkMounts(c.Mounts))
}

// loopback reports whether the host of a HOST:PORT can only be reached from this machine.
func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}

func checkPublicURL(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil {
		return fmt.Errorf("public URL: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("public URL %q is not of the form https://host", s)
	}
	return nil
}

func checkOrigins(origins []string) error {
	for _, o := range origins {
		u, err := url.Parse(o)
		if o == "*" || err == nil && u.Scheme != "" && u.Host != "" && o == u.Scheme+"://"+u.Host {
			continue
		}
		return fmt.Errorf("origin %q is neither * nor of the form https://host[:port]", o)
	}
	return nil
}

func checkMounts(mounts []Mount) error {
	taken := map[string]string{"/healthz": "health", "/readyz": "health"}
	for _, m := range mounts {
		if err := m.check(); err != nil {
			return err
		}
		for _, p := range m.paths() {
			if other, ok := taken[p]; ok {
				return fmt.Errorf("mount %q: %s already belongs to %q", m.Name, p, other)
			}
			taken[p] = m.Name
		}
	}
	return nil
}

// paths is everything the mount lays claim to.
func (m Mount) paths() []string {
	if m.Contract == "" {
		return m.Prefixes
	}
	return append(slices.Clone(m.Prefixes), m.Contract)
}

func (m Mount) check() error {
	if m.Name == "" || m.Handler == nil || len(m.Prefixes) == 0 {
		return fmt.Errorf("mount %q needs a name, a handler and a prefix", m.Name)
	}
	if (m.Contract == "") != (len(m.Spec) == 0) || m.Contract == "/" {
		return fmt.Errorf("mount %q: a contract is a path of its own and a document", m.Name)
	}
	for _, p := range m.paths() {
		if clean, err := cleanPath(p); err != nil || clean.escaped != p {
			return fmt.Errorf("mount %q: %q is not a clean path", m.Name, p)
		}
	}
	return nil
}
