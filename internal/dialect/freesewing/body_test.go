package freesewing_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/muster-accounts/muster/internal/demo"
)

// Pictures make bodies large, but only those of who has shown a credential.
func TestBodyLimits(t *testing.T) {
	w := newWorld(t)
	of := func(size int) string { return `{"unknown":"` + strings.Repeat("x", size-len(`{"unknown":""}`)) + `"}` }
	for _, c := range []struct {
		call
		status int
	}{
		{call{method: http.MethodPost, path: "/signin", body: of(64 << 10)}, http.StatusBadRequest},
		{call{method: http.MethodPost, path: "/signin", body: of(64<<10 + 1)}, http.StatusRequestEntityTooLarge},
		{call{method: http.MethodPut, path: "/account/key", body: of(12 << 20), key: demo.MakerKey}, http.StatusOK},
		{call{method: http.MethodPut, path: "/account/key", body: of(12<<20 + 1), key: demo.MakerKey}, http.StatusRequestEntityTooLarge},
	} {
		res := w.send(c.call)
		if res.Code != c.status || c.status == http.StatusRequestEntityTooLarge && !strings.Contains(res.Body.String(), `"error":"bodyTooLarge"`) {
			t.Errorf("%s with %d bytes: %d %.200s", c.path, len(c.body), res.Code, res.Body)
		}
	}
}
