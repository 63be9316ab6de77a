package httpd

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// errPath is a path nobody means: NUL, bytes that are not UTF-8, or a broken percent-encoding.
var errPath = errors.New("the path is not text")

// path is a cleaned path, both ways: as a URL carries it, and decoded.
type path struct{ escaped, decoded string }

// cleanPath cleans an escaped path: empty and "." segments go, ".." takes the segment before it along and never leaves the
// root, and each segment is encoded anew. It looks at segments decoded, so "%2e%2e" is ".." as well, but splits
// before it decodes, so that "a%2Fb" stays one segment. Where the path is not text it is cleaned all the same, to tell
// whose it would have been.
func cleanPath(escaped string) (_ path, bad error) {
	var segments, decoded []string
	for raw := range strings.SplitSeq(escaped, "/") {
		segment, err := url.PathUnescape(raw)
		if err != nil {
			segment, bad = raw, errPath
		}
		if strings.ContainsRune(segment, 0) || !utf8.ValidString(segment) {
			bad = errPath
		}
		switch segment {
		case "", ".":
		case "..":
			last := max(0, len(segments)-1)
			segments, decoded = segments[:last], decoded[:last]
		default:
			segments = append(segments, url.PathEscape(segment))
			decoded = append(decoded, segment)
		}
	}
	return path{"/" + strings.Join(segments, "/"), "/" + strings.Join(decoded, "/")}, bad
}

// rawPath is the path as the client encoded it. URL.EscapedPath will not do: where the client left a character bare that
// should have been encoded, it encodes the decoded path, and "%2F" has become "/".
func rawPath(u *url.URL) string {
	if u.RawPath != "" {
		if decoded, err := url.PathUnescape(u.RawPath); err == nil && decoded == u.Path {
			return u.RawPath
		}
	}
	return (&url.URL{Path: u.Path}).EscapedPath()
}

// cleanPaths gives the next handler a cleaned path, in a copy of the request's URL.
func (s *Server) cleanPaths(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := of(r.Context())
		clean, err := cleanPath(rawPath(r.URL))
		u := *r.URL
		u.Path, u.RawPath = clean.decoded, clean.escaped
		r.URL = &u
		x.path = clean.escaped
		if err != nil {
			s.refuse(w, r, http.StatusBadRequest, err.Error())
			return
		}
		next.ServeHTTP(w, r)
	})
}
