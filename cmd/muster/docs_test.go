package main

import (
	"html"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/muster-accounts/muster/internal/dialect/sonoran"
)

var reference = regexp.MustCompile(`(?:href|src|spec-url)="([^"]*)"`)

// TestDocs follows every link of the documentation, from the first page of the program on: each leads to a page of this
// server, and each anchor to a heading. Nothing is loaded from elsewhere.
func TestDocs(t *testing.T) {
	server := startServer(t, buildBinary(t), t.TempDir(), "serve", "--demo")
	pages := map[string]string{}
	page := func(path string) string {
		if text, ok := pages[path]; ok {
			return text
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept", "text/html")
		res, err := server.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		text, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d, %v", path, res.StatusCode, err)
		}
		pages[path] = string(text)
		if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
			return "" // followed no further
		}
		return string(text)
	}
	follow := []string{"/", sonoran.Guide}
	for seen := map[string]bool{}; len(follow) > 0; follow = follow[1:] {
		link := follow[0]
		path, anchor, _ := strings.Cut(link, "#")
		if seen[link] || path == "" {
			continue
		}
		seen[link] = true
		if !strings.HasPrefix(path, "/") {
			t.Errorf("a link leads elsewhere: %s", link)
			continue
		}
		text := page(path)
		if anchor != "" && !strings.Contains(text, `id="`+anchor+`"`) {
			t.Errorf("%s: there is no such heading", link)
		}
		for _, found := range reference.FindAllStringSubmatch(text, -1) {
			follow = append(follow, html.UnescapeString(found[1]))
		}
	}
	if len(pages) < 20 {
		t.Errorf("only %d pages were found", len(pages))
	}
}
