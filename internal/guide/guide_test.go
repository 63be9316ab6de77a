package guide_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/muster-accounts/muster/internal/guide"
)

// files are guides by name.
func files(pages map[string]string) fstest.MapFS {
	all := fstest.MapFS{}
	for name, text := range pages {
		all[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return all
}

func TestWrongFiles(t *testing.T) {
	for wrong, pages := range map[string]string{
		"README.md":                          "",
		"README.md does not list b.md":       "README.md=# Guides\n\n[A](a.md)|a.md=# A|b.md=# B",
		"open c.md":                          "README.md=# Guides\n\n[C](c.md)",
		"a.md does not begin with a heading": "README.md=# Guides\n\n[A](a.md)|a.md=Hello",
	} {
		all := map[string]string{}
		for page := range strings.SplitSeq(pages, "|") {
			if name, text, ok := strings.Cut(page, "="); ok {
				all[name] = text
			}
		}
		if _, err := guide.New(t.Context(), files(all), nil); err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%q: %v", pages, err)
		}
	}
}

// TestPages renders a guide of which everything is known.
func TestPages(t *testing.T) {
	g, err := guide.New(t.Context(), files(map[string]string{
		"README.md": "# Guides\n\nAll of them.\n\n- [B](b.md)\n- [A](a.md#more)\n",
		"a.md":      "# A *guide*\n\nFirst\n`words`.\n\n## More\n\n<script>alert(1)</script>\n\nSee [b](b.md#x), [all](README.md), [out](https://example.org/c.md).\n\n| a |\n|---|\n| 1 |\n",
		"b.md":      "# B\n\n```sh\n# no heading\n```\n",
	}), contracts)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][]string{
		"/docs": {
			`<a href="/docs/guides/b">B</a>`, "<dd>First words.</dd>", `<a href="/docs/api/sonoran">Sonoran CMS v1 and v2</a>`, `href="/openapi/sonoran.yaml"`,
		},
		"/docs/guides":        {`<a href="/docs/guides/a#more">A</a>`, "All of them."},
		"/docs/guides/README": {"All of them."},
		"/docs/guides/a": {
			"<title>A guide - Muster</title>", `<h2 id="more">More</h2>`, `<a href="/docs/guides/b#x">`, `<a href="/docs/guides">all</a>`,
			`<a href="https://example.org/c.md">`, "<td>1</td>", `aria-current="page">A guide</a>`, `href="/docs/guides/a.md"`,
		},
		"/docs/guides/a.md":    {"# A *guide*\n\nFirst\n", "`GET /docs/guides/a.md?ask=QUESTION`\n"},
		"/docs/guides.md":      {"# Guides\n", "`GET /docs/guides.md?ask=QUESTION`\n"},
		"/docs/api/sonoran":    {"/openapi/sonoran.yaml"},
		"/docs?ask=no+heading": {"Source: [B](/docs/guides/b)\n"},
	} {
		res := get(g, path, "")
		for _, text := range want {
			if res.Code != http.StatusOK || !strings.Contains(res.Body.String(), text) {
				t.Errorf("%s: %d, without %q\n%s", path, res.Code, text, res.Body)
			}
		}
		if strings.HasPrefix(res.Header().Get("Content-Type"), "text/html") && strings.Contains(res.Body.String(), "<script>") {
			t.Errorf("%s has a script of a guide", path)
		}
	}
}

func TestHeaders(t *testing.T) {
	g := newGuide(t)
	for _, path := range []string{"/docs", "/docs/guides/ranks", "/docs/guides/nothing", "/docs?ask=rank", "/docs/api/sonoran"} {
		policy := get(g, path, "text/html").Header().Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "http") {
			t.Errorf("%s: a browser may load %q", path, policy)
		}
	}
	for path, status := range map[string]int{
		"/docs/guides/nothing": 404, "/docs/guides/nothing.md": 404, "/docs/guides/.md": 404, "/docs/api/nothing": 404, "/docs/nothing": 404,
		"/docs/assets/nothing.css": 404, "/docs/assets/page.html": 404, "/docs/assets/README.md": 404, "/docs/assets/..%2fdoc.go": 404,
		"/docs/assets/style.css": 200, "/docs/assets/reader.css": 200,
	} {
		if res := get(g, path, ""); res.Code != status {
			t.Errorf("%s: %d, not %d", path, res.Code, status)
		}
	}
	style := get(g, "/docs/assets/style.css", "")
	again := httptest.NewRequest(http.MethodGet, "/docs/assets/style.css", nil)
	again.Header.Set("If-None-Match", style.Header().Get("Etag"))
	for request, status := range map[*http.Request]int{
		again: http.StatusNotModified,
		httptest.NewRequest(http.MethodPost, "/docs/guides/ranks", nil): http.StatusMethodNotAllowed,
		httptest.NewRequest(http.MethodHead, "/docs/guides/ranks", nil): http.StatusOK,
	} {
		res := httptest.NewRecorder()
		if g.ServeHTTP(res, request); res.Code != status {
			t.Errorf("%s %s: %d, not %d", request.Method, request.URL, res.Code, status)
		}
	}
}
