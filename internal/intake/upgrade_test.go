package intake

import (
	"database/sql"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
)

// sealedSince is the schema from which on what is personal is kept sealed (the
// store's own tests upgrade one of before), and erasedSince that which knows
// who was erased.
const sealedSince, erasedSince = 7, 10

// Every earlier schema, with all that a community could hold in it, comes to
// the present one by the migrations: no row is lost or changed, the history
// still makes the accounts, and the community can leave again.
func TestUpgradeKeepsEveryRow(t *testing.T) {
	for _, e := range mustertest.Engines(t) {
		source := e.New(t)
		fullIn(t, source.Open(t))
		rows := source.Bare(t)
		latest := stepsOf(t, e.New(t)).ListSources()
		for _, step := range latest[:len(latest)-1] {
			if step.Version < sealedSince {
				continue
			}
			t.Run(fmt.Sprintf("%s from %d", e.Name, step.Version), func(t *testing.T) {
				d := e.New(t)
				if _, err := stepsOf(t, d).UpTo(t.Context(), step.Version); err != nil {
					t.Fatal(err)
				}
				old := d.Bare(t)
				was := map[string][]string{}
				columns := columnsOf(t, old)
				delete(columns, "goose_db_version")
				for _, table := range slices.Sorted(maps.Keys(columns)) {
					copyRows(t, rows, old, table, columns[table])
					was[table], _ = rowsOf(t, old, table, columns[table])
				}
				c := core.New(d.Open(t), mustertest.NewClock().Now)
				mustertest.BindSecret(t, c)
				now := d.Bare(t) // the other connection goes by the schema of before
				for _, table := range slices.Sorted(maps.Keys(columns)) {
					is, _ := rowsOf(t, now, table, columns[table])
					if d := cmp.Diff(was[table], is); d != "" {
						t.Errorf("%s (-before +after)\n%s", table, d)
					}
				}
				if len(was["accounts"]) != 4 || len(was["changes"]) == 0 {
					t.Fatalf("%d accounts and %d changes were there", len(was["accounts"]), len(was["changes"]))
				}
				v, err := c.Verify(t.Context(), "c", func(f core.Finding) {
					if f.Account != gil || step.Version >= erasedSince {
						t.Errorf("%+v", f)
					}
				})
				if err != nil || v.Accounts+v.Erased != 4 {
					t.Errorf("%+v, %v", v, err)
				}
				if file := exported(t, c, "c", core.ExportOptions{Hashes: true}); len(file) == 0 {
					t.Error("nothing was exported")
				}
			})
		}
	}
}

// stepsOf are the migrations of a database that nobody has opened yet.
func stepsOf(t *testing.T, d mustertest.Database) *goose.Provider {
	t.Helper()
	dialect := goose.DialectSQLite3
	if d.URL != "" {
		dialect = goose.DialectPostgres
	}
	p, err := goose.NewProvider(dialect, d.Bare(t), os.DirFS("../store/migrations"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// copyRows copies what two tables have in common.
func copyRows(t *testing.T, from, to *sql.DB, table string, columns []string) {
	t.Helper()
	if _, err := to.ExecContext(t.Context(), `DELETE FROM `+table); err != nil { // which migrations have put there
		t.Fatal(err)
	}
	rows, err := from.QueryContext(t.Context(), `SELECT `+names(columns)+` FROM `+table)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	places := make([]string, len(columns))
	for i := range places {
		places[i] = fmt.Sprintf("$%d", i+1)
	}
	for rows.Next() {
		cells, dest := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			dest[i] = &cells[i]
		}
		if err := rows.Scan(dest...); err != nil {
			t.Fatal(err)
		}
		if _, err := to.ExecContext(t.Context(), `INSERT INTO `+table+` (`+names(columns)+`) VALUES (`+strings.Join(places, ", ")+`)`, cells...); err != nil {
			t.Fatal(table, err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
