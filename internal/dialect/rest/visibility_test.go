package rest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/muster-accounts/muster/internal/demo"
)

// A caller who may not see a field finds its value nowhere: not in an account,
// nor in a list, in history, an account as it was, a preview, a result or a
// refusal.
func TestHiddenValuesStayHidden(t *testing.T) {
	w := newWorld(t)
	id := string(demo.IntranetID)
	w.must(t, http.StatusOK, http.MethodPatch, "/muster/v1/accounts/"+id, `{"bio": "x", "values": {"secret": "`+secretValue+` again"}}`)
	for _, c := range []struct{ method, path, body string }{
		{http.MethodGet, "/accounts/" + id, ""},
		{http.MethodGet, "/accounts/" + id + "?fields=values,values.secret,values.secret_key", ""},
		{http.MethodGet, "/accounts/" + id + "?at=100000", ""},
		{http.MethodGet, "/accounts/" + id + "?at=2030-01-01T00:00:00Z", ""},
		{http.MethodGet, "/accounts?limit=1000", ""},
		{http.MethodGet, "/accounts?values.secret=walrus", ""},
		{http.MethodGet, "/accounts?search=walrus", ""},
		{http.MethodGet, "/changes?limit=1000", ""},
		{http.MethodGet, "/changes?account=12&member=values", ""},
		{http.MethodGet, "/fields", ""},
		{http.MethodPatch, "/accounts/12", `{"values": {"secret": "guess"}}`},
		{http.MethodPatch, "/accounts/12", `{"bio": "y"}`},
		{http.MethodPost, "/changes?mode=each", `[{"account": 12, "edit": {"values": {"secret": "guess"}}}, {"account": 12, "edit": {"bio": "z"}}]`},
		{http.MethodPost, "/changes?dry_run=true", `[{"account": 12, "edit": {"bio": "zz"}}]`},
		{http.MethodPost, "/changes/undo", `{"account": 12, "mode": "each", "dry_run": true}`},
		{http.MethodPost, "/changes/undo", `{"account": 12, "force": true}`},
	} {
		for _, key := range []string{"read-key", "write-key"} {
			res := w.send(c.method, "/muster/v1"+c.path, key, c.body)
			if res.Code >= http.StatusInternalServerError || strings.Contains(res.Body.String(), "walrus-") {
				t.Errorf("%s %s %s, by %s: %d %s", c.method, c.path, c.body, key, res.Code, res.Body)
			}
		}
	}
	for seq := w.newest(t); seq > w.newest(t)-10; seq-- {
		for _, verb := range []string{"", "/undo"} {
			method := map[string]string{"": http.MethodGet, "/undo": http.MethodPost}[verb]
			res := w.send(method, "/muster/v1/changes/"+itoa(seq)+verb, "write-key", "")
			if res.Code >= http.StatusInternalServerError || strings.Contains(res.Body.String(), "walrus-") {
				t.Errorf("change %d%s: %d %s", seq, verb, res.Code, res.Body)
			}
		}
	}
	if res := w.send(http.MethodGet, "/muster/v1/accounts/12", "fast-key", ""); !strings.Contains(res.Body.String(), "walrus-") {
		t.Error("nobody sees it, so nothing was shown")
	}
}

// Where the community wants it, nobody changes what they have not seen.
func TestIfMatch(t *testing.T) {
	w := newWorld(t)
	tag := w.send(http.MethodGet, "/muster/v1/accounts/12", "fast-key", "").Header().Get("ETag")
	patch := func(headers ...string) int {
		return w.send(http.MethodPatch, "/muster/v1/accounts/12", "fast-key", `{"bio": "b"}`, headers...).Code
	}
	for _, c := range []struct {
		match string
		want  int
	}{
		{`"999"`, 412}, {`W/` + tag, 412}, {`nonsense`, 400}, {`"a", "b"`, 412}, {`"999", ` + tag, 200}, {`*`, 200},
	} {
		if got := patch("If-Match", c.match); got != c.want {
			t.Errorf("If-Match: %s: %d, want %d", c.match, got, c.want)
		}
	}
	w.require(t)
	if got := patch(); got != http.StatusPreconditionRequired {
		t.Errorf("without: %d", got)
	}
	if got := patch("If-Match", "*"); got != http.StatusOK {
		t.Errorf("with *: %d", got)
	}
	if res := w.send(http.MethodDelete, "/muster/v1/accounts/12", "fast-key", ""); res.Code != http.StatusPreconditionRequired {
		t.Errorf("delete: %d", res.Code)
	}
}
