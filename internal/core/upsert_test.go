package core_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
)

// upsert is a target that makes the account where its username is nobody's.
func upsert(username, bio string) core.Target {
	e := muster.Edit{Username: muster.Some(username), Bio: muster.Some(bio)}
	return core.Target{
		Ref: muster.RefUsername(username), Edit: muster.Edit{Bio: muster.Some(bio)},
		Create: &core.NewAccount{Edit: e},
	}
}

func TestUpsert(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		for _, want := range []struct {
			bio     string
			created bool
			seq     bool
			deed    muster.Deed
		}{
			{"first", true, true, muster.DeedCreate},
			{"second", false, true, muster.DeedEdit},
			{"second", false, false, muster.DeedEdit},
		} {
			results, err := w.Core.Change(t.Context(), w.Admin, []core.Target{upsert("sam", want.bio)}, core.Options{Atomic: true})
			if err != nil {
				t.Fatal(err)
			}
			r := results[0]
			if r.Created != want.created || (r.Seq != 0) != want.seq || r.View.Bio != want.bio || w.last(t).Deed != want.deed {
				t.Errorf("%+v: created %v, seq %d, bio %q, last deed %s", want, r.Created, r.Seq, r.View.Bio, w.last(t).Deed)
			}
			if r.Seq != 0 && w.last(t).Seq != r.Seq {
				t.Errorf("%+v: the result has seq %d, the last change %d", want, r.Seq, w.last(t).Seq)
			}
		}
		refused := upsert("sam", "third")
		refused.Fresh = true
		unchanged := w.unchanged(t)
		_, err := w.Core.Change(t.Context(), w.Admin, []core.Target{refused}, core.Options{Atomic: true})
		wantCode(t, err, muster.Conflict, "ref")
		_, err = w.Core.Change(t.Context(), w.Admin, []core.Target{upsert("new", "dry")}, core.Options{Atomic: true, DryRun: true})
		wantCode(t, err, "", "")
		_, err = w.Core.Change(t.Context(), w.Caller(t, key(muster.LevelWriteSome)), []core.Target{upsert("new", "small")}, core.Options{Atomic: true})
		wantCode(t, err, muster.Forbidden, "")
		_, err = w.Core.Account(t.Context(), w.Admin, muster.RefUsername("new"))
		wantCode(t, err, muster.NotFound, "ref")
		if w.last(t).Deed != muster.DeedCredential {
			unchanged()
		}
	})
}

// In a batch each target is for itself, and what one made the next one finds.
func TestUpsertBatch(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		taken := upsert("other", "x")
		taken.Create.Edit.Email = muster.Some("sam@example.org")
		first := upsert("sam", "one")
		first.Create.Edit.Email = muster.Some("sam@example.org")
		results, err := w.Core.Change(t.Context(), w.Admin, []core.Target{first, upsert("sam", "two"), taken}, core.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !results[0].Created || results[1].Created || results[1].View.Bio != "two" {
			t.Errorf("%+v", results[:2])
		}
		wantCode(t, results[2].Err, muster.Conflict, "email")
		if results[2].Created || results[2].View.ID != "" {
			t.Errorf("refused, and yet %+v", results[2])
		}
	})
}

// However many ask for a new account at once, and from however many
// processes, there is one of it.
func TestUpsertRace(t *testing.T) {
	t.Parallel()
	for _, e := range mustertest.Engines(t) {
		t.Run(e.Name, func(t *testing.T) { upsertRace(t, e.New(t)) })
	}
}

func upsertRace(t *testing.T, d mustertest.Database) {
	t.Helper()
	first := mustertest.NewCommunity(t, d.Open(t), "demo")
	cores := []*core.Core{first.Core, core.New(d.Open(t), first.Clock.Now)}
	const each = 100
	var wg sync.WaitGroup
	made := make(chan muster.AccountID, each*len(cores))
	for i := range each * len(cores) {
		wg.Go(func() {
			results, err := cores[i%len(cores)].Change(t.Context(), first.Admin, []core.Target{upsert("sam", fmt.Sprint(i))}, core.Options{Atomic: true})
			if err != nil {
				t.Error(err)
			} else if results[0].Created {
				made <- results[0].View.ID
			}
		})
	}
	wg.Wait()
	if len(made) != 1 {
		t.Errorf("%d accounts were made", len(made))
	}
}

// A Conflict has the target run again, as another process may have been
// quicker; where it is still one, nothing is left of either try.
func TestUpsertRunsAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		target := upsert("sam", "again")
		gone := w.Account(t, "gone", muster.Edit{})
		target.Create.ID = gone.ID
		if _, err := w.Core.Delete(t.Context(), w.Admin, muster.RefID(gone.ID)); err != nil {
			t.Fatal(err)
		}
		unchanged := w.unchanged(t)
		_, err := w.Core.Change(t.Context(), w.Admin, []core.Target{target}, core.Options{Atomic: true})
		wantCode(t, err, muster.Conflict, "id")
		unchanged()
		if _, err := w.Core.Change(t.Context(), w.Admin, []core.Target{upsert("sam", "fine")}, core.Options{Atomic: true}); err != nil {
			t.Errorf("after it: %v", err)
		}
	})
}
