package core_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

func contextEnded(t testing.TB) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx, cancel
}

// full touches every member.
func full(n int) muster.Edit {
	text := fmt.Sprint("text", n)
	return muster.Edit{
		Username: muster.Some(text), Email: muster.Some(text + "@example.org"), Name: muster.Some(text), Bio: muster.Some(text), Language: muster.Some([]string{"en", "fr", "nl"}[n]),
		Values:     muster.Values{"text": muster.Text(text), "text_list": muster.List{text}, "number": muster.Number(n), "boolean": muster.Bool(n%2 == 0)},
		Ranks:      muster.RankEdit{Set: muster.Some([]muster.RankID{[]muster.RankID{"member", "officer", "chief"}[n]})},
		Identities: muster.IdentityEdit{Add: []muster.Identity{{Provider: "discord", Value: text, Metadata: []byte(`{ "<": ` + fmt.Sprint(n) + `}`)}, {Provider: "ip", Value: "::1", Flag: text}}},
		Standing: muster.StandingEdit{Joined: muster.Some(n%2 == 0), Active: muster.Some(n%2 == 0), Archived: muster.Some(n%2 == 1),
			SignIn: muster.Some([]muster.SignIn{muster.SignInActive, muster.DisabledBySelf, muster.DisabledByAdmin}[n]), Ban: muster.Some(&muster.Ban{Reason: text})},
	}
}

func (w *world) undo(t testing.TB, seq int64, opts core.UndoOptions) (core.Result, error) {
	t.Helper()
	return w.Core.Undo(t.Context(), w.Admin, seq, opts)
}

func TestUndoOfEdit(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", full(0))
		before := w.stored(t, ada.ID)
		w.edit(t, ada.ID, full(1))
		after, seq := w.stored(t, ada.ID), w.last(t).Seq
		unchanged := w.unchanged(t)
		dry, err := w.undo(t, seq, core.UndoOptions{DryRun: true})
		wantCode(t, err, "", "")
		unchanged()
		for i, want := range []muster.Account{before, after, before} { // the undo, its undo, and the undo of that
			result, err := w.undo(t, seq, core.UndoOptions{})
			wantCode(t, err, "", "")
			if i == 0 && same(dry.View, result.View) != "" {
				t.Errorf("-would be +is\n%s", same(dry.View, result.View))
			}
			got := w.stored(t, ada.ID)
			want.Rev, want.UpdatedAt = got.Rev, got.UpdatedAt
			if d := same(want, got); d != "" {
				t.Errorf("step %d: -want +got\n%s", i, d)
			}
			if c := w.last(t); c.Deed != muster.DeedEdit || c.Undoes != seq || c.Seq != result.Seq {
				t.Errorf("step %d: recorded is %+v", i, c)
			}
			seq = result.Seq
		}
	})
}

func TestUndoAgainstLaterChanges(t *testing.T) {
	ban := func(b *muster.Ban) muster.Edit {
		return muster.Edit{Standing: muster.StandingEdit{Ban: muster.Some(b)}}
	}
	standing := func(s muster.StandingEdit) muster.Edit { return muster.Edit{Standing: s} }
	mark := func(flag string) muster.Edit {
		return muster.Edit{Identities: muster.IdentityEdit{Add: []muster.Identity{{Provider: "ip", Value: "1", Flag: flag}}}}
	}
	unmark := muster.Edit{Identities: muster.IdentityEdit{Remove: []muster.IdentityKey{{Provider: "ip", Value: "1"}}}}
	for _, tt := range []struct {
		name, member       string
		start, edit, later muster.Edit
	}{
		{"value", "values.text_key", muster.Edit{}, setValue("text", muster.Text("a")), setValue("text", muster.Text("b"))},
		{"cleared value", "values.text_key", setValue("text", muster.Text("z")), setValue("text", nil), setValue("text", muster.Text("b"))},
		{"bio", "bio", muster.Edit{}, setBio("a"), setBio("b")},
		{"active", "standing.active", muster.Edit{}, standing(muster.StandingEdit{Active: muster.Some(true)}), standing(muster.StandingEdit{Active: muster.Some(false)})},
		{"ban", "standing.ban", muster.Edit{}, ban(&muster.Ban{Reason: "a"}), ban(&muster.Ban{Reason: "b"})},
		{"ban lifted, and another", "standing.ban", ban(&muster.Ban{Reason: "z"}), ban(nil), ban(&muster.Ban{Reason: "b"})},
		{"identity added", "identities.ip", muster.Edit{}, mark("a"), mark("b")},
		{"identity removed", "identities.ip", mark("z"), unmark, mark("b")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				ada := w.Account(t, "ada", tt.start)
				before := w.account(t, ada.ID)
				w.edit(t, ada.ID, tt.edit)
				seq := w.last(t).Seq
				w.edit(t, ada.ID, setRanks("chief")) // is no matter
				w.edit(t, ada.ID, muster.Edit{Language: muster.Some("de")})
				w.edit(t, ada.ID, tt.later)
				unchanged := w.unchanged(t)
				_, err := w.undo(t, seq, core.UndoOptions{})
				wantCode(t, err, muster.Conflict, tt.member)
				unchanged()
				result, err := w.undo(t, seq, core.UndoOptions{Force: true})
				wantCode(t, err, "", "")
				want := before.Account
				want.Language, want.Ranks, want.Rev = "de", []muster.Grant{{Rank: "chief"}}, result.View.Rev
				for i := range result.View.Identities { // an identity that came anew
					result.View.Identities[i].ID = want.Identities[i].ID
				}
				if d := same(want, result.View.Account); d != "" {
					t.Errorf("forced: -want +got\n%s", d)
				}
			})
		})
	}
}

