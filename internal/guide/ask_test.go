package guide_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/muster-accounts/muster/docs"
	"github.com/muster-accounts/muster/internal/guide"
)

var contracts = []guide.Contract{{Name: "sonoran", Title: "Sonoran CMS v1 and v2", Path: "/openapi/sonoran.yaml"}}

// program has the guides of the program. It keeps no state, so the tests share it.
var program = sync.OnceValues(func() (*guide.Guide, error) { return guide.New(context.Background(), docs.Files, contracts) })

func newGuide(t testing.TB) *guide.Guide {
	t.Helper()
	g, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// get asks for a path with the Accept field that the client has, if it has one.
func get(g http.Handler, path, accept string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w
}

type answer struct {
	Question string
	Passages []struct{ Title, Heading, Link, Text string }
}

func ask(t testing.TB, g http.Handler, question string) (a answer) {
	t.Helper()
	res := get(g, "/docs?ask="+url.QueryEscape(question), "application/json")
	if err := json.Unmarshal(res.Body.Bytes(), &a); err != nil || res.Code != http.StatusOK {
		t.Fatalf("%q: %d %v", question, res.Code, err)
	}
	return a
}

// TestQuestions asks what people ask, in their words, and looks for the passage that answers among the first.
func TestQuestions(t *testing.T) {
	g := newGuide(t)
	for _, c := range []struct {
		question, link string
		within         int // how far down it may stand
	}{
		{"How do I undo a change?", "history-and-undo#undo-a-change", 1},
		{"how can I revert what a bot did", "history-and-undo#", 3},
		{"how do I undo", "history-and-undo#undo-", 1},
		{"delete an account for good", "history-and-undo#erase-delete-an-account-for-good", 1},
		{"how do I erase an account?", "history-and-undo#erase-delete-an-account-for-good", 1},
		{"restore a deleted account", "history-and-undo#delete-and-restore-an-account", 2},
		{"who changed what", "history-and-undo", 2},
		{"which roles can a user have?", "glossary#the-words", 3},
		{"how do I give somebody a rank", "ranks#give-and-take", 2},
		{"Can a bot grant a rank above its own power?", "ranks#power", 2},
		{"how do I promote someone", "ranks#promotions", 1},
		{"how do I unban a player?", "ranks#kick-and-ban-a-member-and-unban", 1},
		{"unban a member and restore their ranks", "ranks#kick-and-ban-a-member-and-unban", 3},
		{"how do I create an API key", "keys-and-levels#create-an-api-key", 1},
		{"what does level 8 allow", "keys-and-levels#levels", 2},
		{"my key was leaked, how do I revoke it?", "keys-and-levels#revoke-a-key", 1},
		{"what is the rate limit and how do I change it", "keys-and-levels#how-often", 1},
		{"which types of fields are there", "fields#types", 1},
		{"how do I hide a field from bots", "fields#who-sees-and-edits-a-field", 2},
		{"regular expression for a value", "fields#rules", 2},
		{"nginx configuration", "deploy#nginx", 1},
		{"How do I run it behind Caddy with HTTPS?", "deploy#caddy", 2},
		{"systemd unit file", "deploy#a-service-of-systemd", 2},
		{"how do I back up the database", "upgrade-and-backup#back-up", 2},
		{"how to restore a backup?", "upgrade-and-backup#restore", 1},
		{"upgrade to a new version", "upgrade-and-backup#upgrade", 1},
		{"what is the difference between a rank and a role", "glossary#", 2},
		{"What do you call a tenant?", "glossary#", 2},
		{"what is the base URL setting of sonoran.js", "sonoran#point-the-clients-at-it", 1},
		{"migrate from Sonoran CMS", "sonoran", 1},
		{"what does AddUser=false do", "communifire#the-call", 1},
		{"script expects status 200 for errors", "communifire#what-scripts-may-trip-over", 2},
		{"can users of freesewing keep their passwords", "freesewing", 1},
		{"where is the key after the first start?", "getting-started#make-a-community-of-your-own", 2},
		{"metrics for prometheus", "deploy#is-it-well", 1},
	} {
		a := ask(t, g, c.question)
		found := false
		for i, p := range a.Passages {
			found = found || i < c.within && strings.HasPrefix(p.Link, "/docs/guides/"+c.link)
		}
		if !found {
			t.Errorf("%q has not %s among its first %d:", c.question, c.link, c.within)
			for _, p := range a.Passages {
				t.Logf("    %s", p.Link)
			}
		}
	}
}

func TestAnswerForms(t *testing.T) {
	g := newGuide(t)
	const question = "ask=how+do+I+undo+a+change"
	for _, c := range []struct{ path, accept, kind, body string }{
		{"/docs", "text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8", `<a href="/docs/guides/history-and-undo#undo-a-change">`},
		{"/docs/guides", "application/json", "application/json", `"link": "/docs/guides/history-and-undo#undo-a-change"`},
		{"/docs/guides/ranks", "application/json, text/html", "application/json", `"question": "how do I undo a change"`},
		{"/docs/guides/ranks.md", "*/*", "text/markdown; charset=utf-8", "Source: [History and undo: Undo a change](/docs/guides/history-and-undo#undo-a-change)\n"},
		{"/docs/guides.md", "", "text/markdown; charset=utf-8", "Source: "},
		{"/docs/api/sonoran", "", "text/markdown; charset=utf-8", "Source: "},
	} {
		res := get(g, c.path+"?"+question, c.accept)
		if res.Code != http.StatusOK || res.Header().Get("Content-Type") != c.kind || !strings.Contains(res.Body.String(), c.body) {
			t.Errorf("%s, %s: %d %v\n%s", c.path, c.accept, res.Code, res.Header(), res.Body)
		}
		if res.Header().Get("Vary") != "Accept" {
			t.Errorf("%s does not say that the answer varies", c.path)
		}
	}
	for _, path := range []string{"/docs/guides/nothing", "/docs/api/nothing"} {
		if res := get(g, path+"?"+question, ""); res.Code != http.StatusNotFound {
			t.Errorf("%s: a page that is not there answers %d", path, res.Code)
		}
	}
}

func TestBadQuestions(t *testing.T) {
	g := newGuide(t)
	for query, wrong := range map[string]string{
		"ask":                                  "there is no word in the question",
		"ask=":                                 "there is no word in the question",
		"ask=+%3F%21+":                         "there is no word in the question",
		"ask=%ff%fe":                           "is not UTF-8 text",
		"ask=" + strings.Repeat("%C3%A9", 501): "has more than 500 characters",
	} {
		for accept, kind := range map[string]string{"application/json": "application/json", "text/html": "text/html; charset=utf-8", "": "text/markdown; charset=utf-8"} {
			res := get(g, "/docs?"+query, accept)
			if res.Code != http.StatusBadRequest || res.Header().Get("Content-Type") != kind || !strings.Contains(res.Body.String(), wrong) {
				t.Errorf("%s, %s: %d %s", query, accept, res.Code, res.Body)
			}
		}
	}
	if a := ask(t, g, "xylophone zeppelin"); a.Passages == nil || len(a.Passages) > 0 {
		t.Errorf("words that no guide has: %+v", a)
	}
	if res := get(g, "/docs?ask=xylophone", "text/html"); !strings.Contains(res.Body.String(), "No guide has words of this question.") {
		t.Errorf("a page that says nothing of it:\n%s", res.Body)
	}
	if a := ask(t, g, "What is it?"); len(a.Passages) == 0 {
		t.Error("where no word tells anything, all of them count")
	}
	if res := get(g, "/docs?ask=%3Cscript%3Ealert(1)%3C/script%3E+rank", "text/html"); strings.Contains(res.Body.String(), "<script>") {
		t.Errorf("the question is not escaped:\n%s", res.Body)
	}
}

// FuzzAsk: whatever is asked, nothing of it is read as the index's syntax, and the answer is bounded.
func FuzzAsk(f *testing.F) {
	for _, question := range []string{
		"how do I undo a change", `"`, `rank" OR "key`, "title:rank", "rank*", "NEAR(rank key, 2)", "-rank ^key + {title}: x", "AND OR NOT", "a\x00b", "é̈ ß Ⅷ ٣ 日本語",
		strings.Repeat("rank ", 100), "'); DROP TABLE passages; --",
	} {
		f.Add(question)
	}
	g := newGuide(f)
	f.Fuzz(func(t *testing.T, question string) {
		res := get(g, "/docs?ask="+url.QueryEscape(question), "application/json")
		var a answer
		if err := json.Unmarshal(res.Body.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		if res.Code != http.StatusOK && res.Code != http.StatusBadRequest || len(a.Passages) > 5 {
			t.Fatalf("%d with %d passages", res.Code, len(a.Passages))
		}
		for _, p := range a.Passages {
			if p.Link == "" || p.Text == "" || len(p.Text) > 8000 {
				t.Errorf("a passage of %d bytes at %q", len(p.Text), p.Link)
			}
		}
	})
}

func BenchmarkAsk(b *testing.B) {
	g := newGuide(b)
	for b.Loop() {
		ask(b, g, "how do I give a rank to a user with a key of level 3?")
	}
}
