package core_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
)

// keepFor says how many days of history are kept.
func (w *world) keepFor(t testing.TB, days int) {
	t.Helper()
	_, err := w.Core.UpdateCommunity(t.Context(), w.Admin, func(c *muster.Community) { c.Settings.HistoryDays = days })
	if err != nil {
		t.Fatal(err)
	}
}

// told empties the outbox: what waits there is not forgotten.
func (w *world) told(t testing.TB) {
	t.Helper()
	if more, err := w.Core.SendEvents(t.Context(), "demo"); err != nil || more {
		t.Fatal(more, err)
	}
}

// forget forgets what the settings say, and gives back the first change that is
// kept.
func (w *world) forget(t testing.TB) (kept int64) {
	t.Helper()
	if err := w.Core.ForgetHistory(t.Context()); err != nil {
		t.Fatal(err)
	}
	kept = w.last(t).Seq
	for ; kept > 1; kept-- {
		ch, _, err := w.Core.ChangeBy(t.Context(), w.Admin, kept-1)
		if muster.CodeOf(err) == muster.Gone || ch.Deed == muster.DeedBaseline {
			break
		}
	}
	return kept
}

func (w *world) sound(t testing.TB) {
	t.Helper()
	v, err := w.Core.Verify(t.Context(), "demo", func(f core.Finding) { t.Errorf("found: %+v", f) })
	if err != nil || v.Accounts == 0 {
		t.Errorf("%+v, %v", v, err)
	}
}

// However much of a history is forgotten, and in however many goes: accounts
// can be read as they were behind every change that is kept, replay gives what
// they are, and of what was before nothing is told.
func TestForgetHistory(t *testing.T) {
	w := &world{mustertest.NewCommunity(t, mustertest.Open(t, t.TempDir()), "demo"), nil}
	w.keepFor(t, 1)
	rapid.Check(t, func(rt *rapid.T) {
		var ids []muster.AccountID
		behind := states{}
		forgotten := int64(0)
		for n := range rapid.IntRange(2, 16).Draw(rt, "deeds") {
			w.Clock.Advance(time.Duration(rapid.IntRange(0, 12).Draw(rt, "hours")) * time.Hour)
			ref := muster.RefUsername("nobody")
			if len(ids) > 0 {
				ref = muster.RefID(rapid.SampledFrom(ids).Draw(rt, "account"))
			}
			switch deed := rapid.IntRange(0, 7).Draw(rt, "deed"); {
			case n < 2:
				ids = append(ids, w.Account(t, fmt.Sprint("user", w.last(t).Seq), drawDeed(rt)).ID)
			case deed == 0:
				_, _ = w.Core.Delete(t.Context(), w.Admin, ref) // what is refused is no deed
			case deed == 1:
				_, _ = w.Core.Restore(t.Context(), w.Admin, ref, 0)
			case deed == 2:
				_, _ = w.Core.Undo(t.Context(), w.Admin, w.last(t).Seq, core.UndoOptions{Force: true})
			case deed == 3:
				w.told(t)
				forgotten = max(forgotten, w.forget(t)-1)
			default:
				_, _ = w.Core.Edit(t.Context(), w.Admin, ref, drawDeed(rt))
			}
			now := map[muster.AccountID]muster.Account{}
			for _, id := range ids {
				now[id] = w.shown(t, id)
			}
			behind[w.last(t).Seq] = now
		}
		for _, seq := range slices.Sorted(maps.Keys(behind)) {
			for id, want := range behind[seq] {
				v, err := w.Core.AccountThen(t.Context(), w.Admin, muster.RefID(id), core.Moment{Seq: seq})
				switch {
				case seq < forgotten:
					if muster.CodeOf(err) != muster.Gone {
						rt.Fatalf("behind %d, where history is kept from %d on: %v", seq, forgotten+1, err)
					}
				case err != nil:
					rt.Fatal(err)
				case same(want, plain(v.Account)) != "":
					rt.Fatalf("behind %d: -was +is read\n%s", seq, same(want, plain(v.Account)))
				}
			}
		}
		w.sound(t)
	})
}

