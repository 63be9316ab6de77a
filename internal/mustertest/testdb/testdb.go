// Package testdb gives tests empty databases of every engine. It knows nothing
// of the store, so that the store's own tests can use it; all others have
// mustertest, which opens them.
//
// PostgreSQL is where MUSTER_TEST_POSTGRES says, as a URL; scripts/postgres
// runs a command with a server of its own there, and `make test` uses that.
// Without it continuous integration fails, and elsewhere one line says that
// PostgreSQL is left out.
package testdb

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver
)

// The names of the engines.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// Variable is where the tests' PostgreSQL server is named.
const Variable = "MUSTER_TEST_POSTGRES"

// Database is an empty database, and a folder for what is kept beside it.
type Database struct {
	Engine string
	Dir    string // holds the embedded database as well
	URL    string // of PostgreSQL; nothing for the embedded one
}

// Flags are what the program is told to use the database.
func (d Database) Flags() []string {
	flags := []string{"--data", d.Dir}
	if d.URL != "" {
		flags = append(flags, "--database", d.URL)
	}
	return flags
}

// Engines are the engines that there are: each of them, but where there is no
// PostgreSQL.
func Engines(t testing.TB) []string {
	t.Helper()
	switch {
	case os.Getenv(Variable) != "":
		return []string{SQLite, Postgres}
	case os.Getenv("CI") != "":
		t.Fatalf("%s is not set: run make test, or scripts/postgres go test", Variable)
	}
	say()
	return []string{SQLite}
}

// say tells whoever is there that PostgreSQL is left out: on the terminal,
// since `go test ./...` shows nothing of a package that passes.
var say = sync.OnceFunc(func() {
	out, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0)
	if err != nil {
		out = os.Stderr
	} else {
		defer func() { _ = out.Close() }()
	}
	_, _ = fmt.Fprintf(out, "%s: NOT TESTED ON POSTGRESQL, as %s is not set: run make test, or scripts/postgres go test ...\n", os.Args[0], Variable)
})

// New makes an empty database, which is gone when the test has ended.
func New(t testing.TB, engine string) Database {
	t.Helper()
	d := Database{Engine: engine, Dir: t.TempDir()}
	if engine == Postgres {
		d.URL = schema(t)
	}
	return d
}

// schema makes a schema of its own in the server's database: that is quicker
// than a database, and no less of one to whoever is led to it.
func schema(t testing.TB) string {
	t.Helper()
	server, err := url.Parse(os.Getenv(Variable))
	if err != nil {
		t.Fatal(err)
	}
	name := "test_" + strings.ToLower(rand.Text())
	admin := Admin(t)
	run := func(query string) {
		t.Helper()
		if _, err := admin.ExecContext(context.Background(), query); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	run("CREATE SCHEMA " + name)
	t.Cleanup(func() { run("DROP SCHEMA " + name + " CASCADE") })
	query := server.Query()
	query.Set("search_path", name)
	query.Set("application_name", name)
	server.RawQuery = query.Encode()
	return server.String()
}

// Admin is the server itself, for what a test does behind the store's back.
func Admin(t testing.TB) *sql.DB {
	t.Helper()
	db, err := admin()
	if err != nil {
		t.Fatal(err)
	}
	return db
}

var admin = sync.OnceValues(func() (*sql.DB, error) {
	db, err := sql.Open("pgx", os.Getenv(Variable))
	if err == nil {
		db.SetMaxOpenConns(4)
	}
	return db, err
})
