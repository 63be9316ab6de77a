package sonoran_test

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
	if res := w.send(http.MethodPatch, ranksPath, demo.Secret, `{"add":["rank-1"]}`); res.Code != http.StatusForbidden || !strings.Contains(res.Body.String(), why) {
		t.Errorf("v2: %d %s", res.Code, res.Body)
	}
	res := w.v1("/general/set_account_ranks", demo.Secret, `{"uniqueId":1001,"set":[]}`)
	if res.Code != http.StatusBadRequest || res.Body.String() != "NOT ALLOWED: "+why {
		t.Errorf("v1: %d %s", res.Code, res.Body)
	}
}