// What is forgotten is gone for every reader, and what nobody was told of yet
// is not forgotten.
func TestForgotten(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		ada, gil := w.Account(t, "ada", setBio("first")), w.Account(t, "gil", setBio("Likes cloth"))
		key := w.Caller(t, muster.Key{ID: "bot", Level: muster.LevelAdmin, RankPower: muster.AnyRankPower})
		if _, err := w.Core.Edit(ctx, key, muster.RefID(ada.ID), setBio("second")); err != nil {
			t.Fatal(err)
		}
		old, began := w.last(t).Seq, w.Clock.Now()
		if _, err := w.Core.Erase(ctx, w.Admin, muster.RefID(gil.ID), 0); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(72 * time.Hour)
		w.keepFor(t, 2)
		if kept := w.forget(t); kept != 1 {
			t.Fatalf("kept from %d on, though nobody was told of any", kept)
		}
		w.told(t)
		kept := w.forget(t)
		if kept != w.last(t).Seq {
			t.Errorf("kept from %d on, of %d", kept, w.last(t).Seq)
		}
		w.sound(t)
		_, err := w.undo(t, old-1, core.UndoOptions{})
		wantCode(t, err, muster.Gone, "seq")
		_, err = w.Core.AccountThen(ctx, w.Admin, muster.RefID(ada.ID), core.Moment{At: began.Add(-time.Second)})
		wantCode(t, err, muster.Gone, "at")
		v, err := w.Core.AccountThen(ctx, w.Admin, muster.RefID(ada.ID), core.Moment{At: began.Add(time.Hour)})
		if err != nil || v.Bio != "second" || v.Rev != ada.Rev+1 {
			t.Errorf("as it was where history begins: %q, rev %d, %v", v.Bio, v.Rev, err)
		}
		for seq, want := range map[int64]muster.Code{1: muster.Gone, kept - 2: muster.Gone, kept - 1: "", kept: ""} {
			v, err := w.Core.AccountThen(ctx, w.Admin, muster.RefID(ada.ID), core.Moment{Seq: seq})
			if muster.CodeOf(err) != want || err == nil && (v.Bio != "second" || !v.UpdatedAt.Equal(began)) {
				t.Errorf("as it was behind %d: %q of %v, %v", seq, v.Bio, v.UpdatedAt, err)
			}
		}
		for after, want := range map[int64]muster.Code{0: muster.Gone, kept - 2: muster.Gone, kept - 1: "", kept: ""} {
			_, err := w.Core.FeedPlace(ctx, w.Admin, muster.Some(after))
			_, _, _, err2 := w.Core.Feed(ctx, w.Admin, after, nil)
			if muster.CodeOf(err) != want || muster.CodeOf(err2) != want {
				t.Errorf("a feed behind %d: %v, %v", after, err, err2)
			}
		}
		for query, want := range map[*core.HistoryQuery]int{
			{}: 2, {Account: muster.RefID(ada.ID)}: 1, {Account: muster.RefID(gil.ID)}: 0, {Deed: muster.DeedBaseline}: 1, {Key: "bot"}: 0,
			{Deed: muster.DeedCreate}: 0, {Member: "bio"}: 1, {Till: began.Add(time.Hour)}: 1,
		} {
			query.Limit = 100
			page, err := w.Core.Changes(ctx, w.Admin, *query)
			if err != nil || len(page.Changes) != want {
				t.Errorf("%+v: %d changes, %v", query, len(page.Changes), err)
			}
		}
		count, err := w.Core.UndoAll(ctx, w.Admin, core.UndoMany{Filter: core.HistoryQuery{Account: muster.RefID(ada.ID)}, Done: func(int, []core.Undone) error { return nil }})
		if err != nil || count.By[core.OutcomeNoUndo] != 1 {
			t.Errorf("undo of a baseline: %+v, %v", count, err)
		}
	})
}

