package golden

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// Operation is one described call.
type Operation struct {
	Method, Path string
	Media        string   // the type of its body; empty where it reads none
	Query        []string // the names of the query parameters that it takes
	Headers      []string // that it takes
	Statuses     []string // that it answers, "default" among them
}

// Route is the operation as "METHOD /path".
func (o Operation) Route() string { return o.Method + " " + o.Path }

// Operations are the described calls, by path and method.
func (c Contract) Operations() (list []Operation) {
	for _, path := range slices.Sorted(maps.Keys(c.doc.Paths.Map())) {
		item := c.doc.Paths.Value(path)
		operations := item.Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			op := operations[method]
			one := Operation{Method: method, Path: path, Statuses: slices.Sorted(maps.Keys(op.Responses.Map()))}
			for _, p := range slices.Concat(item.Parameters, op.Parameters) {
				switch p.Value.In {
				case openapi3.ParameterInHeader:
					one.Headers = append(one.Headers, p.Value.Name)
				case openapi3.ParameterInQuery:
					one.Query = append(one.Query, p.Value.Name)
				}
			}
			if op.RequestBody != nil {
				one.Media = slices.Sorted(maps.Keys(op.RequestBody.Value.Content))[0]
			}
			list = append(list, one)
		}
	}
	return list
}

// At is the path with values for its parameters.
func (o Operation) At(values map[string]string) string {
	path := o.Path
	for name, value := range values {
		path = strings.ReplaceAll(path, "{"+name+"}", value)
	}
	return path
}

// Handler is a handler each of whose answers is checked.
func (c Contract) Handler(t *testing.T, h http.Handler) http.Handler {
	t.Helper()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		note := httptest.NewRecorder()
		h.ServeHTTP(note, r)
		c.Check(t, r, body, note.Result())
		maps.Copy(w.Header(), note.Header())
		w.WriteHeader(note.Code)
		_, _ = w.Write(note.Body.Bytes())
	})
}