func TestUndoKeepsLaterRanks(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, err := w.Core.UpdateCommunity(t.Context(), w.Admin, func(c *muster.Community) { c.Settings.ActiveFromRanks = true })
		wantCode(t, err, "", "")
		ada := w.Account(t, "ada", setRanks("member"))
		w.edit(t, ada.ID, setRanks("officer"))
		seq := w.last(t).Seq
		w.edit(t, ada.ID, muster.Edit{Ranks: muster.RankEdit{Add: ranks("chief")}})
		result, err := w.Core.Undo(t.Context(), w.Caller(t, key(3, muster.AreaRanks)), seq, core.UndoOptions{})
		wantCode(t, err, "", "")
		if d := same(ranks("chief", "member"), held(result.View)); d != "" {
			t.Errorf("-want +got\n%s", d)
		}
		unchanged := w.unchanged(t)
		if again, err := w.undo(t, seq, core.UndoOptions{}); err != nil || again.Seq != 0 {
			t.Errorf("undone again: %+v, %v", again, err)
		}
		unchanged()
	})
}

func TestUndoRights(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", muster.Edit{})
		w.edit(t, ada.ID, muster.Edit{Name: muster.Some("Ada"), Values: muster.Values{"secret": muster.Text("hidden")}})
		secret := w.last(t).Seq
		w.edit(t, ada.ID, setValue("secret", muster.Text("newer")))
		alone := w.last(t).Seq
		w.edit(t, ada.ID, setRanks("chief"))
		rank := w.last(t).Seq
		w.edit(t, ada.ID, setBio("x"))
		bio := w.last(t).Seq
		if err := w.Core.PutRank(t.Context(), w.Admin, muster.Rank{ID: "new", Label: "New"}); err != nil {
			t.Fatal(err)
		}
		catalogue := w.last(t).Seq
		other := newCommunity(t, w, "other")
		for _, tt := range []struct {
			name   string
			caller muster.Caller
			seq    int64
			code   muster.Code
			member string
		}{
			{"reads one", w.Caller(t, key(1)), bio, muster.Forbidden, ""},
			{"reads all", w.Caller(t, key(2)), bio, muster.Forbidden, ""},
			{"out of its area", w.Caller(t, key(3, muster.AreaValues)), bio, muster.Forbidden, ""},
			{"in its area", w.Caller(t, key(3, muster.AreaProfile)), bio, "", ""},
			{"a hidden field, though it was changed again", w.Caller(t, key(7)), secret, muster.Forbidden, "values.secret"},
			{"a hidden field alone", w.Caller(t, key(7)), alone, muster.NotFound, "seq"},
			{"a rank above the own power", w.Caller(t, muster.Key{Level: 3, RankPower: 99}), rank, muster.Forbidden, "ranks"},
			{"the catalogue", w.Admin, catalogue, muster.Invalid, "seq"},
			{"a change that is not there", w.Admin, 9999, muster.NotFound, "seq"},
			{"of another community", other.Admin, bio, muster.NotFound, "seq"},
		} {
			t.Run(tt.name, func(t *testing.T) {
				result, err := w.Core.Undo(t.Context(), tt.caller, tt.seq, core.UndoOptions{DryRun: true})
				wantCode(t, err, tt.code, tt.member)
				if err != nil && (result.View.ID != "" || strings.Contains(err.Error(), "hidden") || strings.Contains(err.Error(), "newer")) {
					t.Errorf("refused, and told %+v %v", result, err)
				}
				if _, ok := result.View.Values["secret"]; ok {
					t.Errorf("the view has a hidden value: %v", result.View.Values)
				}
			})
		}
	})
}

