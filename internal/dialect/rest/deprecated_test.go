package rest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/dialect/rest"
	"github.com/muster-accounts/muster/internal/mustertest/golden"
)

// What the contract calls deprecated answers so, and nothing else does.
func TestDeprecatedAsDescribed(t *testing.T) {
	if d := cmp.Diff(golden.Load(t, rest.Spec).Deprecated(), newWorld(t).dialect.Deprecated()); d != "" {
		t.Errorf("-described +served\n%s", d)
	}
}

// A route on its way out says so in every answer, refusals among them, and
// goes on answering what it did.
func TestDeprecation(t *testing.T) {
	w := newWorld(t)
	since, sunset := time.Date(2023, 6, 30, 23, 59, 59, 0, time.UTC), time.Date(2024, 6, 30, 23, 59, 59, 0, time.FixedZone("", 3600))
	w.dialect.ServeEnding("GET /muster/v1/accounts", since, sunset, "/docs/guides/moved")
	get := func(method, path, key string) (int, http.Header) {
		r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
		r.Header.Set("Authorization", "Bearer "+key)
		answer := httptest.NewRecorder()
		w.handler.ServeHTTP(answer, r)
		return answer.Code, answer.Header()
	}
	const link = `</docs/guides/moved>; rel="deprecation"; type="text/html"`
	for _, test := range []struct {
		method, path, key string
		status            int
		deprecation, ends string
		links             int
	}{
		{"GET", "/muster/v1/accounts?limit=1", demo.Secret, 200, "@1688169599", "Sun, 30 Jun 2024 22:59:59 GMT", 2}, // RFC 9745's own example
		{"HEAD", "/muster/v1/accounts?limit=1", demo.Secret, 200, "@1688169599", "Sun, 30 Jun 2024 22:59:59 GMT", 2},
		{"GET", "/muster/v1/accounts", "wrong", 401, "@1688169599", "Sun, 30 Jun 2024 22:59:59 GMT", 1},
		{"POST", "/muster/v1/accounts", demo.Secret, 415, "", "", 0},
		{"GET", "/muster/v1/ranks", demo.Secret, 200, "", "", 0},
	} {
		status, h := get(test.method, test.path, test.key)
		if status != test.status || h.Get("Deprecation") != test.deprecation || h.Get("Sunset") != test.ends || len(h.Values("Link")) != test.links {
			t.Errorf("%s %s: %d %v", test.method, test.path, status, h)
		}
		if test.links > 0 && h.Get("Link") != link {
			t.Errorf("%s %s: Link is %s", test.method, test.path, h.Get("Link"))
		}
	}
	w.dialect.ServeEnding("GET /muster/v1/me", since, time.Time{}, "/docs/guides/moved")
	if _, h := get("GET", "/muster/v1/me", demo.Secret); h.Get("Deprecation") == "" || h.Values("Sunset") != nil {
		t.Errorf("without an end: %v", h)
	}
}