// A community that has forgotten goes to another database as it is.
func TestForgottenGoesAlong(t *testing.T) {
	w := &world{mustertest.NewCommunity(t, mustertest.Open(t, t.TempDir()), "demo"), nil}
	busy(t, w.Community)
	w.Clock.Advance(48 * time.Hour)
	w.keepFor(t, 1)
	w.told(t)
	kept := w.forget(t)
	var records []core.Record
	err := w.Core.ExportAll(t.Context(), "demo", core.ExportOptions{}, func(core.Size) {}, func(r core.Record) error {
		records = append(records, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func([]core.Record){
		"":     func([]core.Record) {},
		"seq":  func(list []core.Record) { list[0].Community.Forgotten.Seq-- },
		"deed": func(list []core.Record) { list[len(list)-2].Change.Deed = muster.DeedBaseline },
		"last": func(list []core.Record) { list[0].Community.Forgotten.Seq = kept },
	} {
		t.Run("spoilt "+name, func(t *testing.T) {
			other := core.New(mustertest.Open(t, t.TempDir()), w.Clock.Now)
			mustertest.BindSecret(t, other)
			list := slices.Clone(records)
			community, change := *list[0].Community, *list[len(list)-2].Change
			forgotten := *community.Forgotten
			community.Forgotten = &forgotten
			list[0].Community, list[len(list)-2].Change = &community, &change
			spoil(list)
			_, err := other.ImportAll(t.Context(), core.ImportOptions{}, func(yield func(core.Record, error) bool) {
				for _, r := range list {
					if !yield(r, nil) {
						return
					}
				}
			})
			if name != "" {
				if muster.CodeOf(err) != muster.Invalid {
					t.Errorf("was taken: %v", err)
				}
				return
			}
			v, err2 := other.Verify(t.Context(), "demo", func(f core.Finding) { t.Errorf("found: %+v", f) })
			_, _, err3 := other.ChangeBy(t.Context(), muster.Operator("demo"), 1)
			if err != nil || err2 != nil || v.Accounts == 0 || muster.CodeOf(err3) != muster.Gone {
				t.Errorf("%v, %v, %+v, %v", err, err2, v, err3)
			}
		})
	}
}

// Two servers forget at once while accounts are edited and erased: nothing is
// forgotten twice, and nothing comes back of who was erased.
func TestForgetRace(t *testing.T) {
	t.Parallel()
	for _, e := range mustertest.Engines(t) {
		t.Run(e.Name, func(t *testing.T) { forgetRace(t, e.New(t)) })
	}
}

func forgetRace(t *testing.T, d mustertest.Database) {
	t.Helper()
	first := mustertest.NewCommunity(t, d.Open(t), "demo")
	w := &world{first, nil}
	cores := []*core.Core{first.Core, core.New(d.Open(t), first.Clock.Now)}
	ids := make([]muster.AccountID, 12)
	for i := range ids {
		ids[i] = w.Account(t, fmt.Sprint("user", i), setBio("walrus")).ID
	}
	for n := range 500 {
		w.edit(t, ids[n%len(ids)], setBio(fmt.Sprint("walrus ", n)))
	}
	w.told(t)
	w.Clock.Advance(48 * time.Hour)
	w.keepFor(t, 1)
	var wg sync.WaitGroup
	for _, c := range cores {
		wg.Go(func() {
			if err := c.ForgetHistory(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	for i, id := range ids {
		wg.Go(func() {
			var err error
			if i%3 == 0 {
				_, err = cores[i%2].Erase(t.Context(), w.Admin, muster.RefID(id), 0)
			} else {
				_, err = cores[i%2].Edit(t.Context(), w.Admin, muster.RefID(id), setBio("seal"))
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	w.forget(t)
	w.sound(t)
	page, err := w.Core.Changes(t.Context(), w.Admin, core.HistoryQuery{Deed: muster.DeedBaseline, Limit: 100})
	if err != nil || len(page.Changes) < len(ids)*2/3 {
		t.Errorf("%d baselines, %v", len(page.Changes), err)
	}
	for _, ch := range page.Changes {
		erased := slices.Index(ids, ch.Account)%3 == 0
		if strings.Contains(ch.After.Bio.Value, "walrus") == erased {
			t.Errorf("a baseline of one erased (%v): %+v", erased, ch.After)
		}
	}
}
