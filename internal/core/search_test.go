package core_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

func TestListByText(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		for _, a := range [][3]string{
			{"ada", "Ada Lovelace", "ada@example.org"}, {"bob%", "Straße 5_a", "bob@example.org"}, {"CAROL", "back\\slash", ""},
			{"dünya", "İstanbul", "Dan@Example.org"}, {"gone", "Ada Gone", "gone@example.org"},
		} {
			w.Account(t, a[0], muster.Edit{Name: muster.Some(a[1]), Email: muster.Some(a[2])})
		}
		w.remove(t, mustFind(t, w, "gone"))
		for text, want := range map[string][]string{
			"": {"ada", "bob%", "CAROL", "dünya"}, " ": {"ada", "bob%", "CAROL", "dünya"}, "A": {"ada", "bob%", "CAROL", "dünya"},
			"ADA": {"ada"}, " love ": {"ada"}, "carol": {"CAROL"}, "STRASSE": {"bob%"}, "strasse 5": {"bob%"}, "DU\u0308NYA": {"dünya"},
			"%": {"bob%"}, "_": {"bob%"}, `\`: {"CAROL"}, "ab": nil, "a%a": nil, "a' OR '1'='1": nil, "istanbul": nil, "İSTANBUL": {"dünya"},
			"dan@example.ORG": {"dünya"}, "dan@example": nil, "example.org": nil, "gone": nil, "gone@example.org": nil,
		} {
			list, err := w.Core.List(t.Context(), w.Admin, core.ListQuery{Text: text, Take: 10})
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			var got []string
			for _, v := range list.Accounts {
				got = append(got, v.Username)
			}
			if d := cmp.Diff(want, got); d != "" || list.Total != int64(len(want)) {
				t.Errorf("%q finds %d:\n%s", text, list.Total, d)
			}
		}
		for _, text := range []string{"\x00", "\xff", strings.Repeat("x", 255)} {
			_, err := w.Core.List(t.Context(), w.Admin, core.ListQuery{Text: text, Take: 10})
			wantCode(t, err, muster.Invalid, "text")
		}
		_, err := w.Core.List(t.Context(), w.Caller(t, key(muster.LevelReadOne)), core.ListQuery{Text: "ada", Take: 10})
		wantCode(t, err, muster.Forbidden, "")
		// A new name is found by, an old one no more; and standing filters with it.
		w.edit(t, mustFind(t, w, "ada"), muster.Edit{Name: muster.Some("Countess"), Standing: muster.StandingEdit{Archived: muster.Some(true)}})
		for text, want := range map[string]int64{"countess": 1, "lovelace": 0} {
			list, err := w.Core.List(t.Context(), w.Admin, core.ListQuery{Text: text, Archived: muster.Some(true), Take: 10})
			if err != nil || list.Total != want {
				t.Errorf("%q: %d, %v", text, list.Total, err)
			}
		}
	})
}

func mustFind(t *testing.T, w *world, username string) muster.AccountID {
	t.Helper()
	v, err := w.Core.Account(t.Context(), w.Admin, muster.RefUsername(username))
	if err != nil {
		t.Fatal(err)
	}
	return v.ID
}

// Pages join without a gap, and each knows how many there are on all.
func TestPagesOfListByText(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		for i := range 25 {
			w.Account(t, fmt.Sprintf("user%02d", i), muster.Edit{})
			w.Account(t, fmt.Sprintf("other%02d", i), muster.Edit{})
		}
		for _, text := range []string{"", "user"} {
			all := map[string]int64{"": 50, "user": 25}[text]
			seen := map[string]bool{}
			for skip := int64(0); skip <= all+10; skip += 10 {
				list, err := w.Core.List(t.Context(), w.Admin, core.ListQuery{Text: text, Skip: skip, Take: 10})
				if err != nil {
					t.Fatal(err)
				}
				if list.Total != all || int64(len(list.Accounts)) != max(0, min(10, all-skip)) {
					t.Errorf("%q from %d: %d of %d", text, skip, len(list.Accounts), list.Total)
				}
				for _, v := range list.Accounts {
					seen[v.Username] = true
				}
			}
			if int64(len(seen)) != all {
				t.Errorf("%q: %d seen", text, len(seen))
			}
		}
	})
}
