package golden

import (
	"bytes"
	"io"
	"net/http"
	"path"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/google/go-cmp/cmp"
)

// Contract is a dialect's openapi.yaml.
type Contract struct {
	doc    *openapi3.T
	router routers.Router
	notes  *notes

	// Unknown is the text by which the dialect says, with a status of success,
	// that it serves no such path; empty where it has none.
	Unknown string
}

// Load reads a contract, which must be valid.
func Load(t testing.TB, spec []byte) Contract {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(spec)
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
	return Contract{doc: doc, router: router, notes: &notes{seen: parts{}, others: parts{}}}
}

// Check fails the test where the answer of a described route is not as
// described. Requests are not held against the contract: dialects take more
// than they recommend.
func (c Contract) Check(t *testing.T, r *http.Request, body []byte, res *http.Response) {
	t.Helper()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	clean := r.Clone(r.Context()) // as the front door hands it on
	clean.URL.Path, clean.URL.RawPath = path.Clean(r.URL.EscapedPath()), path.Clean(r.URL.EscapedPath())
	route, params, err := c.router.FindRoute(clean)
	if err != nil && clean.URL.Path == "/" {
		return // where the front door tells what there is
	}
	if err != nil { // only what answers that it is not served may be without a description
		served := res.StatusCode != http.StatusNotFound && res.StatusCode != http.StatusMethodNotAllowed && res.StatusCode != http.StatusNotImplemented
		if served && (c.Unknown == "" || string(text) != c.Unknown) {
			t.Errorf("%s %s is served and not described: %d %s", r.Method, r.URL.Path, res.StatusCode, text)
		}
		return
	}
	c.note(clean, route, body, res.StatusCode, res.Header, text)
	clean.Body = io.NopCloser(bytes.NewReader(body))
	err = openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: clean, PathParams: params, Route: route},
		Status:                 res.StatusCode, Header: res.Header, Body: io.NopCloser(bytes.NewReader(text)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	})
	if err != nil {
		t.Errorf("%s %s: the answer is not as openapi.yaml describes it: %v", r.Method, r.URL.Path, err)
	}
}

// CheckRoutes fails the test unless the contract describes the served routes,
// each as "METHOD /path", and no others.
func (c Contract) CheckRoutes(t *testing.T, served []string) {
	t.Helper()
	described, routes := map[string]bool{}, map[string]bool{}
	for _, op := range c.Operations() {
		described[op.Route()] = true
	}
	for _, route := range served {
		routes[route] = true
	}
	if diff := cmp.Diff(routes, described); diff != "" {
		t.Errorf("served (-) and described (+)\n%s", diff)
	}
}
