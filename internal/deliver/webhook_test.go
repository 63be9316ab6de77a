package deliver

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/store"
)

// The pair that Standard Webhooks prints, and what its library signs.
func TestSignatureIsStandardWebhooks(t *testing.T) {
	const secret, id, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", `{"test": 2432232314}`
	at := time.Unix(1614265330, 0)
	got, err := sign([]string{secret}, id, at, []byte(body))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; err != nil || got != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	library, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	if want, err := library.Sign(id, at, []byte(body)); err != nil || got != want {
		t.Errorf("%q, its library signs %q, %v", got, want, err)
	}
}

// hook is somebody else's server, with what it was sent and how it answers.
type hook struct {
	*httptest.Server
	mu     sync.Mutex
	got    []sent
	answer http.HandlerFunc // nil: 204
}

type sent struct {
	header http.Header
	body   []byte
}

func newHook(t *testing.T) *hook {
	t.Helper()
	h := &hook{}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	h.mu.Lock()
	h.got = append(h.got, sent{r.Header, body})
	answer := h.answer
	h.mu.Unlock()
	if answer == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer(w, r)
}

func (h *hook) set(answer http.HandlerFunc) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = answer
}

func (h *hook) all() []sent {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.got)
}

// kinds are the kinds of the events that came, in order.
func (h *hook) kinds(t *testing.T) (list []string) {
	t.Helper()
	for _, s := range h.all() {
		var n core.Notice
		if err := json.Unmarshal(s.body, &n); err != nil {
			t.Fatal(err)
		}
		list = append(list, string(n.Event.Kind))
	}
	return list
}

// noticed words events as these tests read them; no secret is among it.
func noticed(n core.Notice) ([]byte, error) {
	n.Secrets = nil
	return json.Marshal(n)
}

// subscribe makes a webhook that wants kinds of events.
func (w *world) subscribe(id muster.WebhookID, url string, kinds ...muster.EventKind) (secret string) {
	w.t.Helper()
	_, secret, err := w.Core.CreateWebhook(w.t.Context(), w.Admin, id, core.WebhookWish{URL: muster.Some(url), Events: muster.Some(kinds)}, "")
	if err != nil {
		w.t.Fatal(err)
	}
	return secret
}

// tries are the deliveries to a webhook, the latest first.
func (w *world) triesOf(id muster.WebhookID) []core.Tries {
	w.t.Helper()
	list, _, err := w.Core.WebhookDeliveries(w.t.Context(), w.Admin, id, 0, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

func TestWebhooksAreTold(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		w, all, some := newWorld(t, st), newHook(t), newHook(t)
		w.Account(t, "before", muster.Edit{})
		secret := w.subscribe("all", all.URL, "*")
		w.subscribe("some", some.URL, "account.banned", "key.*")
		v := w.Account(t, "ada", muster.Edit{Name: muster.Some("Ada")})
		w.edit(v, muster.BanEdit(muster.Ban{Reason: "x"}))
		w.Key(t, muster.Key{Level: muster.LevelAdmin})
		w.move()
		want := []string{"account.banned", "account.created", "key.created", "webhook.created", "webhook.created"}
		if diff := cmp.Diff(want, slices.Sorted(slices.Values(all.kinds(t)))); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"account.banned", "key.created"}, slices.Sorted(slices.Values(some.kinds(t)))); diff != "" {
			t.Error(diff)
		}
		library, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		ids := map[string]bool{}
		for _, s := range all.all() {
			ids[s.header.Get("Webhook-Id")] = true
			if err := library.VerifyIgnoringTimestamp(s.body, s.header); err != nil {
				t.Errorf("%v: %v", s.header, err)
			}
			if strings.Contains(string(s.body), secret) {
				t.Errorf("the secret is in %s", s.body)
			}
		}
		if len(ids) != 5 {
			t.Errorf("ids are not each one's own: %v", ids)
		}
		for _, d := range w.triesOf("all") {
			if d.Delivered.IsZero() || len(d.Tried) != 1 || d.Tried[0].Status != http.StatusNoContent || d.Tried[0].Error != "" {
				t.Errorf("%+v", d)
			}
		}
		if outbox, deliveries := w.waiting(); outbox != 0 || deliveries != 0 {
			t.Errorf("%d in the outbox and %d deliveries wait", outbox, deliveries)
		}
		w.Clock.Advance(8 * 24 * time.Hour)
		w.move()
		if list := w.triesOf("all"); len(list) != 0 {
			t.Errorf("not forgotten: %+v", list)
		}
	})
}

