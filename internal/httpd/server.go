package httpd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-accounts/muster/internal/limit"
)

// bounds is what one connection may cost, on either listener.
type bounds struct {
	readHeader, read, write, idle time.Duration
	headerBytes                   int
	connections                   int64
}

// Server is the front door. It is made by [New], opened by Listen, served by Serve and closed by Shutdown, once each.
type Server struct {
	cfg       Config
	bounds    bounds
	log       *slog.Logger
	metrics   *metrics
	addresses *limit.Memory
	readiness readiness
	prefixes  []prefix
	literals  map[*Mount]map[string]bool // see shape
	pages     map[string]page
	handler   http.Handler
	tls       *tls.Config // nil without TLS

	stopping atomic.Bool
	failed   chan error
	doors    []door // the public one first
}

// door is one listener and who serves it.
type door struct {
	listener net.Listener
	server   *http.Server
}

// New checks cfg and reads the certificate, and builds the server without opening anything. Its errors are mistakes in
// the configuration, in words for the person who wrote it.
func New(cfg Config) (*Server, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	s := &Server{
		cfg:       cfg,
		bounds:    bounds{10 * time.Second, 60 * time.Second, 60 * time.Second, 120 * time.Second, 64 << 10, 10_000},
		log:       cfg.Logger,
		metrics:   newMetrics(),
		addresses: limit.NewMemory(cfg.Now),
		readiness: readiness{ask: cfg.Ready, now: cfg.Now},
		prefixes:  sortPrefixes(cfg.Mounts),
		literals:  map[*Mount]map[string]bool{},
		failed:    make(chan error, 2),
	}
	for _, p := range s.prefixes {
		s.literals[p.mount] = literals(p.mount)
	}
	var err error
	if s.pages, err = s.ownPages(); err != nil {
		return nil, err
	}
	if cfg.TLSCert != "" {
		pair, err := openCertificate(cfg.TLSCert, cfg.TLSKey, cfg.Now, cfg.Logger)
		if err != nil {
			return nil, err
		}
		s.tls = &tls.Config{GetCertificate: pair.get, MinVersion: tls.VersionTLS12}
	}
	for _, m := range cfg.Mounts {
		for _, c := range m.Metrics {
			if err := s.metrics.registry.Register(c); err != nil {
				return nil, fmt.Errorf("httpd: metrics of %q: %w", m.Name, err)
			}
		}
	}
	s.handler = s.stack()
	return s, nil
}

// stack is the way of a request, outermost first. CORS stands before everything that refuses, so that a page may read
// the refusal; the limit stands behind the path, so that the health pages are known.
func (s *Server) stack() http.Handler {
	h := http.Handler(http.HandlerFunc(s.route))
	h = s.limitBody(h)
	h = s.limitAddress(h)
	h = s.cleanPaths(h)
	h = s.cors(h)
	h = secure(h)
	h = s.recoverPanics(h)
	h = linger(h)
	return s.observe(h)
}

// Handler is the whole door without a listener, for tests in process.
func (s *Server) Handler() http.Handler { return s.handler }

// Registry is where /metrics reads; whoever counts something registers it here before Start.
func (s *Server) Registry() *prometheus.Registry { return s.metrics.registry }

// Start is Listen and Serve.
func (s *Server) Start() error {
	if err := s.Listen(); err != nil {
		return err
	}
	s.Serve()
	return nil
}

// Listen opens the listeners: clients can connect, and wait for Serve. When it returns an error, nothing is open.
func (s *Server) Listen() error {
	public, err := s.open(s.cfg.Listen, s.handler, s.tls)
	if err != nil {
		return err
	}
	s.doors = []door{public}
	if s.cfg.MetricsListen != "" {
		private, err := s.open(s.cfg.MetricsListen, s.metrics.handler(), nil)
		if err != nil {
			_ = public.listener.Close()
			s.doors = nil
			return fmt.Errorf("metrics: %w", err)
		}
		s.doors = append(s.doors, private)
	}
	return nil
}

