package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var example = regexp.MustCompile("(?s)```sh\n(curl .*?)```\n```json\n(.*?)```")

// TestReadme sends the README's curls, in its order, to a fresh demo, and
// compares the answers with the printed ones. Only the time of the answer may
// differ.
func TestReadme(t *testing.T) {
	server := startServer(t, buildBinary(t), t.TempDir(), "serve", "--demo")
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(readme), "@@") {
		t.Error("the README has a gap that was to be filled")
	}
	examples := example.FindAllStringSubmatch(string(readme), -1)
	if len(examples) < 8 {
		t.Fatalf("the README has %d examples", len(examples))
	}
	for _, e := range examples {
		words := shellWords(t, e[1])
		t.Run(words[len(words)-1], func(t *testing.T) {
			request, _, err := curlRequest(words[1:])
			if err != nil {
				t.Fatal(err)
			}
			request.URL.Host = strings.TrimPrefix(server.url, "http://")
			res, err := server.client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			body = bytes.ReplaceAll(body, []byte(server.url), []byte("http://127.0.0.1:8484"))
			if diff := cmp.Diff(parsed(t, []byte(e[2])), parsed(t, body)); res.StatusCode != http.StatusOK || diff != "" {
				t.Errorf("%d, -printed +answered\n%s", res.StatusCode, diff)
			}
		})
	}
}

var commands = regexp.MustCompile("(?s)```sh\n(muster field create .*?)```")

// TestReadmeCommands runs the README's commands, in its order, on the data of
// a first start, while its server runs.
func TestReadmeCommands(t *testing.T) {
	binary, data := buildBinary(t), t.TempDir()
	startServer(t, binary, data, "serve")
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	block := commands.FindSubmatch(readme)
	if block == nil {
		t.Fatal("the README has no commands")
	}
	shell := exec.CommandContext(t.Context(), "sh", "-ec", string(block[1]))
	shell.Env = append(os.Environ(), "MUSTER_DATA="+data, "PATH="+filepath.Dir(binary)+":"+os.Getenv("PATH"))
	out, err := shell.CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "Change 13 is taken back, by change 14.\n") {
		t.Errorf("%v\n%s", err, out)
	}
}

func parsed(t *testing.T, b []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	if envelope, ok := v.(map[string]any); ok {
		for member, time := range map[string]string{"meta": "timestamp", "account": "updatedAt"} {
			if part, ok := envelope[member].(map[string]any); ok {
				delete(part, time)
			}
		}
	}
	return v
}

// shellWords splits a command as a shell does that knows of quotes and line
// ends.
func shellWords(t *testing.T, command string) []string {
	t.Helper()
	word := regexp.MustCompile(`'([^']*)'|"([^"]*)"|([^\s'"\\]+)`)
	var words []string
	for _, m := range word.FindAllStringSubmatch(command, -1) {
		words = append(words, m[1]+m[2]+m[3])
	}
	return words
}
