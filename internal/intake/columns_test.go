package intake

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/seal"
	"github.com/muster-accounts/muster/internal/store"
)

// leftOut are the tables and columns that do not go along with a community,
// each with the reason. docs/upgrade-and-backup.md says the same to people.
var leftOut = map[string]string{
	"goose_db_version": "the schema's, and no community's",

	"outbox":            "on its way: nobody is told twice",
	"deliveries":        "on its way, or has arrived: what was told before is in the history",
	"delivery_attempts": "goes with the deliveries",
	"delivery_claims":   "which process delivers now",
	"mails":             "on its way, or was sent; its links lead to where the community was",
	"links":             "goes with the mails, and holds for days at most",
	"replies":           "answers kept for a day for clients of the server that gave them",

	"communities.catalogue_rev": "counts for caches when the catalogue was changed",
	"fields.position":           "the records' order says it",
	"definitions.position":      "the records' order says it",
}

// Whatever the database keeps of a community comes out of it and into another,
// but for what is left out with a reason: each column of each table, so that
// one that is added cannot be forgotten.
func TestEveryColumnGoesAlong(t *testing.T) {
	for _, e := range mustertest.Engines(t) {
		t.Run(e.Name, func(t *testing.T) {
			from, to := e.New(t), e.New(t)
			st := from.Open(t)
			full := fullIn(t, st)
			forgetful(t, st, full)
			file := exported(t, full, "c", everything)
			c := core.New(to.Open(t), mustertest.NewClock().Now)
			mustertest.BindSecret(t, c)
			if _, err := Import(t.Context(), c, core.ImportOptions{}, bytes.NewReader(file)); err != nil {
				t.Fatal(err)
			}
			source, target := from.Bare(t), to.Bare(t)
			all := columnsOf(t, source)
			for name := range leftOut {
				table, column, _ := strings.Cut(name, ".")
				if all[table] == nil || column != "" && !slices.Contains(all[table], column) {
					t.Errorf("there is no %s to be left out", name)
				}
			}
			for _, table := range slices.Sorted(maps.Keys(all)) {
				if leftOut[table] != "" {
					continue
				}
				columns := slices.DeleteFunc(all[table], func(column string) bool { return leftOut[table+"."+column] != "" })
				was, seen := rowsOf(t, source, table, columns)
				is, _ := rowsOf(t, target, table, columns)
				if d := cmp.Diff(was, is); d != "" {
					t.Errorf("%s (-exported +imported)\n%s", table, d)
				}
				for _, column := range columns {
					if !seen[column] {
						t.Errorf("%s.%s: the community of this test has nothing there, so nobody knows whether it goes along", table, column)
					}
				}
			}
		})
	}
}

// forgetful has the community forget its history, and then do what leaves
// something in each column of it.
func forgetful(t *testing.T, st *store.Store, c *core.Core) {
	t.Helper()
	ctx, by := t.Context(), muster.Operator("c")
	_, e1 := c.UpdateCommunity(ctx, by, func(c *muster.Community) { c.Settings.HistoryDays = 1 })
	more, e2 := c.SendEvents(ctx, "c")
	e3 := core.New(st, func() time.Time { return mustertest.Start.Add(48 * time.Hour) }).ForgetHistory(ctx)
	by.Key, by.Account, by.RequestID = "k", ada, "req"
	both := []core.Target{{Ref: muster.RefID(ada), Edit: muster.Edit{Bio: muster.Some("then")}}, {Ref: muster.RefID(bob), Edit: muster.Edit{Bio: muster.Some("then")}}}
	edited, e4 := c.Change(ctx, by, both, core.Options{Atomic: true})
	if err := errors.Join(e1, e2, e3, e4); err != nil || more {
		t.Fatal(more, err)
	}
	if _, err := c.Undo(ctx, by, edited[0].Seq, core.UndoOptions{}); err != nil {
		t.Fatal(err)
	}
}

// columnsOf are the tables of a database, and their columns.
func columnsOf(t *testing.T, db *sql.DB) map[string][]string {
	t.Helper()
	query := `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position`
	if _, err := db.ExecContext(t.Context(), `SELECT 1 FROM sqlite_master`); err == nil {
		query = `SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, p.cid`
	}
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	all := map[string][]string{}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			t.Fatal(err)
		}
		all[table] = append(all[table], column)
	}
	if err := rows.Err(); err != nil || len(all) < 10 {
		t.Fatal(all, err)
	}
	return all
}

// names are columns as a statement lists them.
func names(columns []string) string { return `"` + strings.Join(columns, `", "`) + `"` }

// rowsOf are what a table has of the community, each row as text, in order;
// and the columns that hold something. What is sealed is never sealed the same
// twice, and shown as that it is: what it says the files compare.
func rowsOf(t *testing.T, db *sql.DB, table string, columns []string) (list []string, seen map[string]bool) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT `+names(columns)+` FROM `+table+` WHERE community_id = 'c'`)
	if err != nil {
		t.Fatal(table, err)
	}
	defer func() { _ = rows.Close() }()
	seen = map[string]bool{}
	for rows.Next() {
		cells, dest := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			dest[i] = &cells[i]
		}
		if err := rows.Scan(dest...); err != nil {
			t.Fatal(table, err)
		}
		var row strings.Builder
		for i, column := range columns {
			if b, ok := cells[i].([]byte); ok {
				cells[i] = string(b)
			}
			text := fmt.Sprint(cells[i])
			if seal.IsSealed(text) {
				text = "sealed"
			}
			seen[column] = seen[column] || !slices.Contains([]string{"", "0", "false", "null", "[]", "{}", "<nil>"}, text)
			fmt.Fprintf(&row, "%s: %s\n", column, text)
		}
		list = append(list, row.String())
	}
	if err := rows.Err(); err != nil {
		t.Fatal(table, err)
	}
	slices.Sort(list)
	return list, seen
}