// Serve answers those who connect, until Shutdown.
func (s *Server) Serve() {
	for _, d := range s.doors {
		go s.serve(d)
	}
}

// open listens at one address.
func (s *Server) open(address string, h http.Handler, secured *tls.Config) (door, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	if err != nil {
		return door{}, err
	}
	var open atomic.Int64
	return door{lingerListener{listener, &s.stopping}, &http.Server{
		Handler:           h,
		ConnContext:       withConn,
		TLSConfig:         secured,
		ReadHeaderTimeout: s.bounds.readHeader,
		ReadTimeout:       s.bounds.read,
		WriteTimeout:      s.bounds.write,
		IdleTimeout:       s.bounds.idle,
		MaxHeaderBytes:    s.bounds.headerBytes,
		ErrorLog:          slog.NewLogLogger(complaints{s.log.Handler()}, slog.LevelWarn),
		ConnState:         func(c net.Conn, state http.ConnState) { s.bounds.count(&open, c, state) },
	}}, nil
}

// count keeps the number of connections below the bound, by closing those beyond it: a server that has run out of file
// descriptors serves nobody, and its store neither.
func (b bounds) count(open *atomic.Int64, c net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		if open.Add(1) > b.connections {
			_ = c.Close()
		}
	case http.StateClosed, http.StateHijacked:
		open.Add(-1)
	}
}

func (s *Server) serve(d door) {
	serve := d.server.Serve
	if d.server.TLSConfig != nil {
		serve = func(l net.Listener) error { return d.server.ServeTLS(l, "", "") }
	}
	if err := serve(d.listener); !errors.Is(err, http.ErrServerClosed) {
		s.failed <- fmt.Errorf("%s: %w", d.listener.Addr(), err)
	}
}

// Failed tells of a listener that broke down while it should have served. The process does well to end.
func (s *Server) Failed() <-chan error { return s.failed }

// Addr is the HOST:PORT that is listened on, "" before Start.
func (s *Server) Addr() string { return s.addr(0) }

// MetricsAddr is the HOST:PORT of the metrics, "" before Start or when there are none.
func (s *Server) MetricsAddr() string { return s.addr(1) }

func (s *Server) addr(i int) string {
	if i >= len(s.doors) {
		return ""
	}
	return s.doors[i].listener.Addr().String()
}

// URL is where clients find the server, without a slash at the end: Config.PublicURL, or else the listener as this
// machine sees it.
func (s *Server) URL() string {
	if s.cfg.PublicURL != "" {
		return strings.TrimRight(s.cfg.PublicURL, "/")
	}
	address := s.Addr()
	if address == "" {
		address = s.cfg.Listen
	}
	host, port, _ := net.SplitHostPort(address)
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	scheme := "http"
	if s.tls != nil {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// Shutdown closes the door: /readyz answers 503, no connection is taken any more, and requests in flight have until ctx
// ends to finish. Those that have not are cut off, and the error is ctx's. The metrics can be read until the last one is done.
func (s *Server) Shutdown(ctx context.Context) error {
	if !s.stopping.Swap(true) {
		for _, m := range s.cfg.Mounts {
			if m.Stop != nil {
				m.Stop()
			}
		}
	}
	var errs []error
	for _, d := range s.doors {
		if err := d.server.Shutdown(ctx); err != nil {
			errs = append(errs, err, d.server.Close())
		}
		_ = d.listener.Close() // where it was never served
	}
	return errors.Join(errs...)
}

// complaints is where net/http's own messages go. Handshakes that fail are somebody else's mistake, and many.
type complaints struct{ slog.Handler }

// Handle turns failed handshakes down to Debug.
func (c complaints) Handle(ctx context.Context, r slog.Record) error {
	if strings.HasPrefix(r.Message, "http: TLS handshake error") {
		r.Level = slog.LevelDebug
		if !c.Enabled(ctx, r.Level) {
			return nil
		}
	}
	return c.Handler.Handle(ctx, r)
}
