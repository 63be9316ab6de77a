package mustertest

import (
	"database/sql"
	"path/filepath"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the drivers, by name
	_ "modernc.org/sqlite"

	"github.com/muster-accounts/muster/internal/mustertest/testdb"
	"github.com/muster-accounts/muster/internal/store"
)

// Engine is a database engine that tests are run on.
type Engine struct{ Name string }

// Engines are the engines that there are, for tests that need more than Each
// gives: several stores on one database, or a whole world.
//
//	for _, e := range mustertest.Engines(t) {
//		t.Run(e.Name, func(t *testing.T) {
//			db := e.New(t)
//			one, other := db.Open(t), db.Open(t) // as two processes would
//		})
//	}
func Engines(t testing.TB) (list []Engine) {
	t.Helper()
	for _, name := range testdb.Engines(t) {
		list = append(list, Engine{name})
	}
	return list
}

// Database is an empty database of an engine.
type Database struct{ testdb.Database }

// New makes an empty database, which is gone when the test has ended.
func (e Engine) New(t testing.TB) Database {
	t.Helper()
	return Database{testdb.New(t, e.Name)}
}

// Open opens a store on the database, and closes it when the test ends.
func (d Database) Open(t testing.TB) *store.Store {
	t.Helper()
	if d.URL == "" {
		return Open(t, d.Dir)
	}
	st, err := store.OpenPostgres(t.Context(), d.URL, true)
	return closing(t, st, d.Dir, err)
}

// Bare opens the database itself, for tests that look into it behind the
// store's back, and closes it when the test ends.
func (d Database) Bare(t testing.TB) *sql.DB {
	t.Helper()
	driver, source := "sqlite", filepath.Join(d.Dir, store.File)+"?_pragma=busy_timeout(10000)" // the store's own checkpoint may be at it
	if d.URL != "" {
		driver, source = "pgx", d.URL
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// Dump is all that a PostgreSQL database holds, as text.
func (d Database) Dump(t testing.TB) (dump []byte) {
	t.Helper()
	db := d.Bare(t)
	names, err := db.QueryContext(t.Context(), `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = names.Close() }()
	var tables []string
	for names.Next() {
		var name string
		if err := names.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if err := names.Err(); err != nil || len(tables) == 0 {
		t.Fatal("no tables", err)
	}
	for _, name := range tables {
		var all string
		err := db.QueryRowContext(t.Context(), `SELECT COALESCE(string_agg(r::text, ' '), '') FROM "`+name+`" r`).Scan(&all)
		if err != nil {
			t.Fatal(err)
		}
		dump = append(dump, all...)
	}
	return dump
}

// Each runs test once for every engine, each time on an empty store.
func Each(t *testing.T, test func(t *testing.T, st *store.Store)) {
	t.Helper()
	for _, e := range Engines(t) {
		t.Run(e.Name, func(t *testing.T) {
			t.Helper()
			test(t, e.New(t).Open(t))
		})
	}
}

// Open opens the embedded store of a folder, and closes it when the test ends.
func Open(t testing.TB, dir string) *store.Store {
	t.Helper()
	st, err := store.Open(t.Context(), dir)
	return closing(t, st, dir, err)
}

func closing(t testing.TB, st *store.Store, dir string, err error) *store.Store {
	t.Helper()
	if err == nil {
		err = unseal(st, dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	return st
}
