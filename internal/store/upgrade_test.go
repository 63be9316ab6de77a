package store_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/store"
)

const oldAccount muster.AccountID = "00000000-0000-4000-8000-000000000007"

// oldFolder has a database as the version before sealing left it: at schema 6,
// with an account, a field and a change, as they were kept then.
func oldFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	db := bareFile(t, filepath.Join(dir, store.File))
	p, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("migrations"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), 6); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{
		`INSERT INTO communities VALUES ('c', '00000000-0000-4000-8000-00000000000c', 'C', '{"dialects":["sonoran"],"limits":"own"}', 1, 8, 2, 1)`,
		`INSERT INTO directory VALUES ('uuid', '00000000-0000-4000-8000-00000000000c', 'c', '')`,
		`INSERT INTO fields VALUES ('c', 'motto', 'motto', 1, '{"id":"motto","key":"motto","label":"Motto","type":"text","scope":"profile"}')`,
		`INSERT INTO accounts (community_id, account_id, number, custom_number, username, username_fold, email, email_fold, name, bio, language,
			field_values, joined, active, archived, ban, sign_in, joined_at, last_login, created_at, updated_at, deleted_at, rev)
			VALUES ('c', '` + string(oldAccount) + `', 7, FALSE, 'Zoë', 'zoë', 'zoe@example.org', 'zoe@example.org', 'Zoë', 'Likes cloth', '',
			'{"motto":"onward"}', TRUE, FALSE, FALSE, '', 'inactive', 1, 0, 1, 1, 0, 1)`,
		`INSERT INTO changes VALUES ('c', 1, 1, 'create', '` + string(oldAccount) + `', '', '', '', 'command', '', '', 0, '{}', '{"username":"Zoë"}')`,
	} {
		if _, err := db.ExecContext(t.Context(), query); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func bareFile(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func copies(t *testing.T, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*.before-*"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// A database of an earlier version is copied, then upgraded, and all that is
// in it can be read.
func TestUpgradeOfAnOlderDatabase(t *testing.T) {
	dir := oldFolder(t)
	for range 2 { // the second has nothing to upgrade, and copies nothing
		st, err := store.Open(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		mustertest.Unseal(t, st)
		if err := st.Reseal(t.Context(), "fingerprint"); err != nil {
			t.Fatal(err)
		}
		a, err := readAccount(t, st, "c", oldAccount)
		if err != nil || a.Email != "zoe@example.org" || a.Bio != "Likes cloth" || a.Values["motto"] != muster.Text("onward") {
			t.Errorf("%+v, %v", a, err)
		}
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
		list := copies(t, dir)
		if len(list) != 1 || filepath.Base(list[0]) != "muster.db.before-0007" {
			t.Fatalf("copies: %v", list)
		}
		if info, err := os.Stat(list[0]); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the copy: %v, %v", info.Mode(), err)
		}
	}
	var bio string
	kept := bareFile(t, copies(t, dir)[0])
	if err := kept.QueryRowContext(t.Context(), `SELECT bio FROM accounts`).Scan(&bio); err != nil || bio != "Likes cloth" {
		t.Errorf("the copy has %q, %v", bio, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestNewDatabaseIsNotCopied(t *testing.T) {
	dir := t.TempDir()
	mustertest.Open(t, dir)
	if list := copies(t, dir); len(list) > 0 {
		t.Errorf("copies: %v", list)
	}
}

// A program that does not know the schema leaves it alone, and tells the way
// back: the copy that it can read, not a later one.
func TestNewerSchemaIsRefused(t *testing.T) {
	for _, e := range mustertest.Engines(t) {
		t.Run(e.Name, func(t *testing.T) {
			d := e.New(t)
			d.Open(t)
			want := "restore the dump"
			if d.URL == "" {
				want = "put the copy " + filepath.Join(d.Dir, "muster.db.before-9998")
				fit, err := os.ReadFile(filepath.Join(oldFolder(t), store.File))
				if err == nil {
					err = os.WriteFile(filepath.Join(d.Dir, "muster.db.before-9998"), fit, 0o600)
				}
				if err == nil { // of a step between, this one knows it no better
					err = os.WriteFile(filepath.Join(d.Dir, "muster.db.before-9999"), []byte("no database"), 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if _, err := d.Bare(t).ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)`); err != nil {
				t.Fatal(err)
			}
			open := store.Open
			from := d.Dir
			if d.URL != "" {
				from = d.URL
				open = openPostgres
			}
			st, err := open(t.Context(), from)
			if err == nil {
				_ = st.Close()
				t.Fatal("it was opened")
			}
			if !strings.Contains(err.Error(), "newer muster (to schema 9999") || !strings.Contains(err.Error(), want) {
				t.Error(err)
			}
		})
	}
}

func openPostgres(ctx context.Context, url string) (*store.Store, error) {
	return store.OpenPostgres(ctx, url, true)
}

// Several processes may upgrade one file at once: the copy of before is whole,
// whoever's it is.
func TestUpgradeAtOnce(t *testing.T) {
	dir := oldFolder(t)
	results := make(chan error)
	for range 3 {
		go func() {
			st, err := store.Open(t.Context(), dir)
			if err == nil {
				err = st.Close()
			}
			results <- err
		}()
	}
	for range 3 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	var version int64
	kept := bareFile(t, filepath.Join(dir, "muster.db.before-0007"))
	if err := kept.QueryRowContext(t.Context(), `SELECT MAX(version_id) FROM goose_db_version`).Scan(&version); err != nil || version != 6 {
		t.Errorf("the copy is of %d, %v", version, err)
	}
}