// Every way in which a receiver can misbehave that Standard Webhooks names.
func TestWebhookMisbehaves(t *testing.T) {
	status := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
		}
	}
	hangUp := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	slow := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	drips := func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	huge := func(w http.ResponseWriter, _ *http.Request) {
		for err := error(nil); err == nil; {
			_, err = w.Write(make([]byte, 1<<16))
		}
	}
	for name, c := range map[string]struct {
		answer  http.HandlerFunc
		status  int
		why     string
		arrived bool
		wait    time.Duration // at least
	}{
		"error":           {answer: status(500), status: 500, why: "answered 500", wait: 5 * time.Second},
		"not found":       {answer: status(404), status: 404, why: "answered 404", wait: 5 * time.Second},
		"redirect":        {answer: status(302, "Location", "/elsewhere"), status: 302, why: "answered 302; redirects are not followed", wait: 5 * time.Second},
		"retry in":        {answer: status(429, "Retry-After", "3600"), status: 429, why: "answered 429", wait: time.Hour},
		"retry at":        {answer: status(503, "Retry-After", mustertest.Start.Add(2*time.Hour).UTC().Format(http.TimeFormat)), status: 503, why: "answered 503", wait: 2 * time.Hour},
		"retry never":     {answer: status(503, "Retry-After", "2000000000"), status: 503, why: "answered 503", wait: 24 * time.Hour},
		"retry before":    {answer: status(503, "Retry-After", "-5"), status: 503, why: "answered 503", wait: 5 * time.Second},
		"retry nonsense":  {answer: status(503, "Retry-After", "soon"), status: 503, why: "answered 503", wait: 5 * time.Second},
		"hangs up":        {answer: hangUp, why: "EOF", wait: 5 * time.Second},
		"never answers":   {answer: slow, why: "no answer in time", wait: 5 * time.Second},
		"never ends":      {answer: drips, status: 200, arrived: true},
		"answers at once": {answer: huge, status: 200, arrived: true},
		"created":         {answer: status(201), status: 201, arrived: true},
	} {
		t.Run(name, func(t *testing.T) {
			mustertest.Each(t, func(t *testing.T, st *store.Store) {
				w, h := newWorld(t, st), newHook(t)
				w.timeout = 300 * time.Millisecond
				w.restart()
				h.set(c.answer)
				w.subscribe("hook", h.URL, "account.*")
				w.Account(t, "ada", muster.Edit{})
				w.move()
				list := w.triesOf("hook")
				if len(h.all()) != 1 || len(list) != 1 || len(list[0].Tried) != 1 {
					t.Fatalf("%d requests, %+v", len(h.all()), list)
				}
				d := list[0]
				if got := d.Tried[0]; got.Status != c.status || got.Error != c.why {
					t.Errorf("%+v", got)
				}
				if c.arrived != !d.Delivered.IsZero() || d.LastError != c.why {
					t.Errorf("%+v", d)
				}
				if wait := d.Next.Sub(w.Clock.Now()); !c.arrived && (wait < c.wait || wait > c.wait+c.wait/10) {
					t.Errorf("waits %s, want %s", wait, c.wait)
				}
			})
		})
	}
}

func TestWebhookIsTriedForThreeDays(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		w, h := newWorld(t, st), newHook(t)
		h.set(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
		w.subscribe("hook", h.URL, "account.*")
		v := w.Account(t, "ada", muster.Edit{})
		w.rename(v, "later")
		first := func() core.Tries { return w.triesOf("hook")[1] }
		for n := 1; n <= 10; n++ {
			w.move()
			d := first()
			if len(d.Tried) != n || d.GivenUp.IsZero() != (n < 10) {
				t.Fatalf("after %d attempts: %+v", n, d)
			}
			if n < 10 {
				w.Clock.Set(d.Next)
			}
		}
		ids := map[string]bool{}
		for _, s := range h.all()[:10] {
			ids[s.header.Get("Webhook-Id")] = true
		}
		if len(ids) != 1 {
			t.Errorf("an attempt has an id of its own: %v", ids)
		}
		h.set(nil)
		if _, err := w.Core.Resend(t.Context(), w.Admin, "hook", first().Seq); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(time.Hour)
		w.move()
		for _, d := range w.triesOf("hook") {
			if d.Delivered.IsZero() {
				t.Errorf("%+v", d)
			}
		}
		if d := first(); len(d.Tried) != 11 {
			t.Errorf("%+v", d)
		}
	})
}

