package client_test

import (
	"errors"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/client"
	"github.com/muster-accounts/muster/internal/mustertest"
)

func walkCatalogue(t *testing.T, w aWorld) {
	t.Helper()
	ctx, c := t.Context(), w.client
	want := muster.Field{
		ID: "call/sign", Key: "call", Label: "Call <sign>", Labels: map[string]string{"de": "Rufname"}, Type: muster.TypeText, Scope: muster.ScopeProfile,
		MaxLength: 10, Default: muster.Text("none"), See: muster.Rights{Level: 1}, Edit: muster.Rights{Level: 3, Self: true, Ranks: []muster.RankID{"chief"}},
	}
	got := must[muster.Field](t)(c.PutField(ctx, want))
	same(t, "the field", got.Label+" "+string(got.Default.(muster.Text))+" "+got.Labels["de"], "Call <sign> none Rufname")
	fields := must[[]muster.Field](t)(c.Fields(ctx))
	same(t, "the last field", fields[len(fields)-1].ID, want.ID)
	same(t, "one field", must[muster.Field](t)(c.Field(ctx, want.ID)).Label, want.Label)
	ok(t, c.DeleteField(ctx, want.ID))
	same(t, "what is gone", errors.Is(c.DeleteField(ctx, want.ID), client.ErrNotFound), true)
	for _, id := range []muster.FieldID{"", ".", ".."} {
		if err := c.DeleteField(ctx, id); err == nil {
			t.Errorf("a field with the id %q can be deleted", id)
		}
	}

	same(t, "the rank", must[muster.Rank](t)(c.PutRank(ctx, muster.Rank{ID: "cadet", Label: "Cadet", Department: "Staff", Power: 5, Colour: "#fff"})).Power, 5)
	same(t, "ranks", len(must[[]muster.Rank](t)(c.Ranks(ctx))), 4)
	same(t, "one rank", must[muster.Rank](t)(c.Rank(ctx, "cadet")).Label, "Cadet")
	same(t, "a rank in a dry run", c.DeleteRank(ctx, "cadet", client.DryRun()), nil)
	ok(t, c.DeleteRank(ctx, "cadet"))

	same(t, "the department", must[muster.Department](t)(c.PutDepartment(ctx, muster.Department{ID: "staff", Label: "Staff", LabelTwo: "The staff"})).LabelTwo, "The staff")
	departments := must[[]client.Department](t)(c.Departments(ctx))
	same(t, "its ranks", departments[0].ID == "staff" && len(departments[0].Ranks) == 2, true)
	same(t, "one department", len(must[client.Department](t)(c.Department(ctx, "staff")).Ranks), 2)
	ok(t, c.DeleteDepartment(ctx, "staff"))

	first := must[client.Server](t)(c.CreateServer(ctx, muster.Server{Name: "First", Port: 30120, Whitelist: muster.Whitelist{Ranks: []muster.RankID{"Chief"}}, ACE: []byte(`{"chief":["x"]}`)}))
	same(t, "the server", first.ID == 1 && first.Whitelist.Ranks[0] == "chief" && !first.HasPushSecret, true)
	same(t, "another", must[client.Server](t)(c.PutServer(ctx, muster.Server{ID: 7, Name: "Seventh"})).ID, 7)
	same(t, "servers", len(must[[]client.Server](t)(c.Servers(ctx))), 2)
	same(t, "one server", must[client.Server](t)(c.Server(ctx, 7)).Name, "Seventh")
	ok(t, c.DeleteServer(ctx, 7))
}

func walkCommunity(t *testing.T, w aWorld) {
	t.Helper()
	ctx, c := t.Context(), w.client
	me := must[client.Me](t)(c.Me(ctx))
	same(t, "me", me.Community == "demo" && me.Key == "fast" && me.Level == 8 && me.RankPower == nil && me.Account == nil && len(me.Areas) > 0, true)
	same(t, "the community", must[[]client.Community](t)(c.Communities(ctx))[0].ID, "demo")
	set := must[client.Settings](t)(c.EditSettings(ctx, client.SettingsEdit{
		Name: muster.Some("Demo"), Limits: muster.Some(muster.LimitsVendor), ActiveFromRanks: muster.Some(false), Owner: muster.Some[muster.AccountID]("3f0c1f6e-57a5-4a4e-8a3b-1a2b3c4d5e6f"),
		PublicProfiles: muster.Some(true), SignUp: muster.Some(true), FrontEnd: muster.Some("https://example.org"), ReadOnly: muster.Some(true),
		TimeZones: map[string]string{"17": "America/New_York"},
	}))
	same(t, "settings", set.Name == "Demo" && set.PublicProfiles && set.SignUp && set.FrontEnd != "" && set.TimeZones["17"] != "" && set.Dialects[0] == "rest", true)
	_, err := c.EditAccount(ctx, "77", client.Edit{Bio: muster.Some("x")})
	same(t, "read-only", errors.Is(err, client.ErrReadOnly), true)
	set = must[client.Settings](t)(c.EditSettings(ctx, client.SettingsEdit{ReadOnly: muster.Some(false), Owner: muster.Some[muster.AccountID](""), TimeZones: map[string]string{"17": ""}}))
	same(t, "settings that were cleared", !set.ReadOnly && set.Owner == "" && len(set.TimeZones) == 0 && set.Name == "Demo", true)
	same(t, "settings that are read", must[client.Settings](t)(c.Settings(ctx)).Name, "Demo")
	stats := must[client.Stats](t)(c.Stats(ctx))
	same(t, "stats", stats.Accounts == 1 && stats.Changes > 10, true)
}

