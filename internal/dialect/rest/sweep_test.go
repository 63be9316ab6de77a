package rest_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/mustertest/golden"
)

// good and bad are values of the parameters of paths: of what is there, and of
// what is not.
var (
	good = map[string]string{"ref": string(demo.IntranetID), "seq": "1", "id": "77", "webhook": "bot"}
	bad  = map[string]string{"ref": "999999", "seq": "999999", "id": "404", "webhook": "nobody"}
)

// sweep has each operation refuse what all of its kind refuse.
func (w aWorld) sweep(t *testing.T, contract golden.Contract) {
	t.Helper()
	w.must(t, http.StatusCreated, http.MethodPost, "/muster/v1/webhooks", `{"id": "bot", "url": "https://example.org/hooks", "events": ["*"]}`)
	for _, op := range contract.Operations() {
		w.refuses(t, op, http.StatusUnauthorized, "", w.send(op.Method, op.At(good), "nonsense", ""))
		w.refuses(t, op, http.StatusBadRequest, "nonsense", w.send(op.Method, op.At(good)+"?nonsense=1", "fast-key", "{}"))
		if slices.Contains(op.Statuses, "404") && strings.Contains(op.Path, "{") {
			w.refuses(t, op, http.StatusNotFound, "", w.send(op.Method, op.At(bad), "fast-key", "{}"))
		}
		if op.Media != "" {
			w.refusesBodies(t, op)
		}
		if slices.Contains(op.Headers, onceHeader) != (op.Method == http.MethodPost) {
			t.Errorf("%s %s: does it take %s?", op.Method, op.Path, onceHeader)
		}
		if op.Method == http.MethodPost {
			w.doesOnce(t, op)
		}
		if slices.Contains(op.Headers, "If-Match") {
			w.refuses(t, op, http.StatusPreconditionFailed, "If-Match", w.send(op.Method, op.At(good), "fast-key", "{}", "If-Match", `"999"`))
		}
	}
	w.require(t)
	for _, op := range contract.Operations() {
		if slices.Contains(op.Headers, "If-Match") {
			w.refuses(t, op, http.StatusPreconditionRequired, "If-Match", w.send(op.Method, op.At(good), "fast-key", "{}"))
		}
	}
}

// refuses fails the test unless an answer is a refusal of a status that says
// where the key stands and, where at is given, which part of the request is at
// fault.
func (w aWorld) refuses(t *testing.T, op golden.Operation, status int, at string, res *httptest.ResponseRecorder) {
	t.Helper()
	answer := answerOf(t, res)
	if res.Code != status || answer["status"] != float64(status) || answer["requestId"] != res.Header().Get("X-Request-Id") {
		t.Errorf("%s %s: %d, want %d: %s", op.Method, op.Path, res.Code, status, res.Body)
	}
	if known := status != http.StatusUnauthorized; known != (res.Header().Get("RateLimit") != "") {
		t.Errorf("%s %s: %d with RateLimit %q", op.Method, op.Path, status, res.Header().Get("RateLimit"))
	}
	if at == "" {
		return
	}
	list, _ := answer["errors"].([]any)
	first := map[string]any{}
	if len(list) > 0 {
		first, _ = list[0].(map[string]any)
	}
	if first["parameter"] != at && first["header"] != at && first["pointer"] != at {
		t.Errorf("%s %s: %d names %v and not %s", op.Method, op.Path, status, first, at)
	}
}

// refusesBodies sends bodies of another type, and ones that are too large.
func (w aWorld) refusesBodies(t *testing.T, op golden.Operation) {
	t.Helper()
	w.refuses(t, op, http.StatusUnsupportedMediaType, "Content-Type", w.send(op.Method, op.At(good), "fast-key", "x", "Content-Type", "text/plain"))
	large, media := `{"x": "`+strings.Repeat("x", 1<<20)+`"}`, op.Media
	if strings.HasSuffix(op.Path, "/changes") {
		media = "application/x-ndjson" // of which a line may not be as large
	}
	w.refuses(t, op, http.StatusRequestEntityTooLarge, "", w.send(op.Method, op.At(good), "fast-key", large, "Content-Type", media))
	if strings.HasSuffix(op.Path, "/changes") {
		return // whose body is a list
	}
	w.refuses(t, op, http.StatusBadRequest, "/nonsense~1", w.send(op.Method, op.At(good), "fast-key", `{"nonsense/": 1}`, "Content-Type", op.Media))
}

// doesOnce sends a request of a name again: while it is running, when it has
// been answered, and as another one.
func (w aWorld) doesOnce(t *testing.T, op golden.Operation) {
	t.Helper()
	const body = `{"nonsense": 1}`
	name := op.Method + op.Path
	send := func(h http.Handler, res http.ResponseWriter, body string) {
		r := httptest.NewRequest(op.Method, op.At(good), strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer fast-key")
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set(onceHeader, name)
		h.ServeHTTP(res, r)
	}
	first, running, again, other := httptest.NewRecorder(), httptest.NewRecorder(), httptest.NewRecorder(), httptest.NewRecorder()
	send(w.bare, &nested{first, func() { send(w.handler, running, body) }}, body)
	w.refuses(t, op, http.StatusConflict, onceHeader, running)
	send(w.handler, again, body)
	if again.Code != first.Code || again.Header().Get("Idempotency-Replayed") != "true" || again.Body.String() != first.Body.String() {
		t.Errorf("%s %s: %d %s, and then %d %s", op.Method, op.Path, first.Code, first.Body, again.Code, again.Body)
	}
	send(w.handler, other, `{"nonsense": 2}`)
	w.refuses(t, op, http.StatusUnprocessableEntity, onceHeader, other)
}

// nested is a writer that does something before an answer goes out.
type nested struct {
	*httptest.ResponseRecorder
	before func()
}

// WriteHeader does it.
func (n *nested) WriteHeader(status int) {
	if before := n.before; before != nil {
		n.before = nil
		before()
	}
	n.ResponseRecorder.WriteHeader(status)
}
