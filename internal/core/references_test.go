package core_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/muster-accounts/muster"
)

func TestReferences(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		boss := w.Account(t, "boss", muster.Edit{Email: muster.Some("boss@example.org")})
		called12 := w.Account(t, strconv.FormatInt(boss.Number, 10), muster.Edit{}) // a username that looks like the other's number
		mimic := w.Account(t, string(boss.ID), muster.Edit{})                       // and one like its id
		sam := w.Account(t, "sam", muster.Edit{})
		for text, want := range map[string]muster.AccountID{
			string(boss.ID): boss.ID, "BOSS": boss.ID, "Boss@Example.org": boss.ID,
			strconv.FormatInt(boss.Number, 10): called12.ID, strconv.FormatInt(mimic.Number, 10): mimic.ID,
		} {
			v := w.edit(t, sam.ID, setValue("account", muster.Text(text)))
			if got := v.Values["account"]; got != muster.Text(want) {
				t.Errorf("%q: %v, want %s", text, got, want)
			}
		}
		w.edit(t, sam.ID, setValue("account", muster.Text("boss")))
		unchanged := w.unchanged(t)
		w.edit(t, sam.ID, setValue("account", muster.Text("boss@example.org"))) // whom it named before
		for _, nobody := range []string{"nobody", "99999", "-1", "nobody@example.org"} {
			_, err := w.Core.Edit(t.Context(), w.Admin, muster.RefID(sam.ID), setValue("account", muster.Text(nobody)))
			wantCode(t, err, muster.Invalid, "values.account")
		}
		unchanged()
	})
}

func TestChart(t *testing.T) {
	t.Parallel()
	eachChart(t, func(t *testing.T, w *world) {
		t.Helper()
		below := func(name, above string) error {
			_, err := w.Core.Edit(t.Context(), w.Admin, muster.RefUsername(name), setValue("manager", muster.Text(above)))
			return err
		}
		for _, name := range []string{"a", "b", "c", "d"} {
			w.Account(t, name, muster.Edit{})
		}
		wantCode(t, below("b", "a"), "", "")
		wantCode(t, below("c", "b"), "", "")
		for _, circle := range [][2]string{{"a", "a"}, {"a", "b"}, {"a", "c"}, {"b", "c"}} {
			unchanged := w.unchanged(t)
			wantCode(t, below(circle[0], circle[1]), muster.Invalid, "values.manager")
			unchanged()
		}
		// Nobody stands below somebody who is gone, and so no circle leads through them.
		if _, err := w.Core.Delete(t.Context(), w.Admin, muster.RefUsername("b")); err != nil {
			t.Fatal(err)
		}
		wantCode(t, below("a", "b"), muster.Invalid, "values.manager")
		wantCode(t, below("a", "c"), "", "")
		wantCode(t, below("d", "a"), "", "")
	})
}

func TestChartIsBounded(t *testing.T) {
	t.Parallel()
	eachChart(t, func(t *testing.T, w *world) {
		t.Helper()
		above := w.Account(t, "n0", muster.Edit{})
		var err error
		for i := 1; i <= 101 && err == nil; i++ {
			next := w.Account(t, fmt.Sprint("n", i), muster.Edit{})
			_, err = w.Core.Edit(t.Context(), w.Admin, muster.RefID(next.ID), setValue("manager", muster.Text(above.ID)))
			above = next
		}
		wantCode(t, err, muster.Invalid, "values.manager")
	})
}
