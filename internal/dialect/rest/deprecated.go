package rest

import (
	"net/http"
	"strconv"
	"time"
)

// ending says that a route is on its way out, and in openapi.yaml as well
// (deprecated: true). None is by now.
type ending struct {
	since  time.Time // from then on it is deprecated; zero: it is not
	sunset time.Time // from then on it may be gone; zero: nobody knows yet
	about  string    // where people read what takes its place
}

// setHeaders tells clients (RFC 9745, RFC 8594), whatever else is answered.
func (e ending) setHeaders(h http.Header) {
	if e.since.IsZero() {
		return
	}
	h.Set("Deprecation", "@"+strconv.FormatInt(e.since.Unix(), 10))
	if !e.sunset.IsZero() {
		h.Set("Sunset", e.sunset.UTC().Format(http.TimeFormat))
	}
	h.Add("Link", "<"+e.about+`>; rel="deprecation"; type="text/html"`)
}
