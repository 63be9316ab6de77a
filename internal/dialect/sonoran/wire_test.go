package sonoran_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/muster-accounts/muster/internal/mustertest"
)

// What real clients put on the wire, each in a world of its own on every engine, is answered
// with what that client needs to go on: testdata/wire.tsv has, after client
// and call, the request, its body, the status, and texts that the answer has
// (all of it, after "="). Strict JSON clients, and clients that send a form's
// content type, get the same.
func TestWire(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/wire.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range mustertest.Engines(t) {
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			wire(t, e, string(file))
		})
	}
}

func wire(t *testing.T, e mustertest.Engine, file string) {
	t.Helper()
	contract := contract(t)
	for _, line := range strings.Split(strings.TrimSpace(file), "\n")[1:] {
		cells := strings.Split(line, "\t")
		if len(cells) != 5 {
			t.Fatalf("%d cells: %s", len(cells), line)
		}
		t.Run(cells[0], func(t *testing.T) {
			t.Parallel()
			method, path, _ := strings.Cut(cells[1], " ")
			r := httptest.NewRequest(method, path, strings.NewReader(cells[2]))
			r.Header.Set("Authorization", "Bearer demo-key") // v1 does not look at it
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			newWorldOn(t, e).handler.ServeHTTP(w, r)
			contract.Check(t, r, []byte(cells[2]), w.Result())
			if strconv.Itoa(w.Code) != cells[3] || !answers(w.Body.String(), cells[4]) {
				t.Errorf("%s %s\n%d %s\nwant %s with %s", cells[1], cells[2], w.Code, w.Body, cells[3], cells[4])
			}
			text := strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain")
			if v1 := !strings.HasPrefix(path, "/v2"); v1 && w.Code != http.StatusOK && !text && !strings.Contains(path, "whitelist") {
				t.Errorf("Sonoran.js takes a JSON error of v1 for a success: %s", w.Body)
			}
		})
	}
}

// answers reports whether a body has all the texts, or is the one after "=".
func answers(body, needs string) bool {
	if whole, ok := strings.CutPrefix(needs, "="); ok {
		return body == whole
	}
	for need := range strings.SplitSeq(needs, " && ") {
		if !strings.Contains(body, need) {
			return false
		}
	}
	return true
}
