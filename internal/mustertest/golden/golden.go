package golden

import (
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

// shown are the headers that a golden holds beside status and body.
var shown = []string{"Content-Type", "Allow", "Www-Authenticate", "Retry-After", "Ratelimit"}

// Run sends the requests of each file of testdata, in order, to a handler of
// its own, and compares the answers with those that stand behind them. Each
// answer must also be one that the contract describes.
func Run(t *testing.T, contract Contract, open func(*testing.T) http.Handler) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no goldens", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text := txtar.Format(answer(t, txtar.Parse(want), contract, open(t)))
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

// answer is an archive with the answers that its requests get now.
func answer(t *testing.T, archive *txtar.Archive, contract Contract, handler http.Handler) *txtar.Archive {
	t.Helper()
	got := &txtar.Archive{Comment: archive.Comment}
	for _, f := range archive.Files {
		if f.Name != "request" {
			continue
		}
		r, body := parseRequest(f.Data)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		contract.Check(t, r, body, w.Result())
		got.Files = append(got.Files, f, txtar.File{Name: "answer", Data: printAnswer(t, w)})
	}
	return got
}

func parseRequest(data []byte) (*http.Request, []byte) {
	head, body, _ := bytes.Cut(data, []byte("\n\n"))
	lines := strings.Split(strings.TrimSpace(string(head)), "\n")
	method, path, _ := strings.Cut(lines[0], " ")
	r := httptest.NewRequest(method, path, bytes.NewReader(body))
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	r.Header.Set("X-Request-Id", "golden") // believed, where the test's proxy is trusted
	return r, body
}

// printAnswer indents the body where it is JSON.
func printAnswer(t *testing.T, w *httptest.ResponseRecorder) []byte {
	t.Helper()
	var out bytes.Buffer
	fmt.Fprintln(&out, w.Code, http.StatusText(w.Code))
	for _, name := range shown {
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
