package guide

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
)

// Prefix is the path at and below which everything of this package is.
const Prefix = "/docs"

const (
	guidesPath = Prefix + "/guides"
	apiPath    = Prefix + "/api"
	assetsPath = Prefix + "/assets"
)

// Routes are what [Guide] serves, as people read them.
var Routes = []string{
	"GET /docs", "GET /docs/guides", "GET /docs/guides/{page}", "GET /docs/guides/{page}.md", "GET /docs/api/{name}", "GET /docs...?ask=QUESTION",
}

// Contract is an API description that is served elsewhere.
type Contract struct {
	Name  string // "sonoran"; the page is /docs/api/sonoran
	Title string // "Sonoran CMS v1 and v2"
	Path  string // of the OpenAPI document: "/openapi/sonoran.yaml"
}

// Guide is a handler for everything at and below [Prefix].
type Guide struct {
	*http.ServeMux
	pages     []page // the list of guides first
	contracts []Contract
	index     index
}

// New reads the guides from files, which must hold a README.md that links each of the others, and indexes them. It takes
// some milliseconds, and nothing has to be closed.
func New(ctx context.Context, files fs.FS, contracts []Contract) (*Guide, error) {
	pages, err := readPages(files)
	if err != nil {
		return nil, fmt.Errorf("guide: %w", err)
	}
	x, err := newIndex(ctx, pages)
	if err != nil {
		return nil, err
	}
	g := &Guide{ServeMux: http.NewServeMux(), pages: pages, contracts: contracts, index: x}
	g.HandleFunc("GET "+Prefix, g.orAnswer(g.home))
	g.HandleFunc("GET "+guidesPath, g.orAnswer(g.guide))
	g.HandleFunc("GET "+guidesPath+".md", g.orAnswer(g.source))
	g.HandleFunc("GET "+guidesPath+"/{page}", g.orAnswer(g.guide))
	g.HandleFunc("GET "+apiPath+"/{name}", g.orAnswer(g.api))
	g.HandleFunc("GET "+assetsPath+"/{file}", asset)
	return g, nil
}

// guides are the pages but their list.
func (g *Guide) guides() []page { return g.pages[1:] }

// page finds a guide by its name; the list of guides has none.
func (g *Guide) page(name string) (page, bool) {
	i := slices.IndexFunc(g.pages, func(p page) bool { return p.Name == name })
	if i < 0 {
		return page{}, false
	}
	return g.pages[i], true
}
