package core_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/seal"
	"github.com/muster-accounts/muster/internal/store"
)

func wishFor(kinds ...muster.EventKind) core.WebhookWish {
	return core.WebhookWish{URL: muster.Some("https://example.org/hooks?token=open-sesame"), Events: muster.Some(kinds)}
}

// Nobody has events sent to them that they may not see, by a webhook that
// somebody else made either.
func TestWebhookSeesNoMoreThanWhoeverChangesIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if _, _, err := w.Core.CreateWebhook(t.Context(), w.Admin, "hook", wishFor("*"), ""); err != nil {
			t.Fatal(err)
		}
		narrow := w.Caller(t, muster.Key{Level: muster.LevelAdmin, Areas: []muster.Area{muster.AreaCatalogue}})
		got, err := w.Core.UpdateWebhook(t.Context(), narrow, "hook", core.WebhookWish{URL: muster.Some("https://example.org/mine")})
		if err != nil || len(got.Areas) != 1 {
			t.Errorf("%+v, %v", got, err)
		}
		for name, caller := range map[string]muster.Caller{
			"low":   w.Caller(t, muster.Key{Level: muster.LevelSupport}),
			"other": w.Caller(t, muster.Key{Level: muster.LevelAdmin, Areas: []muster.Area{muster.AreaKeys}}),
		} {
			_, _, create := w.Core.CreateWebhook(t.Context(), caller, "", wishFor("*"), "")
			_, list := w.Core.Webhooks(t.Context(), caller)
			_, _, deliveries := w.Core.WebhookDeliveries(t.Context(), caller, "hook", 0, 1)
			_, _, rotate := w.Core.RotateWebhook(t.Context(), caller, "hook", "", 0)
			for _, err := range []error{create, list, deliveries, rotate} {
				if muster.CodeOf(err) != muster.Forbidden {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		changes, err := w.Core.History(t.Context(), w.Caller(t, muster.Key{Level: muster.LevelReadAll}), core.HistoryQuery{Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		for _, ch := range changes {
			if strings.Contains(string(ch.Before.Definition)+string(ch.After.Definition), "open-sesame") {
				t.Errorf("its address is shown: %+v", ch)
			}
		}
	})
}

func TestWebhookRefusals(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		high, before := muster.Some(muster.LevelAdmin+1), w.last(t).Seq
		for field, wish := range map[string]core.WebhookWish{
			"url":       {URL: muster.Some("https://user:x@example.org"), Events: muster.Some([]muster.EventKind{"*"})},
			"events":    wishFor(),
			"level":     {URL: muster.Some("https://example.org"), Events: muster.Some([]muster.EventKind{"*"}), Level: high},
			"members.1": {URL: muster.Some("https://example.org"), Events: muster.Some([]muster.EventKind{"*"}), Members: muster.Some([]string{"name", ""})},
		} {
			_, _, err := w.Core.CreateWebhook(t.Context(), w.Admin, "", wish, "")
			if e, ok := err.(*muster.Error); !ok || e.Field != field || e.Code != muster.Invalid { //nolint:errorlint // never wrapped
				t.Errorf("%s: %v", field, err)
			}
		}
		if now := w.last(t).Seq; now != before {
			t.Errorf("%d changes were written", now-before)
		}
	})
}

// A dry run shows no secret, and leaves none.
func TestWebhookDryRun(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		dry := w.Admin
		dry.DryRun = true
		if _, secret, err := w.Core.CreateWebhook(t.Context(), dry, "hook", wishFor("*"), ""); err != nil || secret != "" {
			t.Errorf("%q, %v", secret, err)
		}
		if _, err := w.Core.Webhook(t.Context(), w.Admin, "hook"); muster.CodeOf(err) != muster.NotFound {
			t.Error(err)
		}
	})
}

func TestSecretsThatSignAreFew(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if _, _, err := w.Core.CreateWebhook(t.Context(), w.Admin, "hook", wishFor("*"), ""); err != nil {
			t.Fatal(err)
		}
		var err error
		for range 4 {
			_, _, err = w.Core.RotateWebhook(t.Context(), w.Admin, "hook", "", time.Hour)
		}
		if muster.CodeOf(err) != muster.Conflict {
			t.Errorf("the fourth in an hour: %v", err)
		}
		if _, _, err := w.Core.RotateWebhook(t.Context(), w.Admin, "hook", "", 0); err != nil {
			t.Errorf("without overlap: %v", err)
		}
	})
}

// Where another secret takes the place of the server's own, webhooks' secrets
// are sealed with it, and the older one is not needed any more.
func TestWebhookSecretsAreSealedAnew(t *testing.T) {
	const older, newer = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		clock := mustertest.NewClock()
		var made string
		for i, file := range []string{older, newer + "\n" + older, newer} {
			path := filepath.Join(t.TempDir(), "secret")
			if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := seal.Load(path)
			if err != nil {
				t.Fatal(err)
			}
			c := core.New(st, clock.Now)
			if err := c.BindSecret(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			admin := muster.Operator("demo")
			if i == 0 {
				mustertest.NewCommunityIn(t, c, clock, "demo")
				if _, made, err = c.CreateWebhook(t.Context(), admin, "hook", wishFor("*"), ""); err != nil {
					t.Fatal(err)
				}
			}
			d, err := c.TestWebhook(t.Context(), admin, "hook")
			if err != nil {
				t.Fatal(err)
			}
			clock.Advance(time.Second) // the number of a test is its time
			if n, err := c.Notice(t.Context(), d); err != nil || len(n.Secrets) != 1 || n.Secrets[0] != made {
				t.Errorf("with the secrets %d: %v, %v", i, n.Secrets, err)
			}
		}
	})
}
