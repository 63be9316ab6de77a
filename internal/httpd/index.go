package httpd

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// index is what "/" tells: as JSON by default, as a page to a browser.
type index struct {
	Name    string   `json:"name"`
	Version string   `json:"version"`
	Serves  []served `json:"serves"`
	Health  []string `json:"health"`
}

type served struct {
	Name     string   `json:"name"`
	Contract string   `json:"contract,omitempty"`
	Page     string   `json:"page,omitempty"`
	Routes   []string `json:"routes"`
}

// indexPage renders both forms once: they do not change while the process lives.
func indexPage(version string, mounts []Mount) (http.HandlerFunc, error) {
	tell := index{Name: "Muster", Version: version, Serves: []served{}, Health: []string{"/healthz", "/readyz"}}
	for _, m := range mounts {
		tell.Serves = append(tell.Serves, served{m.Name, m.Contract, m.Page, append([]string{}, m.Routes...)})
	}
	asJSON, err := json.MarshalIndent(tell, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	var asHTML bytes.Buffer
	if err := indexTemplate.Execute(&asHTML, tell); err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Add("Vary", "Accept")
		if prefersHTML(strings.Join(r.Header.Values("Accept"), ",")) {
			h.Set("Content-Type", "text/html; charset=utf-8")
			h.Set("Content-Security-Policy", indexPolicy)
			_, _ = w.Write(asHTML.Bytes())
			return
		}
		h.Set("Content-Type", "application/json")
		_, _ = w.Write(append(asJSON, '\n'))
	}, nil
}

// prefersHTML reports whether an Accept header likes text/html better than application/json. Programs that say nothing,
// or that take anything, get JSON.
func prefersHTML(accept string) bool {
	return quality(accept, "text/html") > quality(accept, "application/json")
}

// quality is how much an Accept header likes a type, 0 to 1: its most specific entry decides (RFC 9110, 12.5.1).
func quality(accept, kind string) float64 {
	group, _, _ := strings.Cut(kind, "/")
	best, q := 0, 0.0
	for entry := range strings.SplitSeq(accept, ",") {
		media, params, err := mime.ParseMediaType(entry)
		if err != nil {
			continue
		}
		rank := map[string]int{kind: 3, group + "/*": 2, "*/*": 1}[media]
		if rank <= best {
			continue
		}
		best, q = rank, 1
		if s, ok := params["q"]; ok {
			q, _ = strconv.ParseFloat(s, 64) // what cannot be read is not wanted
		}
	}
	return q
}

const indexStyle = `
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem}
h1{margin-bottom:0}
h2{margin:2rem 0 .25rem;font-size:1.15rem}
code{font:14px/1.6 ui-monospace,monospace;overflow-wrap:anywhere}
ul{list-style:none;margin:.25rem 0;padding-left:1rem}
small{opacity:.7}
`

// indexPolicy lets the page use its own style and nothing else.
var indexPolicy = func() string {
	sum := sha256.Sum256([]byte(indexStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

var indexTemplate = template.Must(template.New("index").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Name}}</title>
<style>` + indexStyle + `</style>
</head>
<body>
<h1>{{.Name}}</h1>
<p>A community's accounts, behind the APIs that its clients speak. <small>{{.Version}}</small></p>
{{range .Serves}}<h2>{{.Name}}</h2>
{{with .Contract}}<p>Contract: <a href="{{.}}">{{.}}</a></p>
{{end}}{{with .Page}}<p><a href="{{.}}">{{.}}</a></p>
{{end}}{{with .Routes}}<ul>
{{range .}}<li><code>{{.}}</code></li>
{{end}}</ul>
{{end}}{{else}}<p>Nothing is served here yet.</p>
{{end}}<h2>Health</h2>
<ul>
{{range .Health}}<li><a href="{{.}}">{{.}}</a></li>
{{end}}</ul>
</body>
</html>
`))
