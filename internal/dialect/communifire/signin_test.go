package communifire_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/dialect/communifire"
)

const theirs = `{"UserName":"demo-user","Password":"demo-password"}`

// token signs the demo's user in.
func (w aWorld) token(t *testing.T) string {
	t.Helper()
	var answer struct{ ResponseData string }
	res := w.send(http.MethodPut, "/api/users/token", "", theirs)
	if err := json.Unmarshal(res.Body.Bytes(), &answer); err != nil || answer.ResponseData == "" {
		t.Fatal(res.Code, res.Body, err)
	}
	return answer.ResponseData
}

// bearer gets a path with a bearer token.
func (w aWorld) bearer(path, token string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Authorization", "Bearer "+token)
	res := httptest.NewRecorder()
	w.handler.ServeHTTP(res, r)
	return res
}

// A token is shown wherever a key is, and dies with the right to sign in.
func TestTokenIsShownAsAKey(t *testing.T) {
	w := newWorld(t)
	token := w.token(t)
	for name, res := range map[string]*httptest.ResponseRecorder{
		"header": w.send(http.MethodGet, "/api/users/me", token, ""), "bearer": w.bearer("/api/users/me", token),
		"token": w.send(http.MethodGet, "/api/users/me?token="+token, "", ""), "the header's name": w.send(http.MethodGet, "/api/users/me?Rest-Api-Key="+token, "", ""),
		"prefix": w.send(http.MethodGet, "/c/demo/API/users/Me", token, ""),
	} {
		if res.Code != http.StatusOK || !strings.Contains(res.Body.String(), `"UserName":"demo-user"`) {
			t.Errorf("%s: %d %s", name, res.Code, res.Body)
		}
	}
	if res := w.send(http.MethodPost, "/api/users/fields?AddUser=false", token, `{"UserID":14,"Company":"Own"}`); res.Code != http.StatusOK {
		t.Errorf("the own fields: %d %s", res.Code, res.Body)
	}
	if res := w.send(http.MethodPost, "/api/users/fields?AddUser=false", token, `{"UserID":12,"Company":"Another's"}`); res.Code != http.StatusForbidden {
		t.Errorf("another's fields: %d %s", res.Code, res.Body)
	}
	for name, other := range map[string]string{"cut": token[:len(token)-2], "none": "x.y.z"} {
		if res := w.send(http.MethodGet, "/api/users/me", other, ""); res.Code != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", name, res.Code, res.Body)
		}
	}
	if res := w.send(http.MethodGet, "/c/elsewhere/api/users/me", token, ""); res.Code != http.StatusUnauthorized {
		t.Errorf("in another community: %d %s", res.Code, res.Body)
	}
	disabled := muster.Edit{Standing: muster.StandingEdit{SignIn: muster.Some(muster.DisabledByAdmin)}}
	if _, err := w.core.Edit(t.Context(), muster.Operator(demo.ID), muster.RefNumber(14), disabled); err != nil {
		t.Fatal(err)
	}
	if res := w.bearer("/api/users/me", token); res.Code != http.StatusUnauthorized {
		t.Errorf("disabled: %d %s", res.Code, res.Body)
	}
	res := w.send(http.MethodPut, "/api/users/token", "", theirs)
	if res.Code != http.StatusForbidden || !strings.Contains(res.Body.String(), `"ResponseMessage":"Access denied: `) || !strings.Contains(res.Body.String(), `"ResponseData":null`) {
		t.Errorf("disabled, and signs in: %d %s", res.Code, res.Body)
	}
}

// Whoever guesses is stopped, with the time to wait.
func TestSignInIsLimited(t *testing.T) {
	w := newWorld(t)
	for i := range 11 {
		res := w.send(http.MethodPut, "/api/users/token", "", `{"UserName":"nobody.here","Password":"guess"}`)
		limited := res.Code == http.StatusTooManyRequests
		if limited != (i == 10) || limited != (res.Header().Get("Retry-After") != "") {
			t.Errorf("attempt %d: %d %s", i, res.Code, res.Body)
		}
	}
}

// A server of several communities has to be told which.
func TestSignInNamesTheCommunity(t *testing.T) {
	w := newWorld(t)
	other := muster.Community{ID: "other", Settings: muster.Settings{Dialects: []string{communifire.Name}, Limits: muster.LimitsOwn}}
	if _, err := w.core.CreateCommunity(t.Context(), other, communifire.Fields()); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/api/users/token": "put /c/ and the community's id before the path", "/c/demo/api/users/token": `"IsError":false`,
		"/c/other/api/users/token": "Authentication failed: ", "/c/nowhere/api/users/token": "Not found: ",
	} {
		if res := w.send(http.MethodPut, path, "", theirs); !strings.Contains(res.Body.String(), want) {
			t.Errorf("%s: %d %s", path, res.Code, res.Body)
		}
	}
}

// The vendor's three modes.
func TestAuthModes(t *testing.T) {
	w := newWorld(t)
	admin := muster.Operator(demo.ID)
	token := w.token(t)
	for _, c := range []struct {
		mode                        string
		header, url, bearer, signed int // statuses: a key by each way, and a token as bearer
		signIn                      int
	}{
		{"both", 200, 200, 200, 200, 200},
		{"bearer", 401, 401, 200, 200, 200},
		{"bearer_no_passwords", 401, 401, 200, 401, 403},
	} {
		w.flip(t, "communifire.auth", c.mode)
		got := []int{
			w.send(http.MethodGet, "/api/timezones", "demo-key", "").Code, w.send(http.MethodGet, "/api/timezones?token=demo-key", "", "").Code,
			w.bearer("/api/timezones", "demo-key").Code, w.bearer("/api/users/me", token).Code,
			w.send(http.MethodPut, "/api/users/token", "", theirs).Code,
		}
		for i, want := range []int{c.header, c.url, c.bearer, c.signed, c.signIn} {
			if got[i] != want {
				t.Errorf("%s: answers %v, that of %d should be %d", c.mode, got, i, want)
			}
		}
		both := httptest.NewRequest(http.MethodGet, "/api/timezones?token=demo-key", nil)
		both.Header.Set("Authorization", "Bearer demo-key")
		res := httptest.NewRecorder()
		if w.handler.ServeHTTP(res, both); res.Code != c.url {
			t.Errorf("%s: bearer and URL: %d", c.mode, res.Code)
		}
	}
	// Where passwords are off nobody learns whether one is right.
	right, wrong := w.send(http.MethodPut, "/api/users/token", "", theirs), w.send(http.MethodPut, "/api/users/token", "", `{"UserName":"demo-user","Password":"no"}`)
	if right.Body.String() != wrong.Body.String() {
		t.Errorf("%s and %s", right.Body, wrong.Body)
	}
	if v, err := w.core.History(t.Context(), admin, core.HistoryQuery{Limit: 1}); err != nil || v[0].Deed != muster.DeedCatalogue {
		t.Errorf("signing in left %+v, %v", v, err)
	}
}
