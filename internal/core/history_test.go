package core_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
)

// drawDeed is an edit of members of every kind.
func drawDeed(t *rapid.T) muster.Edit {
	text := rapid.SampledFrom([]string{"", "a", "b", "c"})
	some := func(name string) (o muster.Opt[string]) {
		if rapid.Bool().Draw(t, name) {
			o = muster.Some(text.Draw(t, name))
		}
		return o
	}
	e := muster.Edit{Bio: some("bio"), Name: some("name"), Values: muster.Values{}}
	for _, id := range []muster.FieldID{"text", "secret"} {
		if rapid.Bool().Draw(t, "value") {
			e.Values[id] = muster.Text(text.Draw(t, "value"))
		}
	}
	names := rapid.SliceOfN(rapid.SampledFrom(ranks("member", "officer", "chief")), 0, 2)
	e.Ranks = muster.RankEdit{Add: names.Draw(t, "add"), Remove: names.Draw(t, "remove")}
	trace := muster.Identity{Provider: "ip", Value: rapid.SampledFrom([]string{"::1", "::2"}).Draw(t, "ip"), Flag: text.Draw(t, "flag")}
	switch rapid.IntRange(0, 3).Draw(t, "identity") {
	case 0:
		e.Identities.Add = []muster.Identity{trace}
	case 1:
		e.Identities.Remove = []muster.IdentityKey{trace.Key()}
	}
	switch rapid.IntRange(0, 4).Draw(t, "standing") {
	case 0:
		e.Standing.Ban = muster.Some(&muster.Ban{Reason: "r"})
	case 1:
		e.Standing.Ban = muster.Some[*muster.Ban](nil)
	case 2:
		e.Standing.Archived = muster.Some(rapid.Bool().Draw(t, "archived"))
	}
	return e
}

// states are accounts, by id, as they were behind each change.
type states map[int64]map[muster.AccountID]muster.Account

// Whatever is done to accounts, each can be read as it was behind every change
// and at every time.
func TestAccountThen(t *testing.T) {
	w := &world{mustertest.NewCommunity(t, mustertest.Open(t, t.TempDir()), "demo"), nil}
	rapid.Check(t, func(rt *rapid.T) {
		var ids []muster.AccountID
		behind := states{}
		note := func() {
			now := map[muster.AccountID]muster.Account{}
			for _, id := range ids {
				now[id] = w.shown(t, id)
			}
			behind[w.last(t).Seq] = now
		}
		first := w.last(t).Seq
		for n := range rapid.IntRange(2, 14).Draw(rt, "deeds") {
			w.Clock.Advance(time.Duration(rapid.IntRange(0, 2).Draw(rt, "hours")) * time.Hour)
			if n < 2 {
				ids = append(ids, w.Account(t, fmt.Sprint("user", w.last(t).Seq), drawDeed(rt)).ID)
				note()
				continue
			}
			ref := muster.RefID(rapid.SampledFrom(ids).Draw(rt, "account"))
			switch rapid.IntRange(0, 5).Draw(rt, "deed") {
			case 0:
				_, _ = w.Core.Delete(t.Context(), w.Admin, ref) // what is refused is no deed
			case 1:
				_, _ = w.Core.Restore(t.Context(), w.Admin, ref, 0)
			case 2:
				_, _ = w.Core.Undo(t.Context(), w.Admin, rapid.Int64Range(first+1, w.last(t).Seq).Draw(rt, "seq"), core.UndoOptions{Force: true})
			default:
				_, _ = w.Core.Edit(t.Context(), w.Admin, ref, drawDeed(rt))
			}
			note()
		}
		for _, seq := range slices.Sorted(maps.Keys(behind)) {
			for _, id := range ids {
				want, there := behind[seq][id]
				v, err := w.Core.AccountThen(t.Context(), w.Admin, muster.RefID(id), core.Moment{Seq: seq})
				if !there {
					if muster.CodeOf(err) != muster.NotFound {
						rt.Fatalf("behind %d there was no %s: %v", seq, id, err)
					}
					continue
				}
				if err != nil {
					rt.Fatal(err)
				}
				if d := same(want, plain(v.Account)); d != "" {
					rt.Fatalf("behind %d: -was +is read\n%s", seq, d)
				}
			}
		}
	})
}

