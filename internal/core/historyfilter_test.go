package core_test

import (
	"testing"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// Whoever misspelt what they look for, or would take back, must not be told
// that nothing was done.
func TestFiltersThatNameNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		ada := w.Account(t, "ada", muster.Edit{})
		by := w.Caller(t, muster.Key{Level: muster.LevelAdmin})
		if err := w.Core.RevokeKey(t.Context(), w.Admin, by.Key); err != nil {
			t.Fatal(err)
		}
		_, err := w.Core.Change(t.Context(), w.Admin, []core.Target{{Ref: muster.RefID(ada.ID), Edit: setValue("secret", muster.Text("x"))}, {Ref: muster.RefID(ada.ID), Edit: setValue("secret", muster.Text("y"))}}, core.Options{})
		if err != nil {
			t.Fatal(err)
		}
		hidden, reader := w.last(t).Batch, w.Caller(t, muster.Key{Level: muster.LevelReadAll})
		for _, c := range []struct {
			q     core.HistoryQuery
			code  muster.Code
			field string
		}{
			{core.HistoryQuery{Key: by.Key}, "", ""},
			{core.HistoryQuery{Key: "nobody"}, muster.NotFound, "key"},
			{core.HistoryQuery{Batch: "nothing"}, muster.NotFound, "batch"},
			{core.HistoryQuery{Batch: hidden}, muster.NotFound, "batch"}, // as one that is not there
			{core.HistoryQuery{Deed: "edt"}, muster.Invalid, "deed"},
			{core.HistoryQuery{Dialect: "soonran"}, muster.Invalid, "dialect"},
			{core.HistoryQuery{Dialect: "command"}, "", ""},
			{core.HistoryQuery{Dialect: "time"}, "", ""},
		} {
			c.q.Limit = 9
			_, err := w.Core.Changes(t.Context(), reader, c.q)
			wantCode(t, err, c.code, c.field)
			if c.code == "" {
				continue
			}
			_, err = w.Core.UndoAll(t.Context(), reader, core.UndoMany{Filter: c.q, DryRun: true, Done: func(int, []core.Undone) error { return nil }})
			wantCode(t, err, c.code, c.field)
		}
		if page, err := w.Core.Changes(t.Context(), w.Admin, core.HistoryQuery{Batch: hidden, Limit: 9}); err != nil || len(page.Changes) != 2 {
			t.Error(page, err)
		}
	})
}
