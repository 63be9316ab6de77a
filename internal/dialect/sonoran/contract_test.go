package sonoran_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/muster-accounts/muster/internal/dialect/sonoran"
)

// contract holds answers against openapi.yaml.
type contract struct {
	doc    *openapi3.T
	router routers.Router
}

func loadContract(t *testing.T) contract {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(sonoran.Spec)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil // whatever host the tests use
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return contract{doc, router}
}

// check fails the test where the answer of a described route is not as
// described. Requests are not held against the file: the dialect takes more
// than it recommends.
func (c contract) check(t *testing.T, r *http.Request, body []byte, res *http.Response) {
	t.Helper()
	clean := r.Clone(r.Context())
	clean.URL.Path, clean.URL.RawPath = cleaned(r.URL.EscapedPath())
	route, params, err := c.router.FindRoute(clean)
	if err != nil { // only what answers that it is not served may be without a description
		served := res.StatusCode != http.StatusNotFound && res.StatusCode != http.StatusMethodNotAllowed && res.StatusCode != http.StatusNotImplemented
		if text := string(readAll(t, res)); served && text != "Sonoran CMS: Backend Service Reached" {
			t.Errorf("%s %s is served and not described: %d %s", r.Method, r.URL.Path, res.StatusCode, text)
		}
		return
	}
	clean.Body = io.NopCloser(bytes.NewReader(body))
	err = openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: clean, PathParams: params, Route: route},
		Status:                 res.StatusCode, Header: res.Header, Body: io.NopCloser(bytes.NewReader(readAll(t, res))),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	})
	if err != nil {
		t.Errorf("%s %s: the answer is not as openapi.yaml describes it: %v", r.Method, r.URL.Path, err)
	}
}
