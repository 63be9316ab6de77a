package httpd

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
)

// recoverPanics answers 500 for a handler that panicked before its answer began, and otherwise cuts the connection: half
// an answer must not look like a whole one. What happened is for the log.
func (s *Server) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler { //nolint:errorlint // a panic's value, compared as net/http does
				panic(p)
			}
			x := of(r.Context())
			s.log.Error("panic", slog.String("panic", fmt.Sprint(p)), slog.String("request_id", x.id),
				slog.String("method", short(r.Method)), slog.String("path", short(x.path)), slog.String("stack", string(debug.Stack())))
			if x.status != 0 {
				panic(http.ErrAbortHandler)
			}
			for _, name := range []string{"Content-Length", "Content-Encoding", "Content-Range", "Etag", "Last-Modified", "Location", "Set-Cookie"} {
				w.Header().Del(name) // they spoke of another answer
			}
			w.Header().Set("Cache-Control", "no-store")
			s.refuse(w, r, http.StatusInternalServerError, "internal error")
		}()
		next.ServeHTTP(w, r)
	})
}

// secure sets the fields every answer carries unless its handler knows better.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

// limitBody lets the handler read MaxBody bytes, its mount's or the door's, and no more. It does not answer itself: how a body that is too large is
// refused is the handler's word.
func (s *Server) limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		most := s.cfg.MaxBody
		if m := s.mountOf(of(r.Context()).path); m != nil && m.MaxBody > 0 {
			most = m.MaxBody
		}
		if r.ContentLength > most {
			if r.ProtoMajor == 1 { // in HTTP/2 it would end the other requests of the connection
				w.Header().Set("Connection", "close")
			}
			r.Body = refusedBody{r.Body, most}
		} else if r.Body != nil {
			// MaxBytesReader must see net/http's own writer to have the connection closed.
			r.Body = http.MaxBytesReader(of(r.Context()).ResponseWriter, r.Body, most)
		}
		next.ServeHTTP(w, r)
	})
}

// refusedBody is a body that announced itself as too large. It fails at once: nothing of it has to travel.
type refusedBody struct {
	io.Closer
	limit int64
}

func (b refusedBody) Read([]byte) (int, error) { return 0, &http.MaxBytesError{Limit: b.limit} }
