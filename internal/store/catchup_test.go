package store_test

import (
	"testing"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/store"
)

// Rows from before the migration are given what it could not write itself: the
// folded name, and whom their values lead to.
func TestCatchUp(t *testing.T) {
	for _, e := range mustertest.Engines(t) {
		t.Run(e.Name, func(t *testing.T) {
			d := e.New(t)
			c := mustertest.NewCommunity(t, d.Open(t), "demo")
			boss := c.Account(t, "boss", muster.Edit{Name: muster.Some("Groß")})
			below := c.Account(t, "below", muster.Edit{Values: muster.Values{"account": muster.Text("boss"), "text": muster.Text("boss")}})
			for _, query := range []string{
				`UPDATE accounts SET name_fold = ''`, `DELETE FROM account_references`,
				`UPDATE directory SET target = '0007' WHERE kind = 'instance' AND name = 'catch_up'`,
			} {
				if _, err := d.Bare(t).ExecContext(t.Context(), query); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 {
				st := d.Open(t)
				c.Core = core.New(st, c.Clock.Now)
				list, err := c.Core.List(t.Context(), c.Admin, core.ListQuery{Text: "GROSS", Take: 10})
				if err != nil || list.Total != 1 {
					t.Errorf("found %d, %v", list.Total, err)
				}
				err = st.Read(t.Context(), func(tx *store.Tx) error {
					refs, err := tx.ReferencesTo("demo", boss.ID)
					if len(refs) != 1 || refs[0] != (store.Reference{Account: below.ID, Field: "account"}) {
						t.Errorf("leading to it: %v", refs)
					}
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