func TestWebhookGoneIsSwitchedOff(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		w, h := newWorld(t, st), newHook(t)
		h.set(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
		w.subscribe("hook", h.URL, "account.*")
		v := w.Account(t, "ada", muster.Edit{})
		w.rename(v, "waits behind")
		w.move()
		got, err := w.Core.Webhook(t.Context(), w.Admin, "hook")
		if err != nil || got.Active || got.Disabled != "answered 410" {
			t.Errorf("%+v, %v", got, err)
		}
		for _, d := range w.triesOf("hook") {
			if d.GivenUp.IsZero() {
				t.Errorf("still waits: %+v", d)
			}
		}
		list, err := w.Core.History(t.Context(), w.Admin, core.HistoryQuery{Limit: 1})
		if err != nil || list[0].Kind() != "webhook.updated" || list[0].By.Dialect != muster.KindWebhook {
			t.Errorf("not recorded: %+v, %v", list, err)
		}
		w.rename(v, "unheard")
		w.move()
		if _, err := w.Core.TestWebhook(t.Context(), w.Admin, "hook"); muster.CodeOf(err) != muster.Conflict {
			t.Errorf("tested: %v", err)
		}
		h.set(nil)
		on := core.WebhookWish{Active: muster.Some(true)}
		if got, err := w.Core.UpdateWebhook(t.Context(), w.Admin, "hook", on); err != nil || !got.Active || got.Disabled != "" {
			t.Errorf("%+v, %v", got, err)
		}
		w.rename(v, "heard")
		w.move()
		if n := len(h.all()); n != 2 {
			t.Errorf("%d requests, want the one refused and the one since", n)
		}
	})
}

func TestWebhookTestAndRotation(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		w, h := newWorld(t, st), newHook(t)
		old := w.subscribe("hook", h.URL, "account.*")
		_, secret, err := w.Core.RotateWebhook(t.Context(), w.Admin, "hook", "", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		w.restart() // what was sealed is read again
		signedBy := func(s sent) (by []string) {
			for name, secret := range map[string]string{"new": secret, "old": old} {
				if library, err := standardwebhooks.NewWebhook(secret); err == nil && library.VerifyIgnoringTimestamp(s.body, s.header) == nil {
					by = append(by, name)
				}
			}
			slices.Sort(by)
			return by
		}
		for n, want := range [][]string{{"new", "old"}, {"new"}} {
			if _, err := w.Core.TestWebhook(t.Context(), w.Admin, "hook"); err != nil {
				t.Fatal(err)
			}
			w.move()
			if got := h.all(); len(got) != n+1 || !slices.Equal(signedBy(got[n]), want) {
				t.Errorf("%d requests, signed by %v, want %v", len(got), signedBy(got[n]), want)
			}
			w.Clock.Advance(time.Hour)
		}
		if diff := cmp.Diff([]string{"webhook.test", "webhook.test"}, h.kinds(t)); diff != "" {
			t.Error(diff)
		}
		h.set(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
		if _, err := w.Core.TestWebhook(t.Context(), w.Admin, "hook"); err != nil {
			t.Fatal(err)
		}
		w.move()
		if d := w.triesOf("hook")[0]; d.GivenUp.IsZero() {
			t.Errorf("a test is tried again: %+v", d)
		}
	})
}

