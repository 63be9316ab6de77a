package guide

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// contents is the file that lists the others, and so gives their order.
const contents = "README.md"

// page is a guide.
type page struct {
	Name     string // "fields"; empty for the list of guides
	Title    string // its heading
	Summary  string // its first paragraph, as text
	Path     string // where it is served
	Body     template.HTML
	source   []byte
	sections []section
}

// section is what stands below a heading, up to the next one.
type section struct {
	heading string // as text
	anchor  string // the heading's id; empty for the page's own
	source  string // without the heading
}

// markdown renders pages and passages. Raw HTML in them is left out, so what they hold runs nothing.
var markdown = goldmark.New(
	goldmark.WithExtensions(extension.GFM),
	goldmark.WithParserOptions(parser.WithAutoHeadingID(), parser.WithASTTransformers(util.Prioritized(servedLinks{}, 100))),
)

// servedLinks turns links between files, which work beside the source, into links between the served pages.
type servedLinks struct{}

func (servedLinks) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function below returns no error
		if link, ok := n.(*ast.Link); ok && entering {
			link.Destination = []byte(served(string(link.Destination)))
		}
		return ast.WalkContinue, nil
	})
}

// served is where a link of a guide leads: "fields.md#types" is "/docs/guides/fields#types".
func served(link string) string {
	file, anchor, found := strings.Cut(link, "#")
	if path.Ext(file) != ".md" || strings.Contains(file, "/") {
		return link
	}
	if found {
		anchor = "#" + anchor
	}
	return pagePath(file) + anchor
}

// pagePath is where the page of a file is served.
func pagePath(file string) string {
	if file == contents {
		return guidesPath
	}
	return guidesPath + "/" + strings.TrimSuffix(file, ".md")
}

// readPages reads the guides: first the list of them, then the others in the order in which it links them. A file that it
// does not link, and a link to no file, are errors.
func readPages(files fs.FS) ([]page, error) {
	names, err := fs.Glob(files, "*.md")
	if err != nil {
		return nil, err
	}
	list, err := fs.ReadFile(files, contents)
	if err != nil {
		return nil, err
	}
	var pages []page
	read := map[string]bool{}
	for _, file := range append([]string{contents}, links(list)...) {
		if path.Ext(file) != ".md" || read[file] {
			continue
		}
		read[file] = true
		p, err := readPage(files, file)
		if err != nil {
			return nil, err
		}
		pages = append(pages, p)
	}
	for _, name := range names {
		if !read[name] {
			return nil, fmt.Errorf("%s does not list %s", contents, name)
		}
	}
	return pages, nil
}

// links are the targets of a text's links, without what stands behind a #.
func links(source []byte) (targets []string) {
	doc := goldmark.New().Parser().Parse(text.NewReader(source))
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function below returns no error
		if link, ok := n.(*ast.Link); ok && entering {
			target, _, _ := strings.Cut(string(link.Destination), "#")
			targets = append(targets, target)
		}
		return ast.WalkContinue, nil
	})
	return targets
}

func readPage(files fs.FS, file string) (page, error) {
	source, err := fs.ReadFile(files, file)
	if err != nil {
		return page{}, err
	}
	p := page{Path: pagePath(file), source: source}
	if file != contents {
		p.Name = strings.TrimSuffix(file, ".md")
	}
	doc := markdown.Parser().Parse(text.NewReader(source))
	first, ok := doc.FirstChild().(*ast.Heading)
	if !ok || first.Level != 1 {
		return page{}, fmt.Errorf("%s does not begin with a heading", file)
	}
	p.Title = plain(first, source)
	if intro, ok := first.NextSibling().(*ast.Paragraph); ok {
		p.Summary = plain(intro, source)
	}
	p.sections = cut(doc, source)
	var body bytes.Buffer
	if err := markdown.Renderer().Render(&body, source, doc); err != nil {
		return page{}, fmt.Errorf("%s: %w", file, err)
	}
	p.Body = template.HTML(body.String()) //nolint:gosec // our own pages, and goldmark leaves raw HTML out
	return p, nil
}

// cut divides a page at its headings.
func cut(doc ast.Node, source []byte) (sections []section) {
	begin, end := 0, 0
	finish := func(at int) {
		if len(sections) > 0 {
			sections[len(sections)-1].source = strings.TrimSpace(string(source[begin:at]))
		}
	}
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		heading, ok := n.(*ast.Heading)
		if !ok || heading.Lines().Len() == 0 {
			continue
		}
		line := heading.Lines().At(0)
		finish(bytes.LastIndexByte(source[:line.Start], '\n') + 1)
		begin = len(source)
		if end = bytes.IndexByte(source[line.Start:], '\n'); end >= 0 {
			begin = line.Start + end + 1
		}
		s := section{heading: plain(heading, source)}
		if id, ok := heading.AttributeString("id"); ok && heading.Level > 1 {
			s.anchor = string(id.([]byte)) // goldmark's own
		}
		sections = append(sections, s)
	}
	finish(len(source))
	return sections
}

// plain is the text of a node, without its markup.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function below returns no error
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Value(source))
			if t.SoftLineBreak() {
				b.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}
