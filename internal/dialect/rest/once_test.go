package rest_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/muster-accounts/muster/internal/mustertest"
)

const onceHeader = "Idempotency-Key"

func TestOnce(t *testing.T) {
	for _, e := range mustertest.Engines(t) {
		t.Run(e.Name, func(t *testing.T) {
			w := newWorldOn(t, e)
			post := func(key, body, name string) (int, string, string) {
				res := w.send(http.MethodPost, "/muster/v1/accounts", key, body, onceHeader, name)
				return res.Code, res.Body.String(), res.Header().Get("Idempotency-Replayed") + res.Header().Get("ETag") + res.Header().Get("Location")
			}
			_, first, header := post("fast-key", `{"username": "ada"}`, `"a name"`)
			seq := w.newest(t)
			for _, name := range []string{`"a name"`, `a name`} {
				status, again, replayed := post("fast-key", `{"username": "ada"}`, name)
				if status != http.StatusCreated || again != first || replayed != "true"+header || w.newest(t) != seq {
					t.Errorf("%s: %d %s %s", name, status, replayed, again)
				}
			}
			for what, c := range map[string]struct {
				body, name string
				want       int
			}{
				"another body":    {`{"username": "bob"}`, "a name", http.StatusUnprocessableEntity},
				"no name":         {`{"username": "bob"}`, `""`, http.StatusBadRequest},
				"half a string":   {`{"username": "bob"}`, `"a`, http.StatusBadRequest},
				"not ASCII":       {`{"username": "bob"}`, "é", http.StatusBadRequest},
				"a refusal":       {`{"username": "ADA"}`, "taken", http.StatusConflict},
				"a refusal again": {`{"username": "ADA"}`, "taken", http.StatusConflict},
			} {
				if status, text, _ := post("fast-key", c.body, c.name); status != c.want {
					t.Errorf("%s: %d %s", what, status, text)
				}
			}
			if w.newest(t) != seq {
				t.Error("something was written")
			}
			if status, text, _ := post("slow-key", `{"username": "carl"}`, "a name"); status != http.StatusCreated {
				t.Errorf("another's credential: %d %s", status, text)
			}
			w.clock.Advance(24*time.Hour + time.Second)
			if status, text, _ := post("fast-key", `{"username": "dora"}`, "a name"); status != http.StatusCreated {
				t.Errorf("a day later: %d %s", status, text)
			}
		})
	}
}

// Many send the same at the same time: it is done once.
func TestOnceInParallel(t *testing.T) {
	for _, e := range mustertest.Engines(t) {
		t.Run(e.Name, func(t *testing.T) {
			w := newWorldOn(t, e)
			before := w.newest(t)
			var made, replayed, running atomic.Int64
			var all sync.WaitGroup
			for range 100 {
				all.Go(func() {
					res := w.send(http.MethodPost, "/muster/v1/accounts", "fast-key", `{"username": "ada"}`, onceHeader, "one")
					switch {
					case res.Code == http.StatusCreated && res.Header().Get("Idempotency-Replayed") == "true":
						replayed.Add(1)
					case res.Code == http.StatusCreated:
						made.Add(1)
					case res.Code == http.StatusConflict && answerOf(t, res)["code"] == "key_in_use":
						running.Add(1)
					default:
						t.Errorf("%d %s", res.Code, res.Body)
					}
				})
			}
			all.Wait()
			if made.Load() != 1 || w.newest(t) != before+1 {
				t.Errorf("made %d, replayed %d, refused %d; %d changes", made.Load(), replayed.Load(), running.Load(), w.newest(t)-before)
			}
		})
	}
}

// A dry run has nothing that could be done twice, and takes no name.
func TestOnceOfADryRun(t *testing.T) {
	w := newWorld(t)
	body := `{"username": "ada"}`
	w.must(t, http.StatusCreated, http.MethodPost, "/muster/v1/accounts", body, onceHeader, "n", "Muster-Dry-Run", "true")
	before := w.newest(t)
	w.must(t, http.StatusCreated, http.MethodPost, "/muster/v1/accounts", body, onceHeader, "n")
	if w.newest(t) != before+1 {
		t.Error("the dry run took the place of the deed")
	}
}
