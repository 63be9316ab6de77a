package sonoran

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestTableMatch(t *testing.T) {
	d := New(nil, nil, nil, nil)
	for _, c := range []struct{ method, path, pattern, accountID string }{
		{"POST", "/general/set_account_ranks", "/general/set_account_ranks", ""},
		{"PATCH", "/v2/community/accounts/X/ranks", "/v2/community/accounts/{accountId}/ranks", "X"},
		{"GET", "/v2/community/accounts/search", "/v2/community/accounts/search", ""},
		{"GET", "/v2/community/accounts/discord/1", "/v2/community/accounts/discord/{discordId}", ""},
		{"GET", "/v2/community/accounts/discord/ranks", "/v2/community/accounts/discord/{discordId}", ""},
		{"GET", "/v2/community/accounts/a%2Fb", "/v2/community/accounts/{accountId}", "a/b"},
		{"GET", "/v2/community/accounts/a%2Fb/ranks", "/v2/community/accounts/{accountId}/ranks", "a/b"},
		{"GET", "/v2/community", "/v2/community", ""},
		{"GET", "/v2/community/nothing", "", ""},
		{"GET", "/v2/community/accounts/a/b/c/d", "", ""},
	} {
		r := httptest.NewRequest(c.method, c.path, nil)
		var pattern string
		for _, route := range d.routes.match(r) {
			if route.method == c.method {
				pattern = route.pattern
			}
		}
		if pattern != c.pattern || r.PathValue("accountId") != c.accountID {
			t.Errorf("%s %s: pattern %q, accountId %q", c.method, c.path, pattern, r.PathValue("accountId"))
		}
	}
}

// The README tells people which calls answer 501; it must list all of them.
func TestReadmeListsWhatIsNotServed(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`\s+`).ReplaceAllString(string(readme), " ")
	for _, r := range New(nil, nil, nil, nil).routes.routes {
		name := r.pattern
		if below, ok := strings.CutPrefix(name, "/v2/community"); ok {
			name = r.method + " " + below
			if below == "" {
				name += "/"
			}
		}
		if r.unbuilt && !strings.Contains(text, "`"+name+"`") {
			t.Errorf("README.md does not list `%s`", name)
		}
		if !r.unbuilt && !strings.Contains(text, "`"+r.method+" "+r.pattern+"`") {
			t.Errorf("README.md does not name the served call %s %s", r.method, r.pattern)
		}
	}
}

func TestWhatIsNotServed(t *testing.T) {
	d := New(nil, nil, nil, nil)
	for _, c := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"POST", "/rosters/get", 501, "NOT IMPLEMENTED"},
		{"GET", "/v2/community/forms", 501, `"status":501`},
		{"POST", "/v2/community/events/1/rsvps", 501, `"message":"this server does not serve this call; what it serves stands at ` + Guide},
		{"POST", "/general/no_such_call", 200, "Sonoran CMS: Backend Service Reached"},
		{"POST", "/forms/no_such_call", 404, "not found"},
		{"GET", "/v2/no-such-call", 404, `"detail":"NOT FOUND"`},
		{"GET", "/general/set_account_ranks", 405, "POST only"},
		{"DELETE", "/v2/community/accounts/x/ranks", 405, `"detail":"this path takes GET, PATCH"`},
	} {
		w := httptest.NewRecorder()
		d.ServeHTTP(w, httptest.NewRequest(c.method, c.path, nil))
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.body) {
			t.Errorf("%s %s: %d %s", c.method, c.path, w.Code, w.Body)
		}
		if c.status == http.StatusMethodNotAllowed && w.Header().Get("Allow") == "" {
			t.Errorf("%s %s: no Allow", c.method, c.path)
		}
	}
}
