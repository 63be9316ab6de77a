package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/mustertest"
)

// Every dialect's writes can be previewed: the answer is that of the write,
// says that it is none, and nothing is written.
func TestDryRunInEveryDialect(t *testing.T) {
	w := newWorld(t, mustertest.Embedded)
	newest := func() int64 {
		list, err := w.core.History(t.Context(), muster.Operator(demo.ID), core.HistoryQuery{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		return list[0].Seq
	}
	for dialect, c := range map[string]struct {
		method, path, body string
		authorize          func(*http.Request)
	}{
		"sonoran v1": {http.MethodPost, "/general/edit_acc_profile_fields",
			`{"id": "demo", "key": "fast-key", "data": [{"uniqueId": 1234, "profileFields": [{"id": "` + string(demo.Certifications) + `", "value": ["First aid"]}]}]}`, func(*http.Request) {}},
		"communifire": {http.MethodPost, "/api/users/fields?AddUser=false", `{"UserID": 12, "Phone": "5550100"}`, bearer},
		"freesewing":  {http.MethodPatch, "/account/key", `{"bio": "dry"}`, func(r *http.Request) { w.asMaker(t, r) }},
		"rest":        {http.MethodPatch, "/muster/v1/accounts/12", `{"bio": "dry"}`, bearer},
	} {
		for _, dry := range []string{"true", "perhaps", ""} {
			before := newest()
			r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
			r.Header.Set("Content-Type", "application/json")
			if dialect == "rest" {
				r.Header.Set("Content-Type", "application/merge-patch+json")
			}
			c.authorize(r)
			r.Header.Set(muster.HeaderDryRun, dry)
			res := w.send(r)
			wrote := newest() != before
			switch dry {
			case "true":
				if res.Code != http.StatusOK || res.Header().Get(muster.HeaderDryRun) != "true" || wrote {
					t.Errorf("%s, dry: %d %v %s", dialect, res.Code, wrote, res.Body)
				}
			case "perhaps":
				if res.Code < 400 || res.Code >= 500 || wrote {
					t.Errorf("%s, unclear: %d %v %s", dialect, res.Code, wrote, res.Body)
				}
			default:
				if res.Code != http.StatusOK || res.Header().Get(muster.HeaderDryRun) != "" || !wrote {
					t.Errorf("%s, not dry: %d %v %s", dialect, res.Code, wrote, res.Body)
				}
			}
		}
	}
}
