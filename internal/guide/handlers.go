package guide

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// own are the style and the templates of the pages; reader is the directory into which the build puts Redoc.
var (
	//go:embed static
	own embed.FS
	//go:embed redoc/dist
	reader embed.FS
)

const readerFile = "redoc.standalone.js"

// What a page may load and run: its own style, and forms that ask here. The reader of API descriptions also runs its script,
// makes styles as it goes, searches in a worker of its own making, and fetches the description. Nothing comes from elsewhere.
const (
	pagePolicy   = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	readerPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
		"connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

var templates = template.Must(template.ParseFS(own, "static/*.html"))

// view is what the templates show.
type view struct {
	Title     string
	Page      page
	Guides    []page
	Contracts []Contract

	Question, Wrong string
	Answers         []rendering

	Contract Contract
	Reader   bool // whether it is shown by the reader, where the build has it
	Longest  int  // of questions
	Nothing  string
}

// render answers a page.
func (g *Guide) render(w http.ResponseWriter, status int, name string, v view) {
	v.Guides, v.Contracts, v.Longest, v.Nothing = g.guides(), g.contracts, longestQuestion, nothingFound
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, v); err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", pagePolicy)
	if v.Reader {
		h.Set("Content-Security-Policy", readerPolicy)
	}
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

func (g *Guide) home(w http.ResponseWriter, _ *http.Request) {
	g.render(w, http.StatusOK, "home", view{Title: "Documentation"})
}

// known is the guide that a request is about, or the list of guides; it is false for a guide or description that is not there.
func (g *Guide) known(r *http.Request) (page, bool) {
	if name := r.PathValue("name"); name != "" {
		_, ok := g.contract(name)
		return page{}, ok
	}
	name := strings.TrimSuffix(r.PathValue("page"), ".md")
	switch name {
	case "":
		if r.PathValue("page") != "" { // the page ".md"
			return page{}, false
		}
	case strings.TrimSuffix(contents, ".md"): // as links between the sources name it
		name = ""
	}
	return g.page(name)
}

// guide shows a guide, or its source where the name ends in ".md".
func (g *Guide) guide(w http.ResponseWriter, r *http.Request) {
	p, ok := g.known(r)
	switch {
	case !ok:
		g.missing(w, r)
	case strings.HasSuffix(r.URL.Path, ".md"):
		g.source(w, r)
	default:
		g.render(w, http.StatusOK, "guide", view{Title: p.Title, Page: p})
	}
}

// source answers a guide as it was written, and tells at its end how to ask.
func (g *Guide) source(w http.ResponseWriter, r *http.Request) {
	p, _ := g.known(r)
	w.Header().Set("Content-Type", "text/markdown; charset=utf-8")
	_, _ = w.Write(p.source)
	_, _ = w.Write([]byte("\n---\n\nThis page and all others answer questions in plain English, with passages of the guides and their sources:\n" +
		"`GET " + p.Path + ".md?ask=QUESTION`\n"))
}

func (g *Guide) contract(name string) (Contract, bool) {
	i := slices.IndexFunc(g.contracts, func(c Contract) bool { return c.Name == name })
	if i < 0 {
		return Contract{}, false
	}
	return g.contracts[i], true
}

// api shows an API description.
func (g *Guide) api(w http.ResponseWriter, r *http.Request) {
	c, ok := g.contract(r.PathValue("name"))
	if !ok {
		g.missing(w, r)
		return
	}
	_, err := fs.Stat(reader, "redoc/dist/"+readerFile)
	g.render(w, http.StatusOK, "api", view{Title: c.Title, Contract: c, Reader: err == nil})
}

// missing answers that there is no such page.
func (g *Guide) missing(w http.ResponseWriter, _ *http.Request) {
	g.render(w, http.StatusNotFound, "missing", view{Title: "There is no such page"})
}

// asset serves what the pages load. Browsers ask again each time, and are told when they have it already.
func asset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	content, err := own.ReadFile("static/" + name)
	if err != nil {
		content, err = reader.ReadFile("redoc/dist/" + name)
	}
	if kind := path.Ext(name); err != nil || kind != ".css" && kind != ".js" && kind != ".txt" {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	sum := sha256.Sum256(content)
	h := w.Header()
	h.Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", `"`+base64.RawURLEncoding.EncodeToString(sum[:])+`"`)
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
}
