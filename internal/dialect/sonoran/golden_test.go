package sonoran_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the answers of testdata anew")

// TestGolden sends the requests of each file of testdata, in order, to a demo
// world of its own, and compares the answers with those that stand behind
// them. Each answer must also be one that openapi.yaml describes.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no goldens", err)
	}
	contract := loadContract(t)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			handler := newWorld(t).handler
			archive, got := txtar.Parse(want), new(txtar.Archive)
			got.Comment = archive.Comment
			for _, f := range archive.Files {
				if f.Name != "request" {
					continue
				}
				r, body := parseRequest(t, f.Data)
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				contract.check(t, r, body, w.Result())
				got.Files = append(got.Files, f, txtar.File{Name: "answer", Data: printAnswer(t, w)})
			}
			text := txtar.Format(got)
			if *update {
				if err := os.WriteFile(file, text, 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(want), string(text)); diff != "" {
				t.Errorf("answers differ (-want +got); with -update they are written anew\n%s", diff)
			}
		})
	}
}

// parseRequest reads a first line of method and path, then headers, then an
// empty line, then the body.
func parseRequest(t *testing.T, data []byte) (*http.Request, []byte) {
	t.Helper()
	head, body, _ := bytes.Cut(data, []byte("\n\n"))
	lines := strings.Split(strings.TrimSpace(string(head)), "\n")
	method, path, _ := strings.Cut(lines[0], " ")
	r := httptest.NewRequest(method, path, bytes.NewReader(body))
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	r.Header.Set("X-Request-Id", "golden") // believed, since the test's proxy is trusted
	return r, body
}

// printAnswer writes status, the headers that the contract speaks of, and the
// body, indented where it is JSON.
func printAnswer(t *testing.T, w *httptest.ResponseRecorder) []byte {
	t.Helper()
	var out bytes.Buffer
	fmt.Fprintln(&out, w.Code, http.StatusText(w.Code))
	for _, name := range []string{"Content-Type", "Allow", "Www-Authenticate", "Retry-After", "Ratelimit"} {
		if v := w.Header().Get(name); v != "" {
			fmt.Fprintf(&out, "%s: %s\n", name, v)
		}
	}
	out.WriteByte('\n')
	body := w.Body.Bytes()
	if strings.Contains(w.Header().Get("Content-Type"), "json") {
		var indented bytes.Buffer
		if err := json.Indent(&indented, body, "", "  "); err != nil {
			t.Fatal(err)
		}
		body = indented.Bytes()
	}
	out.Write(bytes.TrimSpace(body))
	out.WriteByte('\n')
	return out.Bytes()
}

// Every served route stands in openapi.yaml, and nothing else does.
func TestContractNamesTheRoutes(t *testing.T) {
	described := map[string]bool{}
	for path, item := range loadContract(t).doc.Paths.Map() {
		for method := range item.Operations() {
			described[method+" "+path] = true
		}
	}
	served := map[string]bool{}
	for _, route := range newWorld(t).routes {
		served[route] = true
	}
	if diff := cmp.Diff(served, described); diff != "" {
		t.Errorf("served (-) and described (+)\n%s", diff)
	}
}

func readAll(t *testing.T, r *http.Response) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := bufio.NewReader(r.Body).WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