func TestUndoOfWhatIsGone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", setRanks("officer"))
		w.edit(t, ada.ID, setValue("text", muster.Text("x")))
		value := w.last(t).Seq
		w.edit(t, ada.ID, setRanks())
		rank := w.last(t).Seq
		w.Clock.Advance(time.Second)
		if err := w.Core.DeleteField(t.Context(), w.Admin, "text"); err != nil {
			t.Fatal(err)
		}
		if err := w.Core.DeleteRank(t.Context(), w.Admin, "officer"); err != nil {
			t.Fatal(err)
		}
		_, err := w.undo(t, value, core.UndoOptions{})
		wantCode(t, err, muster.Conflict, "values.text")
		_, err = w.undo(t, rank, core.UndoOptions{})
		wantCode(t, err, muster.Conflict, "ranks")
		for _, seq := range []int64{value, rank} { // who insists gets what is still to be had: nothing
			if result, err := w.undo(t, seq, core.UndoOptions{Force: true}); err != nil || result.Seq != 0 {
				t.Errorf("undo of %d: %+v, %v", seq, result, err)
			}
		}
		if _, err := w.Core.Delete(t.Context(), w.Admin, muster.RefID(ada.ID)); err != nil {
			t.Fatal(err)
		}
		_, err = w.undo(t, value, core.UndoOptions{Force: true})
		wantCode(t, err, muster.Conflict, "")
		if want := fmt.Sprintf("the account of change %d is deleted", value); err.Error() != want {
			t.Errorf("refused as %q", err)
		}
	})
}

// A rank that a change gave and that is no more stands in nobody's way: the
// rest of the change can be taken back.
func TestUndoBesideADeletedRank(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", muster.Edit{})
		w.edit(t, ada.ID, muster.Edit{Bio: muster.Some("new"), Ranks: muster.RankEdit{Add: []muster.RankID{"officer", "member"}}})
		seq := w.last(t).Seq
		if err := w.Core.DeleteRank(t.Context(), w.Admin, "officer"); err != nil {
			t.Fatal(err)
		}
		result, err := w.undo(t, seq, core.UndoOptions{})
		if err != nil || result.View.Bio != "" || len(result.View.Held) != 0 {
			t.Errorf("got %+v, %v", result.View, err)
		}
	})
}

// An undo must not shorten how long a rank is held that somebody gave anew.
func TestUndoOfARemovalBesideANewGrant(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		soon := w.Clock.Now().Add(time.Hour)
		ada := w.Account(t, "ada", muster.Edit{Ranks: muster.RankEdit{Add: []muster.RankID{"chief"}, Until: map[muster.RankID]time.Time{"chief": soon}}})
		w.edit(t, ada.ID, setRanks())
		removal := w.last(t).Seq
		w.edit(t, ada.ID, setRanks("chief"))
		_, err := w.undo(t, removal, core.UndoOptions{})
		wantCode(t, err, muster.Conflict, "ranks")
		w.Clock.Advance(2 * time.Hour)
		if held := w.account(t, ada.ID).Held; len(held) != 1 {
			t.Errorf("holds %v", held)
		}
	})
}

func TestHistoryOfADeletedAccount(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", muster.Edit{})
		seq, err := w.Core.Delete(t.Context(), w.Admin, muster.RefID(ada.ID))
		if err != nil {
			t.Fatal(err)
		}
		for _, ref := range []muster.Ref{muster.RefID(ada.ID), muster.RefUsername("ada")} {
			list, err := w.Core.History(t.Context(), w.Admin, core.HistoryQuery{Account: ref, Limit: 10})
			if err != nil || len(list) != 2 || list[0].Seq != seq {
				t.Errorf("got %+v, %v", list, err)
			}
		}
		_, err = w.Core.History(t.Context(), w.Admin, core.HistoryQuery{Account: muster.RefUsername("nobody"), Limit: 10})
		wantCode(t, err, muster.NotFound, "ref")
	})
}
