package core_test

import (
	"testing"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

func TestGreatestNumber(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		create := func(name string, number int64) (int64, error) {
			views, err := w.Core.Create(t.Context(), w.Admin, []core.NewAccount{{Number: number, Edit: muster.Edit{Username: muster.Some(name)}}})
			if err != nil {
				return 0, err
			}
			return views[0].Number, nil
		}
		unchanged := w.unchanged(t)
		for _, n := range []int64{muster.MaxNumber + 1, 1<<63 - 1, -1} {
			_, err := create("ada", n)
			wantCode(t, err, muster.Invalid, "number")
		}
		unchanged()
		if _, err := create("first", 1); err != nil {
			t.Fatal(err)
		}
		if n, err := create("ada", muster.MaxNumber); err != nil || n != muster.MaxNumber {
			t.Fatalf("got %d, %v", n, err)
		}
		if n, err := create("bob", 0); err != nil || n != 2 {
			t.Errorf("after the greatest comes %d, %v", n, err)
		}
	})
}

func TestDeletedAccountsKeepIDAndNumber(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", muster.Edit{})
		if _, err := w.Core.Delete(t.Context(), w.Admin, muster.RefID(ada.ID)); err != nil {
			t.Fatal(err)
		}
		unchanged := w.unchanged(t)
		name := muster.Edit{Username: muster.Some("bob")}
		for member, n := range map[string]core.NewAccount{"id": {ID: ada.ID, Edit: name}, "number": {Number: ada.Number, Edit: name}} {
			_, err := w.Core.Create(t.Context(), w.Admin, []core.NewAccount{n})
			wantCode(t, err, muster.Conflict, member)
		}
		unchanged()
	})
}
