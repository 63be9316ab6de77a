package client_test

import (
	"errors"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/client"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/store"
)

// must is a result that has to be there.
func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// collect is all that an iterator yields.
func collect[T any](t *testing.T, seq iter.Seq2[T, error]) (list []T) {
	t.Helper()
	for item, err := range seq {
		ok(t, err)
		list = append(list, item)
	}
	return list
}

// same fails where a part of an answer is not as wanted.
func same[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, not %v", what, got, want)
	}
}

// TestEveryRoute calls every route of the API, on every engine, and sees that each has answered.
func TestEveryRoute(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		for _, walk := range []func(*testing.T, aWorld){walkAccounts, walkStanding, walkHistory, walkBulk, walkCatalogue, walkCommunity, walkKeys, walkWebhooks, walkEvents} {
			walk(t, w)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, route := range w.dialect.Routes() {
			if !slices.Contains(w.routes, route) {
				t.Errorf("nothing of the client calls %s", route)
			}
		}
	})
}

func walkAccounts(t *testing.T, w aWorld) {
	t.Helper()
	ctx, c, account := t.Context(), w.client, must[client.Account](t)
	joined := time.Date(2020, 2, 1, 12, 0, 0, 123456000, time.UTC)
	ada := account(c.CreateAccount(ctx, client.NewAccount{
		ID: "3f0c1f6e-57a5-4a4e-8a3b-1a2b3c4d5e6f", Number: 77, CustomNumber: muster.Some(false), JoinedAt: joined,
		Edit: client.Edit{
			Username: muster.Some("ada"), Email: muster.Some("ada@example.org"), Name: muster.Some("Ada & Co"), Bio: muster.Some("Counts."),
			Language: muster.Some("en-GB"),
			Values: muster.Values{
				"text_key": muster.Text("one"), "text_list_key": muster.List{"a", "b"}, "number_key": muster.Number(1.5), "boolean_key": muster.Bool(true),
			},
			Ranks:      muster.RankEdit{Add: []muster.RankID{"officer"}, Until: map[muster.RankID]time.Time{"officer": joined.AddDate(20, 0, 0)}},
			Identities: client.IdentityEdit{Add: []client.NewIdentity{{Provider: "discord", Value: "1", Verified: true, Metadata: []byte(`{"a":1}`)}, {Provider: "ip", Value: "192.0.2.1", Flag: "vpn"}}},
			Standing:   muster.StandingEdit{Level: muster.Some(muster.LevelSupport)},
		},
	}))
	same(t, "number", ada.Number, 77)
	same(t, "custom number", ada.CustomNumber, false)
	same(t, "name", ada.Name, "Ada & Co")
	same(t, "joined at", ada.JoinedAt.Equal(joined), true)
	same(t, "level", ada.Standing.Level, muster.LevelSupport)
	same(t, "rank", ada.Ranks[0].Label+" until "+ada.Ranks[0].Expires.String(), "Officer until "+joined.AddDate(20, 0, 0).String())
	same(t, "shared", ada.Identities[1].Shared, 1)
	same(t, "metadata", string(ada.Identities[0].Metadata), `{"a":1}`)
	for name, want := range (muster.Values{"text_key": muster.Text("one"), "text_list_key": muster.List{"a", "b"}, "number_key": muster.Number(1.5), "boolean_key": muster.Bool(true)}) {
		same(t, string(name), muster.SameValue(ada.Values[name], want), true)
	}
	ben := account(c.CreateAccount(ctx, client.NewAccount{Edit: client.Edit{Username: muster.Some("ben/ä ?&%2F..")}}))

	for _, ref := range []client.Ref{client.ID(ada.ID), client.Number(77), client.Username("ADA"), client.Identity("discord", "1")} {
		same(t, string(ref), account(c.Account(ctx, ref)).ID, ada.ID)
	}
	same(t, "a name of odd letters", account(c.Account(ctx, client.Username(ben.Username))).ID, ben.ID)

	edited := account(c.EditAccount(ctx, client.ID(ada.ID), client.Edit{
		Email: muster.Some(""), Values: muster.Values{"text_key": nil, "date_key": muster.Text("2026-01-01")},
		Ranks: muster.RankEdit{Set: muster.Some([]muster.RankID{"Member"})},
	}, client.IfRev(ada.Rev)))
	same(t, "e-mail", edited.Email, "")
	same(t, "bio that nobody spoke of", edited.Bio, "Counts.")
	same(t, "a cleared value", edited.Values["text_key"], nil)
	same(t, "a set value", edited.Values["date_key"], muster.Value(muster.Text("2026-01-01")))
	same(t, "ranks", len(edited.Ranks), 1)
	same(t, "rev", edited.Rev, ada.Rev+1)
	same(t, "a change's number", account(c.AccountAt(ctx, client.ID(ada.ID), edited.Change-1)).Email, "ada@example.org")
	same(t, "no change's number", account(c.EditAccount(ctx, client.ID(ada.ID), client.Edit{Email: muster.Some("")})).Change, 0)
	same(t, "the account then", account(c.AccountThen(ctx, client.ID(ada.ID), mustertest.Start.Add(time.Hour))).Rev, edited.Rev)
	_, err := c.EditAccount(ctx, client.ID(ada.ID), client.Edit{Name: muster.Some("x")}, client.IfRev(ada.Rev))
	same(t, "a stale rev", errors.Is(err, client.ErrStale) && muster.CodeOf(err) == muster.Stale, true)

	ranked := account(c.EditRanks(ctx, "discord:1", muster.RankEdit{Add: []muster.RankID{"chief"}, Remove: []muster.RankID{"member"}}))
	same(t, "the rank", ranked.Ranks[0].ID, "chief")
	known := account(c.EditIdentities(ctx, "77", client.IdentityEdit{
		Add: []client.NewIdentity{{Provider: "steam", Value: "2"}}, Remove: []muster.IdentityKey{{Provider: "ip", Value: "192.0.2.1"}},
	}))
	same(t, "identities", len(known.Identities), 2)
	same(t, "a dry run", account(c.EditAccount(ctx, "77", client.Edit{Name: muster.Some("X")}, client.DryRun())).Name, "X")
	same(t, "what it left", account(c.Account(ctx, "77")).Name, "Ada & Co")

	walkLists(t, w, ada, ben)
	same(t, "deleted", account(c.DeleteAccount(ctx, client.ID(ben.ID))).DeletedAt.IsZero(), false)
	same(t, "the deleted", len(collect(t, c.Accounts(ctx, client.AccountFilter{Deleted: true}))), 1)
	back := account(c.RestoreAccount(ctx, client.ID(ben.ID)))
	same(t, "restored", back.DeletedAt.IsZero() && back.Change > edited.Change, true)
	ok(t, c.EraseAccount(ctx, client.ID(ben.ID)))
	_, err = c.Account(ctx, client.ID(ben.ID))
	same(t, "erased", errors.Is(err, client.ErrNotFound), true)
}

