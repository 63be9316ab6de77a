package httpd

import (
	"cmp"
	"io"
	"net/http"
	"slices"
	"strings"
)

// prefix is one prefix of one mount.
type prefix struct {
	path  string
	mount *Mount
}

// sortPrefixes lists every mount's prefixes, longest first, so that the first that fits is the right one.
func sortPrefixes(mounts []Mount) []prefix {
	var all []prefix
	for i := range mounts {
		for _, p := range mounts[i].Prefixes {
			all = append(all, prefix{p, &mounts[i]})
		}
	}
	slices.SortStableFunc(all, func(a, b prefix) int { return cmp.Compare(len(b.path), len(a.path)) })
	return all
}

// holds reports whether a clean path lies at or below the prefix.
func (p prefix) holds(path string) bool {
	root := strings.TrimSuffix(p.path, "/")
	if len(path) < len(root) {
		return false
	}
	head, rest := path[:len(root)], path[len(root):]
	same := head == root || p.mount.FoldCase && strings.EqualFold(head, root)
	return same && (rest == "" || rest[0] == '/')
}

// route answers the door's own paths, and hands every other one to the mount with the longest prefix.
func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	x := of(r.Context())
	if page, ok := s.pages[x.path]; ok {
		x.mount = page.name
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			plain(w, http.StatusMethodNotAllowed, "method not allowed")
			return
		}
		page.serve(w, r)
		return
	}
	m := s.mountOf(x.path)
	if m == nil {
		plain(w, http.StatusNotFound, "not found")
		return
	}
	x.mount = m.Name
	m.Handler.ServeHTTP(w, r)
}

// mountOf is the mount with the longest prefix of a clean path, or nil. A path
// may have /c/ and a community before it, for the mount to take off.
func (s *Server) mountOf(path string) *Mount {
	if named, ok := strings.CutPrefix(path, "/c/"); ok {
		_, rest, _ := strings.Cut(named, "/")
		if m := s.mountAt("/" + rest); m != nil {
			return m
		}
	}
	return s.mountAt(path)
}

func (s *Server) mountAt(path string) *Mount {
	for _, p := range s.prefixes {
		if p.holds(path) {
			return p.mount
		}
	}
	return nil
}

// refuse answers what the door refuses, in the form of the mount whose path it is.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, status int, text string) {
	if m := s.mountOf(of(r.Context()).path); m != nil && m.Refuse != nil {
		m.Refuse(w, r, status, text)
		return
	}
	plain(w, status, text)
}

// page is a path the door answers itself, for GET and HEAD.
type page struct {
	name  string // the metrics' mount label
	serve http.HandlerFunc
}

// ownPages lists the index, the health pages and the contracts.
func (s *Server) ownPages() (map[string]page, error) {
	index, err := indexPage(s.cfg.Version, s.cfg.Mounts)
	if err != nil {
		return nil, err
	}
	pages := map[string]page{
		"/":        {"index", index},
		"/healthz": {"health", s.healthz},
		"/readyz":  {"health", s.readyz},
	}
	for _, m := range s.cfg.Mounts {
		if m.Contract != "" {
			pages[m.Contract] = page{"contract", contractPage(m.Spec)}
		}
	}
	return pages, nil
}

func contractPage(spec []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = w.Write(spec)
	}
}

// plain is the door's own form of answer: a few words and no line end, so that a probe can compare them.
func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) // a client that has gone is not our trouble
}
