package httpd

import (
	"net/http"
	"slices"
	"strings"
)

const (
	corsMethods = "GET, POST, PUT, PATCH, DELETE, HEAD"
	corsExpose  = "RateLimit, RateLimit-Policy, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Request-Id, ETag, Link, Location, Accept-Patch, Deprecation, Sunset, Muster-Change, Muster-Dry-Run, Idempotency-Replayed"
	corsMaxAge  = "600" // seconds
)

// cors answers preflights and puts the CORS fields on every answer, refusals included: a page that may not read the 429
// cannot know when to come back. Requests with credentials in the browser's sense are allowed from origins that were named:
// there are no cookies here, API keys and tokens travel in headers and bodies, but clients ask for it all the same.
func (s *Server) cors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, origin := w.Header(), r.Header.Get("Origin")
		if len(s.cfg.Origins) > 0 && !s.anyOrigin() {
			h.Add("Vary", "Origin") // without an Origin as well: a cache must not give that answer to a page
		}
		allowed := origin != "" && s.allowsOrigin(origin)
		if allowed {
			if s.anyOrigin() {
				h.Set("Access-Control-Allow-Origin", "*")
			} else {
				h.Set("Access-Control-Allow-Origin", origin)
				h.Set("Access-Control-Allow-Credentials", "true")
			}
			h.Set("Access-Control-Expose-Headers", corsExpose)
		}
		if r.Method == http.MethodOptions && origin != "" && r.Header.Get("Access-Control-Request-Method") != "" {
			of(r.Context()).mount = "preflight"
			preflight(h, r, allowed)
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) anyOrigin() bool { return slices.Contains(s.cfg.Origins, "*") }

func (s *Server) allowsOrigin(origin string) bool {
	return s.anyOrigin() || slices.ContainsFunc(s.cfg.Origins, func(o string) bool { return strings.EqualFold(o, origin) })
}

// preflight says what an allowed origin may send: any of our methods and whatever header it asked for. Which of them mean
// something is decided when the request comes, so that a dialect's odd key header needs no entry here.
func preflight(h http.Header, r *http.Request, allowed bool) {
	h.Add("Vary", "Access-Control-Request-Headers")
	if !allowed {
		return
	}
	h.Set("Access-Control-Allow-Methods", corsMethods)
	h.Set("Access-Control-Max-Age", corsMaxAge)
	if names := headerNames(r.Header.Values("Access-Control-Request-Headers")); names != "" {
		h.Set("Access-Control-Allow-Headers", names)
	}
}

// headerNames joins the names of comma-separated lists, or returns "" if one of them is not a name: what is echoed must
// not be text of the client's choice.
func headerNames(lists []string) string {
	var names []string
	for name := range strings.SplitSeq(strings.Join(lists, ","), ",") {
		name = strings.TrimSpace(name)
		if name == "" {
			continue
		}
		if strings.ContainsFunc(name, notToken) {
			return ""
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// notToken reports whether c may not stand in a header's name (RFC 9110, 5.6.2).
func notToken(c rune) bool {
	letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
	return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", c)
}
