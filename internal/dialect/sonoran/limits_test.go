package sonoran_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/demo"
)

const ranksPath = "/v2/community/accounts/" + string(demo.PageID) + "/ranks"

func (w *aWorld) send(method, path, key, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	answer := httptest.NewRecorder()
	w.handler.ServeHTTP(answer, r)
	return answer
}

// v1 sends one entry to a v1 path, with a key of the demo community.
func (w *aWorld) v1(path, key, entry string) *httptest.ResponseRecorder {
	return w.send(http.MethodPost, path, "", `{"id":"demo","key":"`+key+`","data":[`+entry+`]}`)
}

func TestLimitOfThePage(t *testing.T) {
	w := newWorld(t)
	patch := func(key string) *httptest.ResponseRecorder {
		return w.send(http.MethodPatch, ranksPath, key, `{"add":["rank-1"]}`)
	}
	for i := range 22 {
		if res := patch(demo.Secret); res.Code != http.StatusOK || res.Header().Get("RateLimit-Policy") != `"accounts-write";q=22;w=60` {
			t.Fatalf("request %d: %d, policy %s", i+1, res.Code, res.Header().Get("RateLimit-Policy"))
		}
	}
	refused := patch(demo.Secret)
	wait, err := strconv.Atoi(refused.Header().Get("Retry-After"))
	if refused.Code != http.StatusTooManyRequests || err != nil || wait < 1 || wait > 10 {
		t.Fatalf("request 23: %d, Retry-After %q", refused.Code, refused.Header().Get("Retry-After"))
	}
	if body := refused.Body.String(); !strings.Contains(body, `"message":"this credential may send 22 requests a minute`) {
		t.Errorf("the refusal says %s", body)
	}
	// From the same address: reads are another class, another key another credential, and one has a limit of its own.
	if res := w.send(http.MethodGet, ranksPath, demo.Secret, ""); res.Code != http.StatusOK {
		t.Errorf("a read: %d", res.Code)
	}
	for range 30 {
		if res := patch("fast-key"); res.Code != http.StatusOK {
			t.Fatalf("another key: %d", res.Code)
		}
	}
	w.clock.Advance(time.Duration(wait) * time.Second)
	if res := patch(demo.Secret); res.Code != http.StatusOK {
		t.Errorf("after Retry-After: %d", res.Code)
	}
}

func TestLimitOfV1AndOfTheOwnPreset(t *testing.T) {
	w := newWorld(t)
	for range 600 {
		if res := w.v1("/general/get_account_ranks", demo.Secret, `{"uniqueId":1001}`); res.Code != http.StatusOK {
			t.Fatal(res.Code, res.Body)
		}
	}
	res := w.v1("/general/get_account_ranks", demo.Secret, `{"uniqueId":1001}`)
	if res.Code != http.StatusTooManyRequests || res.Header().Get("Retry-After") != "1" || !strings.HasPrefix(res.Body.String(), "API RATE LIMIT EXCEEDED") {
		t.Errorf("%d %s %s", res.Code, res.Header().Get("Retry-After"), res.Body)
	}
	if policy := w.send(http.MethodGet, ranksPath, "other-key", "").Header().Get("RateLimit-Policy"); policy != `"accounts-read";q=600;w=60` {
		t.Errorf("the preset own has the policy %s", policy)
	}
}

// Where a community does not derive active from ranks, v2's active sets it.
func TestActiveWhereItIsNotDerived(t *testing.T) {
	w := newWorld(t)
	_, err := w.core.UpdateCommunity(t.Context(), muster.Operator(demo.ID), func(c *muster.Community) { c.Settings.ActiveFromRanks = false })
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ body, status string }{
		{`{"active":false}`, `"comStatus":false`},
		{`{"add":["rank-1"]}`, `"comStatus":false`},
		{`{"set":[],"active":true}`, `"comStatus":true`},
		{`{"active":null}`, `"comStatus":true`},
	} {
		if res := w.send(http.MethodPatch, ranksPath, demo.Secret, c.body); res.Code != http.StatusOK || !strings.Contains(res.Body.String(), c.status) {
			t.Errorf("%s: %d, want %s in %s", c.body, res.Code, c.status, res.Body)
		}
	}
}

// A key for ranks alone can send the page's example, active and all, where
// active is ignored.
func TestActiveNeedsNoRightWhereItIsIgnored(t *testing.T) {
	w := newWorld(t)
	key := muster.Key{Level: muster.LevelWriteSome, RankPower: muster.AnyRankPower, Areas: []muster.Area{muster.AreaRanks}}
	if _, _, err := w.core.CreateKey(t.Context(), muster.Operator(demo.ID), key, "ranks-key"); err != nil {
		t.Fatal(err)
	}
	if res := w.send(http.MethodPatch, ranksPath, "ranks-key", `{"add":["rank-1"],"active":true}`); res.Code != http.StatusOK {
		t.Error(res.Code, res.Body)
	}
}

func TestRevokedKeyIsDeadAtOnce(t *testing.T) {
	w := newWorld(t)
	admin := muster.Operator(demo.ID)
	if _, _, err := w.core.CreateKey(t.Context(), admin, muster.Key{ID: "short", Level: muster.LevelAdmin}, "short-key"); err != nil {
		t.Fatal(err)
	}
	if res := w.send(http.MethodGet, ranksPath, "short-key", ""); res.Code != http.StatusOK {
		t.Fatal(res.Code)
	}
	if err := w.core.RevokeKey(t.Context(), admin, "short"); err != nil {
		t.Fatal(err)
	}
	if res := w.send(http.MethodGet, ranksPath, "short-key", ""); res.Code != http.StatusUnauthorized {
		t.Error(res.Code)
	}
}
