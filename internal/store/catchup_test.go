package store_test

import (
	"testing"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/store"
)

// Rows from before the migrations are given what these could not write
// themselves: the folded name, whom their values lead to, and a seal.
func TestCatchUp(t *testing.T) {
	for _, e := range mustertest.Engines(t) {
		t.Run(e.Name, func(t *testing.T) {
			d := e.New(t)
			c := mustertest.NewCommunity(t, d.Open(t), "demo")
			boss := c.Account(t, "boss", muster.Edit{Name: muster.Some("Groß")})
			below := c.Account(t, "below", muster.Edit{Values: muster.Values{"account": muster.Text("boss"), "text": muster.Text("boss")}})
			for _, query := range []string{
				`UPDATE accounts SET name_fold = '', email = username || '@Example.org', email_fold = username || '@example.org', bio = 'about ' || username`,
				`UPDATE accounts SET field_values = '{}' WHERE username = 'boss'`,
				`UPDATE accounts SET field_values = '{"account":"` + string(boss.ID) + `","text":"boss"}' WHERE username = 'below'`,
				`UPDATE changes SET before = '{}', after = '{"bio":"about"}'`, `DELETE FROM account_references`,
				`UPDATE directory SET target = '0007' WHERE kind = 'instance' AND name = 'catch_up'`,
			} {
				if _, err := d.Bare(t).ExecContext(t.Context(), query); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 {
				st := d.Open(t)
				if err := st.Reseal(t.Context(), "fingerprint"); err != nil {
					t.Fatal(err)
				}
				c.Core = core.New(st, c.Clock.Now)
				list, err := c.Core.List(t.Context(), c.Admin, core.ListQuery{Text: "GROSS", Take: 10})
				if err != nil || list.Total != 1 {
					t.Errorf("found %d, %v", list.Total, err)
				}
				v, err := c.Core.Account(t.Context(), c.Admin, muster.Ref{{By: muster.ByEmail, Value: "BELOW@example.org"}})
				if err != nil || v.Email != "below@Example.org" || v.Bio != "about below" || v.Values["text"] != muster.Text("boss") {
					t.Errorf("%+v, %v", v.Account, err)
				}
				changes, err := c.Core.History(t.Context(), c.Admin, core.HistoryQuery{Limit: 1})
				if err != nil || changes[0].After.Bio.Value != "about" {
					t.Errorf("%+v, %v", changes, err)
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
