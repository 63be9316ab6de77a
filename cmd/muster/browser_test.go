package main

import (
	"context"
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster/internal/mustertest"
)

// page calls the server from a browser as a front end on another origin does,
// and writes down what its scripts get to see.
const page = `<!doctype html><title>page</title><pre id="seen">nothing yet</pre><script>
const api = location.hash.slice(1), seen = {}
async function call(name, path, options = {}) {
  try {
    const res = await fetch(api + path, { credentials: 'include', ...options, headers: { 'Content-Type': 'application/json', ...options.headers } })
    const text = await res.text()
    let body
    try { body = JSON.parse(text) } catch { body = text }
    seen[name] = [res.status, body.error ?? body.account?.bio ?? body, res.headers.get('X-Request-Id') !== null]
    return body
  } catch (e) { seen[name] = [e.name] }
}
const post = (body) => ({ method: 'POST', body: JSON.stringify(body) })
;(async () => {
  const signed = await call('sign in', '/signin', post({ username: 'demo-user', password: 'demo-password' }))
  const as = { headers: { Authorization: 'Bearer ' + signed?.token } }
  await call('update', '/account/jwt', { method: 'PUT', body: JSON.stringify({ bio: 'from a browser' }), ...as })
  await call('read', '/account/jwt', as)
  await call('wrong password', '/signin', post({ username: 'demo-user', password: 'x' }))
  await call('bad token', '/account/jwt', { headers: { Authorization: 'Bearer x' } })
  await call('no such path', '/account/nothing/of/the/kind')
  await call('wrong method', '/account/jwt', { method: 'PATCH', body: '{"bio":5}', ...as })
  document.getElementById('seen').textContent = 'SEEN' + JSON.stringify(seen) + 'SEEN'
})()
</script>`

var seenPart = regexp.MustCompile(`SEEN(\{.*\})SEEN`)

// What a front end may read that a browser loaded from elsewhere: answers and
// refusals, where its origin is allowed, and nothing where it is not.
func TestBrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	switch {
	case err != nil && os.Getenv("CI") != "":
		t.Fatal("chromium is missing: run make test")
	case err != nil:
		t.Skip("chromium is missing: make test installs it")
	}
	w := newWorld(t, mustertest.Embedded)
	front := func() *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(res http.ResponseWriter, _ *http.Request) {
			res.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = res.Write([]byte(page))
		}))
		t.Cleanup(s.Close)
		return s
	}
	allowed, stranger := front(), front()
	api := httptest.NewServer(door(t, w.core, allowed.URL))
	t.Cleanup(api.Close)
	look := func(from string) (seen map[string][]any) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		browser := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
			"--user-data-dir="+t.TempDir(), "--virtual-time-budget=30000", "--dump-dom", from+"/#"+api.URL)
		dom, err := browser.Output()
		if err != nil {
			t.Fatalf("%v: %s", err, dom)
		}
		found := seenPart.FindStringSubmatch(html.UnescapeString(string(dom)))
		if found == nil {
			t.Fatalf("the page shows %s", dom)
		}
		if err := json.Unmarshal([]byte(found[1]), &seen); err != nil {
			t.Fatal(err)
		}
		return seen
	}
	seen := look(allowed.URL)
	want := map[string][]any{
		"sign in": {200.0, "I sew.", true}, "update": {200.0, "from a browser", true}, "read": {200.0, "from a browser", true},
		"wrong password": {401.0, "signInFailed", true}, "bad token": {401.0, "Unauthorized", true},
		"no such path": {404.0, "notFound", true}, "wrong method": {400.0, "bioInvalid", true},
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("from an origin that is allowed (-want +seen):\n%s", diff)
	}
	for name, got := range look(stranger.URL) {
		if diff := cmp.Diff([]any{"TypeError"}, got); diff != "" {
			t.Errorf("%s from an origin that is not (-want +seen):\n%s", name, diff)
		}
	}
}