// A webhook is told what a key of its level may see, and no edit of which it
// may see nothing.
func TestWebhookSeesWhatItsCallerMay(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		const hidden = "walrus-under-the-bridge"
		w, low, high := newWorld(t, st), newHook(t), newHook(t)
		w.subscribe("high", high.URL, "*")
		wish := core.WebhookWish{URL: muster.Some(low.URL), Events: muster.Some([]muster.EventKind{"*"}), Level: muster.Some(muster.LevelReadAll)}
		if _, _, err := w.Core.CreateWebhook(t.Context(), w.Admin, "low", wish, ""); err != nil {
			t.Fatal(err)
		}
		v := w.Account(t, "ada", muster.Edit{Values: muster.Values{"secret": muster.Text(hidden)}})
		w.edit(v, muster.Edit{Values: muster.Values{"secret": muster.Text(hidden + "2")}})
		w.Key(t, muster.Key{Name: hidden, Level: muster.LevelAdmin})
		w.edit(v, muster.Edit{Name: muster.Some("Ada")})
		w.move()
		if diff := cmp.Diff([]string{"account.created", "account.updated"}, low.kinds(t)); diff != "" {
			t.Error(diff)
		}
		for _, s := range low.all() {
			if strings.Contains(string(s.body), hidden) {
				t.Errorf("shown: %s", s.body)
			}
		}
		seen := false
		for _, s := range high.all() {
			seen = seen || strings.Contains(string(s.body), hidden)
		}
		if n := len(high.kinds(t)); n != 6 || !seen {
			t.Errorf("level 8 was told of %d events, the hidden one among them: %v", n, seen)
		}
	})
}

func TestWebhookByMember(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		w, h := newWorld(t, st), newHook(t)
		wish := core.WebhookWish{
			URL: muster.Some(h.URL), Events: muster.Some([]muster.EventKind{"account.*"}), Members: muster.Some([]string{"ranks", "values.text_key"}),
		}
		if _, _, err := w.Core.CreateWebhook(t.Context(), w.Admin, "hook", wish, ""); err != nil {
			t.Fatal(err)
		}
		v := w.Account(t, "ada", muster.Edit{Name: muster.Some("Ada")})
		w.rename(v, "unheard")
		w.edit(v, muster.Edit{Values: muster.Values{"text": muster.Text("x")}})
		w.move()
		w.edit(v, muster.Edit{Ranks: muster.RankEdit{Add: []muster.RankID{"member"}}})
		w.move()
		if n := len(h.all()); n != 2 {
			t.Errorf("%d events, want those of the field and of the rank", n)
		}
	})
}

// By http are told those only whom the operator named, and by https nobody in
// a private network that was not.
func TestWebhookAddresses(t *testing.T) {
	for address, may := range map[string]bool{"127.0.0.1:80": true, "93.184.215.14:80": false, "10.0.0.1:80": false} {
		if err := loopback.clear("tcp", address, nil); (err == nil) != may {
			t.Errorf("http to %s: %v", address, err)
		}
	}
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		w, h := newWorld(t, st), newHook(t)
		w.allowed = nil
		w.restart()
		w.subscribe("clear", h.URL, "account.*")
		w.subscribe("sealed", strings.Replace(h.URL, "http:", "https:", 1), "account.*")
		w.Account(t, "ada", muster.Edit{})
		w.move()
		for id, want := range map[muster.WebhookID]string{"clear": errClear.Error(), "sealed": errPrivate.Error()} {
			if list := w.triesOf(id); len(list) != 1 || !strings.Contains(list[0].LastError, want) {
				t.Errorf("%s: %+v", id, list)
			}
		}
		if len(h.all()) != 0 {
			t.Error("it was called")
		}
	})
}

func TestCommitsAreToldToAll(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		one, other := w.Core.Committed(), w.Core.Committed()
		w.Account(t, "ada", muster.Edit{})
		for _, told := range []<-chan struct{}{one, other} {
			select {
			case <-told:
			default:
				t.Error("somebody was not told")
			}
		}
	})
}

// Whatever a receiver asks for, it is left alone for a while and no longer
// than a day and a tenth.
func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "0", "-1", "120", "99999999999999999999", "Wed, 21 Oct 2065 07:28:00 GMT", "soon"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		now := mustertest.Start
		d := muster.Delivery{}.Retried(now, "x", 1, retryAfter(text, now))
		if wait := d.Next.Sub(now); wait < 5*time.Second || wait > 24*time.Hour+24*time.Hour/10 {
			t.Errorf("%q: waits %s", text, wait)
		}
	})
}
