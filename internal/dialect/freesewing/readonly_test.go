package freesewing_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/mustertest"
)

// A community that is read-only refuses what would write, with the status that
// clients know of rights, and says why.
func TestReadOnly(t *testing.T) {
	w := newWorld(t)
	mustertest.ReadOnly(t, w.core, demo.ID)
	const why = "the community is read-only for now"
	res := w.send(call{method: http.MethodPatch, path: "/account/key", key: demo.MakerKey, body: `{"bio":"x"}`})
	if res.Code != http.StatusForbidden || !strings.Contains(res.Body.String(), why) {
		t.Errorf("%d %s", res.Code, res.Body)
	}
}