func walkLists(t *testing.T, w aWorld, ada, ben client.Account) {
	t.Helper()
	long, since := mustertest.Start.AddDate(1, 0, 0), mustertest.Start.AddDate(-20, 0, 0)
	for name, f := range map[string]client.AccountFilter{
		"identity": {Identity: "discord:1"}, "username": {Username: "ADA"}, "search": {Search: "co"}, "language": {Language: muster.Some("en-GB")},
		"rank": {Rank: []muster.RankID{"chief", "member"}}, "all ranks": {AllRanks: []muster.RankID{"chief"}}, "value": {Values: map[string]string{"text_list_key": "b"}},
		"flags": {
			Joined: muster.Some(true), Active: muster.Some(false), Archived: muster.Some(false), Banned: muster.Some(false), Username: "ada",
			SignIn: muster.SignInInactive,
		},
		"times": {
			JoinedSince: since, JoinedUntil: mustertest.Start.Add(-time.Hour), CreatedSince: since, CreatedUntil: long, UpdatedSince: since, UpdatedUntil: long,
		},
		"before": {PageSize: 1, Values: map[string]string{"date_key": "2026-01-01"}},
	} {
		list := collect(t, w.client.Accounts(t.Context(), f))
		if len(list) != 1 || list[0].ID != ada.ID {
			t.Errorf("by %s were found %v", name, list)
		}
	}
	list := collect(t, w.client.Accounts(t.Context(), client.AccountFilter{After: 77, Fields: []string{"username", "values.text_key"}}))
	if len(list) != 1 || list[0].Username != ben.Username || list[0].ID != "" {
		t.Errorf("behind 77 were found %v", list)
	}
	if list := collect(t, w.client.Accounts(t.Context(), client.AccountFilter{LoginSince: since, LoginUntil: long})); len(list) != 0 {
		t.Errorf("signed in have %v", list)
	}
	if list := collect(t, w.client.Accounts(t.Context(), client.AccountFilter{PageSize: 1})); len(list) != 2 {
		t.Errorf("page by page there are %v", list)
	}
}

func walkStanding(t *testing.T, w aWorld) {
	t.Helper()
	ctx, c, account := t.Context(), w.client, must[client.Account](t)
	kicked := account(c.KickAccount(ctx, "77"))
	same(t, "kicked", !kicked.Standing.Joined && len(kicked.Ranks) == 0, true)
	in := must[client.Readmitted](t)(c.ReadmitAccount(ctx, "77", true))
	same(t, "readmitted", in.Account.Standing.Joined && in.Account.Change > kicked.Change, true)
	same(t, "the rank that came back", in.Account.Ranks[0].ID, in.Former[0].ID)
	banned := account(c.BanAccount(ctx, "77", muster.Ban{Reason: "Parked on the mayor", Until: mustertest.Start.AddDate(1, 0, 0)}))
	same(t, "banned", banned.Standing.Ban.Reason, "Parked on the mayor")
	_, err := c.BanAccount(ctx, "77", muster.Ban{Until: mustertest.Start.AddDate(-1, 0, 0)})
	same(t, "a ban in the past", errors.Is(err, client.ErrInvalid), true)
	same(t, "unbanned", account(c.EditAccount(ctx, "77", client.Edit{Standing: muster.StandingEdit{Ban: muster.Some[*muster.Ban](nil)}})).Standing.Ban, nil)
}

