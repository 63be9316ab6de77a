package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// beginning makes the community of a script that is run elsewhere, and a server that commands ask from then on.
const beginning = `exec muster community create main --dialects=rest
exec muster key create --id elsewhere --level 8 --secret a-key-of-these-tests
exec sh -c 'exec muster serve --listen 127.0.0.1:0 --metrics= >/dev/null 2>log.txt' &server&
await log.txt 'msg=serving url=(\S+)' MUSTER_SERVER
env MUSTER_KEY=a-key-of-these-tests
env MUSTER_DATA=nowhere
`

// TestScriptsElsewhere runs scripts of commands beside the data once more, with commands that ask a server: what they
// print is the same. Of a paragraph that has to do with the data itself, or with the numbers of changes, nothing is run.
func TestScriptsElsewhere(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"accounts", "catalogue", "definitions", "keys", "webhooks", "nothing_given"} {
		archive, err := txtar.ParseFile(filepath.Join("testdata", name+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		text := regexp.MustCompile(`(?m)^exec sh -c 'exec muster serve .*\n|^! exec muster key rotate .*\n.*\n|^await log.txt.*\n|^kill -INT server\n|^wait server\n`).ReplaceAllString(string(archive.Comment), "")
		text = regexp.MustCompile(`(?m)^exec muster community create main.*\n`).ReplaceAllLiteralString(text, beginning)
		var kept []string
		for paragraph := range strings.SplitSeq(text, "\n\n") {
			if !concerns(paragraph, "clock-type", "muster flow", "push-secret", "--secret old", "--secret 0f6d", "revoke old", "'^4 '", "'key bot'") {
				kept = append(kept, paragraph)
			}
		}
		archive.Comment = []byte(strings.Join(kept, "\n\n") + "\nkill -INT server\nwait server\n")
		if err := os.WriteFile(filepath.Join(dir, name+".txtar"), txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	runScripts(t, dir)
}

func concerns(text string, words ...string) bool {
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}