// shown is an account, deleted or not, as AccountThen shows it.
func (w *world) shown(t testing.TB, id muster.AccountID) muster.Account {
	t.Helper()
	v, err := w.Core.AccountThen(t.Context(), w.Admin, muster.RefID(id), core.Moment{Seq: w.last(t).Seq})
	if err != nil {
		t.Fatal(err)
	}
	return plain(v.Account)
}

// plain is an account without what history does not keep.
func plain(a muster.Account) muster.Account {
	a.Clock, a.Picture = nil, ""
	for i := range a.Identities {
		a.Identities[i].Shared = 0
	}
	return a
}

func TestAccountThenByTime(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		created := w.Clock.Now()
		w.Clock.Advance(time.Hour)
		ada := w.Account(t, "ada", setBio("first"))
		w.Clock.Advance(time.Hour)
		w.edit(t, ada.ID, muster.Edit{Ranks: muster.RankEdit{Add: ranks("member"), Until: map[muster.RankID]time.Time{"member": w.Clock.Now().Add(30 * time.Minute)}}})
		w.edit(t, ada.ID, setBio("second"))
		w.Clock.Advance(5 * time.Hour)
		at := func(hours float64) (core.View, error) {
			return w.Core.AccountThen(t.Context(), w.Admin, muster.RefUsername("ADA"), core.Moment{At: created.Add(time.Duration(hours * float64(time.Hour)))})
		}
		_, err := at(0.5)
		wantCode(t, err, muster.NotFound, "ref")
		for hours, want := range map[float64]struct {
			bio  string
			held int
		}{1: {"first", 0}, 1.9: {"first", 0}, 2: {"second", 1}, 2.4: {"second", 1}, 2.6: {"second", 0}, 100: {"second", 0}} {
			v, err := at(hours)
			if err != nil || v.Bio != want.bio || len(v.Held) != want.held {
				t.Errorf("after %v hours: %q, %d ranks, %v", hours, v.Bio, len(v.Held), err)
			}
		}
		if err := w.Core.DeleteRank(t.Context(), w.Admin, "member"); err != nil {
			t.Fatal(err)
		}
		if v, err := at(2.1); err != nil || len(v.Held) != 1 || v.Held[0].ID != "member" {
			t.Errorf("a rank that is no more: %v, %v", v.Held, err)
		}
		_, err = w.Core.AccountThen(t.Context(), w.Admin, muster.RefID(ada.ID), core.Moment{Seq: 1_000_000})
		wantCode(t, err, muster.NotFound, "at")
		reader := w.Caller(t, key(muster.LevelReadAll))
		w.edit(t, ada.ID, setValue("secret", muster.Text("walrus")))
		v, err := w.Core.AccountThen(t.Context(), reader, muster.RefID(ada.ID), core.Moment{At: w.Clock.Now()})
		if err != nil || v.Values["secret"] != nil {
			t.Errorf("hidden values are shown: %v %v", v.Values, err)
		}
	})
}

