package client_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/client"
	"github.com/muster-accounts/muster/internal/mustertest"
)

func TestNewRefuses(t *testing.T) {
	for _, address := range []string{"", "example.org", "ftp://example.org", "https://", "https://user:pw@example.org", "https://example.org?x", "https://example.org/#x", "http://[::1"} {
		if _, err := client.New(address, "key"); err == nil {
			t.Errorf("%q is taken for an address", address)
		}
	}
	for _, key := range []string{"", "two words", "line\nbreak", "\x00", "kéy"} {
		if _, err := client.New("https://example.org", key); err == nil || key != "" && strings.Contains(err.Error(), key) {
			t.Errorf("the key %q is answered %v", key, err)
		}
	}
}

// TestKeyIsNotTold looks for the key in all that can be printed.
func TestKeyIsNotTold(t *testing.T) {
	w := newWorld(t, mustertest.Open(t, t.TempDir()))
	const secret = "not-to-be-told"
	c := w.as(t, secret)
	var said []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		said = append(said, fmt.Sprintf(verb, c), fmt.Sprintf(verb, *c))
	}
	_, unknown := c.Me(t.Context())
	w.on(cutting("before", "before", "before", "before"))
	_, cut := c.Me(t.Context())
	_, noRef := c.Account(t.Context(), "..")
	for _, err := range []error{unknown, cut, noRef} {
		said = append(said, fmt.Sprintf("%v %+v %#v", err, err, err))
	}
	for _, text := range said {
		if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
			t.Errorf("the key is told: %s", text)
		}
	}
	same(t, "the client as text", c.String(), "client of "+w.URL)
	same(t, "an unknown key", errors.Is(unknown, client.ErrUnauthenticated), true)
}

// TestNotElsewhere sees that a redirect is not followed.
func TestNotElsewhere(t *testing.T) {
	var asked atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer other.Close()
	first := httptest.NewServer(http.RedirectHandler(other.URL+"/muster/v1/me", http.StatusTemporaryRedirect))
	defer first.Close()
	for _, options := range [][]client.Option{nil, {client.HTTPClient(&http.Client{})}} {
		c, err := client.New(first.URL, "key", options...)
		ok(t, err)
		_, err = c.Me(t.Context())
		if refusal, _ := errors.AsType[*client.Error](err); refusal == nil || refusal.Status != 307 || !strings.Contains(refusal.Detail, other.URL) {
			t.Errorf("a redirect is answered %v", err)
		}
	}
	same(t, "requests elsewhere", asked.Load(), 0)
}

// TestOtherAnswers has somebody answer who is not Muster.
func TestOtherAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		says   string
	}{
		"a page": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html>Sign in</html>")
		}, `"text/html" and not JSON`},
		"nothing there": {http.NotFound, "there is no Muster server at this address"},
		"a teapot":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }, "418: not answered by Muster"},
		"broken JSON": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"level": "high"}`)
		}, "cannot be read"},
		"too much": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			block := strings.Repeat(" ", 1<<20)
			for range client.MaxAnswer>>20 + 1 {
				_, _ = io.WriteString(w, block)
			}
		}, "larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(test.answer)
			defer s.Close()
			c, err := client.New(s.URL+"/below/", "key", client.UserAgent("test"))
			ok(t, err)
			if _, err = c.Me(t.Context()); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("it is answered %v", err)
			}
		})
	}
}

// TestErrorSpeaksMuster sees that faults come in the words of package muster, wherever in the request they are.
func TestErrorSpeaksMuster(t *testing.T) {
	w := newWorld(t, mustertest.Open(t, t.TempDir()))
	ada := w.Account(t, "ada", muster.Edit{})
	ref := client.ID(ada.ID)
	account := func(_ client.Account, err error) error { return err }
	for field, err := range map[string]error{
		"values.date_key": account(w.client.EditAccount(t.Context(), ref, client.Edit{Values: muster.Values{"date_key": muster.Text("today")}})),
		"ranks.add.0":     account(w.client.EditAccount(t.Context(), ref, client.Edit{Ranks: muster.RankEdit{Add: []muster.RankID{"king"}}})),
		"values.a/b~c":    account(w.client.EditAccount(t.Context(), ref, client.Edit{Values: muster.Values{"a/b~c": nil}})),
		"ref":             account(w.client.Account(t.Context(), "4711")),
		"rev":             account(w.client.EditAccount(t.Context(), ref, client.Edit{Name: muster.Some("x")}, client.IfRev(99))),
		"at":              account(w.client.AccountAt(t.Context(), ref, 4711)),
	} {
		e, ok := errors.AsType[*muster.Error](err)
		refusal, told := errors.AsType[*client.Error](err)
		if !ok || !told || e.Field != field || e.Message == "" || refusal.RequestID == "" || e.Code != refusal.Code {
			t.Errorf("a fault at %s is told as %v: %+v", field, err, e)
		}
	}
}
