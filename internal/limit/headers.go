package limit

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// SetHeaders tells the client where it stands: the fields RateLimit-Policy and RateLimit of
// draft-ietf-httpapi-ratelimit-headers-11, the older RateLimit-Limit, RateLimit-Remaining and RateLimit-Reset that some
// clients read instead, and Retry-After when the request was refused. Name is the policy's name, a word of ours such as
// the route class; rate is the one the Result came from. Times are whole seconds, rounded up. An unlimited rate sets nothing.
func (r Result) SetHeaders(h http.Header, name string, rate Rate) {
	if rate.unlimited() {
		return
	}
	policy := quoted(name)
	reset := seconds(r.Reset)
	h.Set("RateLimit-Policy", fmt.Sprintf("%s;q=%d;w=%d", policy, rate.Requests, seconds(rate.period())))
	h.Set("RateLimit", fmt.Sprintf("%s;r=%d;t=%d", policy, r.Remaining, reset))
	h.Set("RateLimit-Limit", strconv.Itoa(r.Limit))
	h.Set("RateLimit-Remaining", strconv.Itoa(r.Remaining))
	h.Set("RateLimit-Reset", strconv.FormatInt(reset, 10))
	if !r.Allowed {
		// Zero would tell the client to come back at once, and be refused again.
		h.Set("Retry-After", strconv.FormatInt(max(1, seconds(r.RetryAfter)), 10))
	}
}

// seconds rounds up: a client that waits as told must not come too early.
func seconds(d time.Duration) int64 {
	s := int64(d / time.Second)
	if d%time.Second > 0 {
		s++
	}
	return s
}

// quoted is a structured field's string (RFC 9651, 3.3.3): printable ASCII in quotes, with quote and backslash escaped.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c < ' ' || c > '~':
			b.WriteByte('?')
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