func TestHistoryByFilter(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		began := w.Clock.Now()
		ada, bob := w.Account(t, "ada", muster.Edit{}), w.Account(t, "bob", muster.Edit{})
		first := w.Caller(t, muster.Key{ID: "first", Level: muster.LevelAdmin, RankPower: muster.AnyRankPower})
		w.Caller(t, muster.Key{ID: "idle", Level: muster.LevelReadOne})
		own := w.Caller(t, muster.Key{ID: "own", Level: muster.LevelUser, Owner: bob.ID})
		w.Clock.Advance(time.Hour)
		from := w.last(t).Seq
		do := func(by muster.Caller, id muster.AccountID, e muster.Edit) {
			if _, err := w.Core.Edit(t.Context(), by, muster.RefID(id), e); err != nil {
				t.Fatal(err)
			}
			w.Clock.Advance(time.Hour)
		}
		do(first, ada.ID, setBio("1"))
		do(first, bob.ID, setRanks("member"))
		do(own, bob.ID, setValue("text", muster.Text("3")))
		do(w.Admin, ada.ID, muster.Edit{Standing: muster.StandingEdit{Ban: muster.Some(&muster.Ban{})}})
		do(w.Admin, ada.ID, setValue("secret", muster.Text("5")))
		results, err := w.Core.Change(t.Context(), w.Admin, []core.Target{{Ref: muster.RefID(ada.ID), Edit: setBio("6")}, {Ref: muster.RefID(bob.ID), Edit: setBio("7")}}, core.Options{})
		if err != nil || results[0].Seq != from+6 {
			t.Fatal(err, results)
		}
		batch := w.last(t).Batch
		reader := w.Caller(t, key(muster.LevelReadAll))
		for name, c := range map[string]struct {
			by   muster.Caller
			q    core.HistoryQuery
			want []int64 // counted from the first
		}{
			"account":         {reader, core.HistoryQuery{Account: muster.RefUsername("ada"), After: from}, []int64{6, 4, 1}}, // and not that of the hidden value
			"all of account":  {w.Admin, core.HistoryQuery{Account: muster.RefUsername("ada"), After: from}, []int64{6, 5, 4, 1}},
			"key":             {reader, core.HistoryQuery{Key: "first"}, []int64{2, 1}},
			"by":              {reader, core.HistoryQuery{By: muster.RefID(bob.ID)}, []int64{3}},
			"batch":           {reader, core.HistoryQuery{Batch: batch}, []int64{7, 6}},
			"dialect":         {reader, core.HistoryQuery{Dialect: "test"}, []int64{3, 2, 1}},
			"time":            {reader, core.HistoryQuery{Since: began.Add(2 * time.Hour), Till: began.Add(4 * time.Hour)}, []int64{3, 2}},
			"member":          {reader, core.HistoryQuery{Member: "bio", After: from}, []int64{7, 6, 1}},
			"values":          {reader, core.HistoryQuery{Member: "values", After: from}, []int64{3}}, // and not the hidden one
			"all values":      {w.Admin, core.HistoryQuery{Member: "values", After: from}, []int64{5, 3}},
			"value by key":    {reader, core.HistoryQuery{Member: "values.text_key"}, []int64{3}},
			"standing":        {reader, core.HistoryQuery{Member: "standing.ban"}, []int64{4}},
			"ranks":           {reader, core.HistoryQuery{Member: "ranks", Key: "first"}, []int64{2}},
			"deed":            {reader, core.HistoryQuery{Deed: muster.DeedDelete}, nil},
			"before":          {reader, core.HistoryQuery{After: from, Before: from + 3}, []int64{2, 1}},
			"nothing answers": {reader, core.HistoryQuery{Key: "idle"}, nil},
		} {
			for _, limit := range []int{1, 2, 100} {
				var got []int64
				q := c.q
				for q.Limit = limit; ; {
					page, err := w.Core.Changes(t.Context(), c.by, q)
					if err != nil {
						t.Fatal(name, err)
					}
					for _, ch := range page.Changes {
						got = append(got, ch.Seq-from)
					}
					if q.Before = page.Next; q.Before == 0 {
						break
					}
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("%s, %d at a time: %v, want %v", name, limit, got, c.want)
				}
			}
		}
		_, err = w.Core.Changes(t.Context(), reader, core.HistoryQuery{Limit: 1, Member: "values.secret"})
		wantCode(t, err, muster.Invalid, "member")
		_, err = w.Core.Changes(t.Context(), reader, core.HistoryQuery{Limit: 1, Member: "nonsense"})
		wantCode(t, err, muster.Invalid, "member")
		_, err = w.Core.Changes(t.Context(), reader, core.HistoryQuery{Limit: 1, By: muster.RefUsername("nobody")})
		wantCode(t, err, muster.NotFound, "by")
	})
}

