package golden

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// Hostile says how requests are made that a dialect would serve but for the
// one value in them that is hostile.
type Hostile struct {
	Path      map[string]string                           // a good value for each path parameter
	Body      func(method, path string, b map[string]any) // completes the body of a route, where that is an object; nil: it is complete
	Authorize func(*http.Request)                         // puts the credential where it belongs
	Alive     func(t *testing.T) bool                     // asked after each route: does the server, and the credential, still serve?
}

// hostileValues hold each JSON type, and what parsers and databases stumble over.
var hostileValues = []string{
	`null`, `true`, `0`, `-1`, `1.5`, `1e400`, `9223372036854775808`, `""`, `"\u0000"`, `"\ud800"`, `"' OR 1=1 --"`,
	`"` + strings.Repeat("x", 70_000) + `"`, `[]`, `[null]`, `[[{}]]`, `["x","x"]`, `{}`, `{"id":{"id":[]}}`, `{"":null,"\u0000":1}`,
}

var hostileTexts = []string{
	"", " ", "\x00", "\xff\xfe", "..", "-1", "0", "9223372036854775808", "1e9", "' OR 1=1 --", "a/b", "true", "null", "\u202e", strings.Repeat("x", 5_000),
}

// Hostile puts every hostile value in the place of every member of the body,
// every path and every query parameter of every described route. Each answer
// must be one that the contract describes, and none a failure of ours; 501 is
// an answer.
func (c Contract) Hostile(t *testing.T, handler http.Handler, h Hostile) {
	t.Helper()
	for _, path := range slices.Sorted(maps.Keys(c.doc.Paths.Map())) {
		item := c.doc.Paths.Value(path)
		operations := item.Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			a := attack{Hostile: h, contract: c, handler: handler, method: method, path: path, checked: map[string]bool{}}
			a.media, a.body = example(operations[method], h.Body, method, path)
			a.parameters(t, append(slices.Clone(item.Parameters), operations[method].Parameters...))
			a.members(t, a.body, func(v any) any { return v })
			if !h.Alive(t) {
				t.Fatalf("%s %s: nothing is served any more", method, path)
			}
		}
	}
}

// attack is what one route has to stand.
type attack struct {
	Hostile
	contract     Contract
	handler      http.Handler
	method, path string
	media        string // the type of body
	body         any    // that of a request that would be served

	checked map[string]bool // answers that were held against the contract; to do so takes most of the time
}

func (a attack) parameters(t *testing.T, list openapi3.Parameters) {
	t.Helper()
	for _, p := range list {
		for _, text := range hostileTexts {
			switch p.Value.In {
			case openapi3.ParameterInPath:
				path := maps.Clone(a.Path)
				path[p.Value.Name] = text
				a.send(t, path, nil, a.body)
			case openapi3.ParameterInQuery:
				a.send(t, a.Path, url.Values{p.Value.Name: {text, text}}, a.body)
			}
		}
	}
}

// members replaces v, a part of the body, then each of its own parts; within
// gives the body that holds another value in v's place.
func (a attack) members(t *testing.T, v any, within func(any) any) {
	t.Helper()
	if a.body == nil {
		return
	}
	for _, value := range hostileValues {
		a.send(t, a.Path, nil, within(json.RawMessage(value)))
	}
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			a.members(t, v[name], func(other any) any {
				changed := maps.Clone(v)
				changed[name] = other
				return within(changed)
			})
		}
	case []any:
		for i := range v {
			a.members(t, v[i], func(other any) any {
				changed := slices.Clone(v)
				changed[i] = other
				return within(changed)
			})
		}
	}
}

func (a attack) send(t *testing.T, path map[string]string, query url.Values, body any) {
	t.Helper()
	target := a.path
	for name, value := range path {
		target = strings.ReplaceAll(target, "{"+name+"}", url.PathEscape(value))
	}
	if query != nil {
		target += "?" + query.Encode()
	}
	var text []byte
	if body != nil {
		text = raw(body)
	}
	r := httptest.NewRequest(a.method, target, bytes.NewReader(text))
	r.Header.Set("Content-Type", a.media)
	a.Authorize(r)
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	if w.Code >= http.StatusInternalServerError && w.Code != http.StatusNotImplemented {
		t.Errorf("%s %.200s: %d %.200s\n%.300s", a.method, target, w.Code, w.Body, text)
	}
	answer := fmt.Sprint(r.URL.Path, w.Code, w.Header()["Content-Type"], passing.ReplaceAllString(w.Body.String(), ""))
	if !a.checked[answer] {
		a.checked[answer] = true
		a.contract.Check(t, r, text, w.Result())
	}
}

// passing is what makes the same answer another one each time: ids, times, counts.
var passing = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]+`)

// raw is v as JSON. What stands in it as a RawMessage goes out as it is, valid
// or not.
func raw(v any) []byte {
	switch v := v.(type) {
	case json.RawMessage:
		return v
	case map[string]any:
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, string(raw(name))+":"+string(raw(v[name])))
		}
		return []byte("{" + strings.Join(parts, ",") + "}")
	case []any:
		var parts []string
		for _, e := range v {
			parts = append(parts, string(raw(e)))
		}
		return []byte("[" + strings.Join(parts, ",") + "]")
	}
	text, _ := json.Marshal(v) // a text, a number, true, false or nil
	return text
}

// example is a body such as the operation describes, with every member, and its
// type; nil where it reads none.
func example(op *openapi3.Operation, complete func(string, string, map[string]any), method, path string) (media string, body any) {
	const usual = "application/json"
	if op.RequestBody == nil {
		return usual, nil
	}
	for _, media := range []string{usual, "application/merge-patch+json"} {
		described := op.RequestBody.Value.Content[media]
		if described == nil || described.Schema == nil {
			continue
		}
		body := exampleOf(described.Schema.Value, 0)
		if object, ok := body.(map[string]any); ok && complete != nil {
			complete(method, path, object)
		}
		return media, body
	}
	return usual, nil
}

func exampleOf(s *openapi3.Schema, depth int) any {
	switch {
	case depth > 6:
		return nil
	case s.Example != nil:
		return s.Example
	case len(s.Enum) > 0:
		return s.Enum[0]
	case len(s.AllOf) > 0:
		whole := exampleOf(&openapi3.Schema{Type: s.Type, Properties: s.Properties}, depth+1)
		object, ok := whole.(map[string]any)
		if !ok {
			object = map[string]any{}
		}
		for _, part := range s.AllOf {
			if members, ok := exampleOf(part.Value, depth+1).(map[string]any); ok {
				maps.Copy(object, members)
			}
		}
		return object
	case len(s.OneOf) > 0:
		return exampleOf(s.OneOf[0].Value, depth+1)
	case len(s.AnyOf) > 0:
		return exampleOf(s.AnyOf[0].Value, depth+1)
	case s.Type.Includes("object") || len(s.Properties) > 0:
		object := map[string]any{}
		for name, p := range s.Properties {
			object[name] = exampleOf(p.Value, depth+1)
		}
		return object
	case s.Type.Includes("array") && s.Items != nil:
		return []any{exampleOf(s.Items.Value, depth+1)}
	case s.Type.Includes("integer") || s.Type.Includes("number"):
		return 1
	case s.Type.Includes("boolean"):
		return true
	}
	return "x"
}
