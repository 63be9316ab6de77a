package httpd

import (
	"regexp"
	"strings"
)

// literals are the segments that stand as they are in a mount's routes and prefixes, in lower case.
func literals(m *Mount) map[string]bool {
	known := map[string]bool{}
	for _, route := range m.Routes {
		_, pattern, _ := strings.Cut(route, " ")
		for segment := range strings.SplitSeq(pattern, "/") {
			if !strings.HasPrefix(segment, "{") {
				known[strings.ToLower(segment)] = true
			}
		}
	}
	for _, p := range m.Prefixes {
		for segment := range strings.SplitSeq(p, "/") {
			known[strings.ToLower(segment)] = true
		}
	}
	return known
}

var isUUID = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

// shape is a path as it is logged: what a client put into it is no business of the log's - it may be somebody's name, or
// open their account - but for UUIDs, which say nothing by themselves. A mount that lists no routes has nothing of people
// in its paths.
func (s *Server) shape(path string) string {
	m := s.mountOf(path)
	if m == nil || len(m.Routes) == 0 {
		return path
	}
	known, segments := s.literals[m], strings.Split(path, "/")
	for i, segment := range segments {
		if segment != "" && !known[strings.ToLower(segment)] && !isUUID.MatchString(segment) {
			segments[i] = "*"
		}
	}
	return strings.Join(segments, "/")
}