// A field's definition has its default in it, which is shown where an account
// holds nothing: whoever may not see the field today does not find it in what
// the definition was.
func TestHistoryOfAFieldThatWasPublic(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		reader := w.Caller(t, muster.Key{Level: muster.LevelReadAll})
		const standard = "walrus"
		shown := func() (n int) {
			list, err := w.Core.History(t.Context(), reader, core.HistoryQuery{Deed: muster.DeedCatalogue, Limit: 1000})
			if err != nil {
				t.Fatal(err)
			}
			events, _, _, err := w.Core.Feed(t.Context(), reader, 0, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				list = append(list, e.Change)
			}
			for _, ch := range list {
				n += strings.Count(string(ch.Before.Definition)+string(ch.After.Definition), standard)
			}
			return n
		}
		f := muster.Field{ID: "motto", Key: "motto", Label: "Motto", Type: muster.TypeText, Scope: muster.ScopeProfile, Default: muster.Text(standard)}
		put := func() {
			if err := w.Core.PutField(t.Context(), w.Admin, f); err != nil {
				t.Fatal(err)
			}
		}
		put()
		if n := shown(); n != 2 {
			t.Errorf("a public field's default is shown %d times, in history and in the feed", n)
		}
		f.See.Level = muster.LevelAdmin
		put()
		if n := shown(); n != 0 {
			t.Errorf("that of a hidden one %d times", n)
		}
		f.See.Level = 0
		put()
		if err := w.Core.DeleteField(t.Context(), w.Admin, f.ID); err != nil {
			t.Fatal(err)
		}
		if n := shown(); n != 2 {
			t.Errorf("that of one that was deleted %d times: only the deletion knows its rights", n)
		}
	})
}

// What becomes of an account is followed, in one batch, by changes of the
// values that lead to it. Where these are hidden nobody is told whose they are.
func TestHistoryDoesNotTellWhatHiddenValuesLeadTo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		reader := w.Caller(t, muster.Key{Level: muster.LevelWriteSome})
		f := muster.Field{ID: manager, Key: "manager", Label: "Manager", Type: muster.TypeAccount, Scope: muster.ScopeProfile}
		f.See.Level, f.Edit.Level = muster.LevelAdmin, muster.LevelAdmin
		if err := w.Core.PutField(t.Context(), w.Admin, f); err != nil {
			t.Fatal(err)
		}
		boss := w.Account(t, "boss", muster.Edit{})
		w.Account(t, "under", muster.Edit{Values: muster.Values{manager: muster.Text(boss.ID)}})
		waits := w.Account(t, "waits", muster.Edit{})
		w.edit(t, waits.ID, setValue(manager, muster.Awaited("newcomer"))) // nobody can see of it but that
		w.remove(t, boss.ID)
		w.Account(t, "newcomer", muster.Edit{})
		for _, hidden := range []int64{w.last(t).Seq, w.last(t).Seq - 2} {
			wantCode(t, func() error { _, _, err := w.Core.ChangeBy(t.Context(), w.Admin, hidden); return err }(), "", "")
			wantCode(t, func() error { _, _, err := w.Core.ChangeBy(t.Context(), reader, hidden); return err }(), muster.NotFound, "seq")
			_, err := w.Core.Undo(t.Context(), reader, hidden, core.UndoOptions{DryRun: true})
			wantCode(t, err, muster.NotFound, "seq")
		}
		for _, ch := range w.history(t, reader) {
			if ch.Batch == "" {
				continue
			}
			list, err := w.Core.History(t.Context(), reader, core.HistoryQuery{Batch: ch.Batch, Limit: 100})
			if err != nil || len(list) != 1 {
				t.Errorf("%v, %d changes of the batch of the change %q", err, len(list), ch.Deed)
			}
		}
	})
}
