// Package docs holds the guides, so that they are in the program as well as beside its source. README.md lists them, in
// the order in which they are shown. Package guide serves them.
package docs

import "embed"

// Files are the guides: one page a file, in Markdown.
//
//go:embed *.md
var Files embed.FS
