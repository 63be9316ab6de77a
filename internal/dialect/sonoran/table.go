package sonoran

import (
	"net/http"
	"net/url"
	"strings"
)

// route is one served call. A pattern's segments in braces match any one
// segment and are handed over under their name.
type route struct {
	method  string
	pattern string
	handler http.HandlerFunc
	unbuilt bool // answers an honest 501
}

// table finds routes. http.ServeMux refuses some of Sonoran's patterns as
// conflicting (accounts/discord/{id} and accounts/{id}/ranks); here a literal
// segment simply goes before a named one.
type table struct {
	routes []route
	byPath map[string][]route // for patterns without names
	named  [][]string         // segments of the others' patterns
	others [][]route
}

func newTable(routes []route) table {
	t := table{routes: routes, byPath: map[string][]route{}}
	at := map[string]int{}
	for _, r := range routes {
		if !strings.Contains(r.pattern, "{") {
			t.byPath[r.pattern] = append(t.byPath[r.pattern], r)
			continue
		}
		i, ok := at[r.pattern]
		if !ok {
			i = len(t.named)
			at[r.pattern] = i
			t.named, t.others = append(t.named, strings.Split(r.pattern, "/")), append(t.others, nil)
		}
		t.others[i] = append(t.others[i], r)
	}
	return t
}

// match lists the routes of a path, by method, and sets the named segments on
// the request.
func (t table) match(r *http.Request) []route {
	if routes := t.byPath[r.URL.Path]; routes != nil {
		return routes
	}
	segments := strings.Split(r.URL.EscapedPath(), "/")
	best, closest := -1, -1
	for i, pattern := range t.named {
		if n, ok := fits(pattern, segments); ok && n > closest {
			best, closest = i, n
		}
	}
	if best < 0 {
		return nil
	}
	for i, segment := range t.named[best] {
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			value, _ := url.PathUnescape(segments[i]) // fits has seen that it can be
			r.SetPathValue(strings.TrimSuffix(name, "}"), value)
		}
	}
	return t.others[best]
}

// fits tells how closely a path fits a pattern: a bit for each segment, set
// where it is literal, the first the highest.
func fits(pattern, segments []string) (closeness int, ok bool) {
	if len(pattern) != len(segments) {
		return 0, false
	}
	for i, want := range pattern {
		value, err := url.PathUnescape(segments[i])
		if err != nil {
			return 0, false
		}
		closeness <<= 1
		if strings.HasPrefix(want, "{") {
			continue
		}
		if value != want {
			return 0, false
		}
		closeness++
	}
	return closeness, true
}