func walkKeys(t *testing.T, w aWorld) {
	t.Helper()
	ctx, c, key := t.Context(), w.client, must[client.Key](t)
	made := key(c.CreateKey(ctx, client.NewKey{
		ID: "bot", Name: "Bot", Level: 3, Areas: []muster.Area{muster.AreaRanks}, RankPower: client.RankPower(50), PerMinute: 100_000, Addresses: []string{"127.0.0.1"},
		ExpiresAt: mustertest.Start.AddDate(1, 0, 0),
	}))
	same(t, "the key", made.Secret != "" && *made.RankPower == 50 && made.Areas[0] == muster.AreaRanks, true)
	bot := w.as(t, made.Secret)
	same(t, "the bot", must[client.Me](t)(bot.Me(ctx)).Key, "bot")
	same(t, "keys", len(must[[]client.Key](t)(c.Keys(ctx))), 2)
	edited := key(c.EditKey(ctx, "bot", client.KeyEdit{
		Name: muster.Some("Robot"), Level: muster.Some[muster.Level](2), Areas: muster.Some[[]muster.Area](nil), RankPower: client.AnyRankPower(),
		PerMinute: muster.Some(0), Addresses: muster.Some[[]string](nil), ExpiresAt: muster.Some(time.Time{}),
	}))
	same(t, "edited", edited.Name == "Robot" && edited.RankPower == nil && len(edited.Areas)+len(edited.Addresses) == 0 && edited.ExpiresAt.IsZero(), true)
	fresh := key(c.RotateKey(ctx, "bot", 2*time.Hour))
	same(t, "rotated", fresh.Secret != made.Secret && fresh.OldSecretEnds.Equal(mustertest.Start.Add(2*time.Hour)), true)
	if _, err := c.RotateKey(ctx, "bot", 90*time.Minute); err == nil {
		t.Error("an overlap was cut to whole hours")
	}
	same(t, "the old secret", must[client.Me](t)(bot.Me(ctx)).Key, "bot")
	same(t, "frozen", key(c.FreezeKey(ctx, "bot")).FrozenAt.IsZero(), false)
	_, err := bot.Me(ctx)
	same(t, "a frozen key", errors.Is(err, client.ErrUnauthenticated), true)
	same(t, "thawed", key(c.ThawKey(ctx, "bot")).FrozenAt.IsZero(), true)
	ok(t, c.RevokeKey(ctx, "bot"))
	same(t, "revoked", key(c.Key(ctx, "bot")).RevokedAt.IsZero(), false)
	same(t, "owned", key(c.CreateKey(ctx, client.NewKey{ID: "own", Level: 4, Owner: "3f0c1f6e-57a5-4a4e-8a3b-1a2b3c4d5e6f"})).Owner != "", true)
}

func walkWebhooks(t *testing.T, w aWorld) {
	t.Helper()
	ctx, c, hook := t.Context(), w.client, must[client.Webhook](t)
	made := hook(c.CreateWebhook(ctx, client.NewWebhook{
		ID: "bot", URL: "https://example.org/hooks", Description: "The bot", Events: []muster.EventKind{"account.*"}, Members: []string{"ranks"},
		Active: muster.Some(false), Level: muster.Some[muster.Level](2),
	}))
	same(t, "the webhook", made.Secret != "" && !made.Active && made.Level == 2, true)
	edited := hook(c.EditWebhook(ctx, "bot", client.WebhookEdit{
		Active: muster.Some(true), Members: muster.Some([]string{}), Description: muster.Some(""), Events: muster.Some([]muster.EventKind{"*"}),
		URL: muster.Some("https://example.org/more"), Level: muster.Some[muster.Level](8),
	}))
	same(t, "edited", edited.Active && len(edited.Members) == 0 && edited.Level == 8 && edited.Secret == "", true)
	same(t, "webhooks", len(must[[]client.Webhook](t)(c.Webhooks(ctx))), 1)
	same(t, "one", hook(c.Webhook(ctx, "bot")).URL, "https://example.org/more")
	fresh := must[client.WebhookSecret](t)(c.RotateWebhook(ctx, "bot", "", time.Hour))
	same(t, "rotated", fresh.Secret != made.Secret && fresh.OldSecretUntil.Equal(mustertest.Start.Add(time.Hour)), true)
	test := must[client.Delivery](t)(c.TestWebhook(ctx, "bot"))
	same(t, "the test", test.Type, muster.EventWebhookTest)
	list := collect(t, c.Deliveries(ctx, "bot"))
	same(t, "deliveries", len(list) == 1 && list[0].State == "waiting", true)
	same(t, "sent again", must[client.Delivery](t)(c.Resend(ctx, "bot", test.Seq)).Seq, test.Seq)
	ok(t, c.DeleteWebhook(ctx, "bot"))
}
