package client_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestGuide finds the Go of the guide among the examples, which are run.
func TestGuide(t *testing.T) {
	guide, err := os.ReadFile("../docs/go-client.md")
	ok(t, err)
	source, err := os.ReadFile("example_test.go")
	ok(t, err)
	plain := func(text []byte) string { return strings.Join(strings.Fields(string(text)), " ") } // however deep it stands
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(guide, -1)
	for _, block := range blocks {
		if !strings.Contains(plain(source), plain(block[1])) {
			t.Errorf("no example has\n%s", block[1])
		}
	}
	if len(blocks) < 5 {
		t.Errorf("the guide has %d blocks of Go", len(blocks))
	}
}
