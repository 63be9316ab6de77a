package golden

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const small = `
openapi: 3.1.0
info: { title: Small, version: "1" }
paths:
  /things:
    post:
      parameters:
        - { name: dry, in: query, schema: { type: boolean } }
        - { name: If-Match, in: header, schema: { type: string } }
      requestBody: { content: { application/json: { schema: { $ref: "#/components/schemas/Thing" } } } }
      responses:
        "201":
          description: It
          headers: { Location: { schema: { type: string } } }
          content: { application/json: { schema: { $ref: "#/components/schemas/Thing" } } }
        "409": { description: Taken }
        default: { description: Refused }
components:
  schemas:
    Thing:
      type: object
      properties:
        name: { type: string }
        parts: { type: array, items: { $ref: "#/components/schemas/Thing" } }
        size: { anyOf: [ { type: integer }, { type: string, enum: [small, large] } ] }
`

// Each part of a contract is missed by its name until a request has it.
func TestCoverage(t *testing.T) {
	c := Load(t, []byte(small))
	h := c.Handler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.Header.Get("If-Match") {
		case "":
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write([]byte(`{"name": "a", "parts": [{"size": "small"}]}`))
		default:
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	send := func(path, body, match string) {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("If-Match", match)
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	send("/things?dry=true", `{"size": 1}`, "")
	send("/things", `{"name": "a"}`, "1") // what is refused counts as an answer alone
	got := c.faults(nil, map[string]string{
		"answered POST /things 409": "nobody takes it", "answered Thing.name": "it is there", "answered Thing.colour": "there is none",
	})
	want := []string{
		"never answered POST /things 201 Location", "excused, and yet answered Thing.name", "never answered Thing.size (1)",
		"never answered Thing.size (2) = large", "never sent POST /things If-Match", "never sent Thing.name", "never sent Thing.parts",
		"never sent Thing.size (2)", "never sent Thing.size (2) = large", "never sent Thing.size (2) = small",
		"excused and not described: answered Thing.colour", "described by default alone: answered POST /things 418",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