func walkHistory(t *testing.T, w aWorld) {
	t.Helper()
	ctx, c := t.Context(), w.client
	first := must[client.Account](t)(c.EditAccount(ctx, "77", client.Edit{Bio: muster.Some("First")}))
	second := must[client.Account](t)(c.EditAccount(ctx, "77", client.Edit{Bio: muster.Some("Second")}))
	list := collect(t, c.Changes(ctx, client.ChangeFilter{
		Account: "77", Key: "fast", Dialect: "rest", Deed: muster.DeedEdit, Member: "bio", After: first.Change - 1, Before: second.Change + 1,
		Since: mustertest.Start.Add(-time.Hour), Until: mustertest.Start.Add(time.Hour), PageSize: 1,
	}))
	if len(list) != 2 || list[0].Seq != second.Change || list[1].After.Bio.Value != "First" || list[0].Touched[0] != "bio" || list[0].By.Key != "fast" {
		t.Errorf("history says %+v", list)
	}
	_, err := c.Undo(ctx, first.Change, client.UndoOptions{})
	same(t, "an undo that overwrites", errors.Is(err, client.ErrConflict), true)
	if e, ok := errors.AsType[*muster.Error](err); !ok || e.Field != "bio" {
		t.Errorf("the member at fault is not told: %v", err)
	}
	same(t, "a preview", must[client.Account](t)(c.Undo(ctx, first.Change, client.UndoOptions{Force: true}, client.DryRun())).Bio, "Counts.")
	forced := must[client.Account](t)(c.Undo(ctx, first.Change, client.UndoOptions{Force: true}))
	same(t, "forced", forced.Bio, "Counts.")
	same(t, "what took it back", must[client.Change](t)(c.Change(ctx, first.Change)).UndoneBy, forced.Change)

	filter := client.ChangeFilter{After: first.Change, Before: second.Change + 1}
	_, err = c.UndoAll(ctx, filter, client.UndoOptions{})
	refusal, _ := errors.AsType[*client.Error](err)
	if refusal == nil || len(refusal.Conflicts) != 1 || refusal.Conflicts[0].Seq != second.Change || refusal.Conflicts[0].Error.Member != "bio" {
		t.Errorf("a conflict of many is told as %v", err)
	}
	each := must[client.UndoneMany](t)(c.UndoAll(ctx, filter, client.UndoOptions{Each: true}, client.DryRun()))
	same(t, "each", each.Counts["refused"], 1)
	all := must[client.UndoneMany](t)(c.UndoAll(ctx, filter, client.UndoOptions{Force: true}))
	same(t, "all", all.Matched == 1 && !all.DryRun && all.Results[0].By > forced.Change && all.Results[0].Deed == muster.DeedEdit, true)
	same(t, "the bio", must[client.Account](t)(c.Account(ctx, "77")).Bio, "First")
}

func walkBulk(t *testing.T, w aWorld) {
	t.Helper()
	edits := slices.Values([]client.AccountEdit{{Account: "77", Edit: client.Edit{Bio: muster.Some("Bulk")}}, {Account: "4711", Edit: client.Edit{Bio: muster.Some("Bulk")}}})
	_, err := w.client.EditAll(t.Context(), edits, nil)
	if refusal, _ := errors.AsType[*client.Error](err); refusal == nil || refusal.Faults[0].Pointer != "/1/account" || !errors.Is(err, client.ErrNotFound) {
		t.Errorf("an atomic batch with a fault is answered %v", err)
	}
	var results []client.EditResult
	note := func(r client.EditResult) error {
		results = append(results, r)
		return nil
	}
	sum := must[client.EditSummary](t)(w.client.EditEach(t.Context(), edits, note))
	same(t, "counts", sum.Counts["changed"] == 1 && sum.Counts["refused"] == 1 && sum.Batch != "", true)
	same(t, "results", results[0].Change > 0 && results[1].Code == muster.NotFound && results[1].Index == 1, true)
	results = nil
	one := slices.Values([]client.AccountEdit{{Account: "77", Edit: client.Edit{Bio: muster.Some("Dry")}}})
	sum = must[client.EditSummary](t)(w.client.EditAll(t.Context(), one, note, client.DryRun()))
	same(t, "a dry run", sum.DryRun && sum.Batch == "" && results[0].After.Bio.Value == "Dry", true)
}

func walkEvents(t *testing.T, w aWorld) {
	t.Helper()
	for e, err := range w.client.Events(t.Context(), client.EventFilter{After: muster.Some[int64](0), Types: []muster.EventKind{"account.kicked"}}) {
		ok(t, err)
		same(t, "the event", e.Type, "account.kicked")
		same(t, "its change", e.Data.Change.Deed, muster.DeedEdit)
		return
	}
}
