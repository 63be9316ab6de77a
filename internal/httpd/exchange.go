package httpd

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"regexp"
	"time"

	"github.com/google/uuid"
)

// exchange is one request and its answer, as the log and the metrics see it. It is the ResponseWriter that handlers get.
type exchange struct {
	http.ResponseWriter
	id     string
	client netip.Addr
	path   string          // escaped, never with a query
	mount  string          // who answers it
	quiet  bool            // not logged
	status int             // 0 until the answer has begun
	bytes  int64           // of the answer's body, as the handler wrote it
	left   <-chan struct{} // closed when the client has hung up
}

// statusGone is what is noted of an answer that began when the client had hung up. Nobody read it, and what it said was
// the client's doing. The number is nginx's.
const statusGone = 499

type exchangeKey struct{}

// of returns the exchange that observe put into the context.
func of(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// WriteHeader notes the status. Informational ones (1xx) do not begin the answer.
func (x *exchange) WriteHeader(status int) {
	if status >= 200 || status == http.StatusSwitchingProtocols {
		x.begin(status)
	}
	x.ResponseWriter.WriteHeader(status)
}

// begin notes the status of an answer that begins, and nothing of one that has begun.
func (x *exchange) begin(status int) {
	if x.status != 0 {
		return
	}
	x.status = status
	select {
	case <-x.left:
		x.status = statusGone
	default:
	}
}

// Write counts the bytes.
func (x *exchange) Write(b []byte) (int, error) {
	x.begin(http.StatusOK)
	n, err := x.ResponseWriter.Write(b)
	x.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach net/http's own writer.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// FlushError is here and not left to Unwrap because a flush begins the answer.
func (x *exchange) FlushError() error {
	x.begin(http.StatusOK)
	return http.NewResponseController(x.ResponseWriter).Flush()
}

// longestLogged bounds what one request can add to the log, in bytes of its path or method.
const longestLogged = 512

// short is the beginning of a path or a method for the log. Both are ASCII, so any cut is clean.
func short(s string) string { return s[:min(len(s), longestLogged)] }

var saneID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// observe opens the exchange, and counts and logs it when it is over. It is the outermost handler.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := s.cfg.Now()
		x := &exchange{ResponseWriter: w, path: r.URL.EscapedPath(), mount: "none", left: r.Context().Done()}
		peer := peerAddress(r.RemoteAddr)
		x.client = s.clientAddress(peer, r.Header)
		x.id = r.Header.Get("X-Request-Id")
		if !s.trusted(peer) || !saneID.MatchString(x.id) {
			x.id = uuid.NewString()
		}
		// Packages behind a mount may not import this one; they read the id, and the client's address, from here.
		r.Header.Set("X-Request-Id", x.id)
		if x.client != peer {
			r.RemoteAddr = netip.AddrPortFrom(x.client, 0).String()
		}
		w.Header().Set("X-Request-Id", x.id)

		s.metrics.inFlight.Inc()
		defer func() { // deferred because an aborted request panics through here
			s.metrics.inFlight.Dec()
			s.conclude(r, x, s.cfg.Now().Sub(began))
		}()
		next.ServeHTTP(x, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x)))
	})
}

// conclude counts and logs an exchange that is over.
func (s *Server) conclude(r *http.Request, x *exchange, took time.Duration) {
	x.begin(http.StatusOK) // what net/http sends for a handler that wrote nothing
	s.metrics.observe(x.mount, r.Method, x.status, took)
	if x.quiet {
		return
	}
	// The path only: queries, headers and bodies carry credentials.
	s.log.LogAttrs(r.Context(), s.cfg.AccessLog, "request",
		slog.String("method", short(r.Method)),
		slog.String("path", short(s.shape(x.path))),
		slog.Int("status", x.status),
		slog.Int64("bytes", x.bytes),
		slog.Duration("duration", took),
		slog.String("request_id", x.id),
		slog.String("client", x.client.String()))
}
