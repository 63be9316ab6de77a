package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// engine is all in which the database engines differ.
type engine struct {
	goose        goose.Dialect
	setUp        string // what a session begins with, if anything
	begin        string // opens a transaction that will write
	beginRead    string // opens a transaction with a consistent view
	hold         string // ends the query for a row that nobody else may change until the transaction ends
	maxReaders   int
	checkpointed bool // the store has to move its write-ahead log into the database itself

	isDuplicate func(error) bool
	// fate is what an error of a statement means for the transaction:
	// errLost, errCrossed, or nil where its savepoint can be rolled back.
	fate func(*sql.Conn, error) error
	// hangUp cuts a connection before its statements are closed one by one.
	hangUp func(driverConn any)
	// exclusively runs fn while no other process runs such a function on the
	// database.
	exclusively func(ctx context.Context, db *sql.DB, fn func() error) error
	// settle does to the schema what migrations in common cannot.
	settle func(context.Context, *sql.DB) error
}

var sqliteEngine = engine{
	goose:        goose.DialectSQLite3,
	begin:        "BEGIN IMMEDIATE",
	beginRead:    "BEGIN",
	maxReaders:   8,
	checkpointed: true,
	isDuplicate: func(err error) bool {
		e, ok := errors.AsType[*sqlite.Error](err)
		return ok && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
	},
	fate:        func(*sql.Conn, error) error { return nil }, // the rollback of the savepoint will tell
	hangUp:      func(any) {},
	exclusively: func(_ context.Context, _ *sql.DB, fn func() error) error { return fn() }, // a folder has one server
	settle:      func(context.Context, *sql.DB) error { return nil },
}

// sqliteDSN opens path so that a commit is on disk before it is acknowledged
// (synchronous=FULL) and other processes may use the file at the same time. A
// log that was moved into the database is cut short (journal_size_limit), so
// that its size tells how much of it is still to be moved. What is deleted leaves
// nothing in the file (secure_delete). A connection's page cache is of 16 MiB:
// full, it takes twice that of memory, and there are nine of them; the system
// caches the file as well.
func sqliteDSN(path string) string {
	pragmas := url.Values{"_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)",
		"wal_autocheckpoint(0)", fmt.Sprintf("journal_size_limit(%d)", checkpointBytes/2), "cache_size(-16384)", "temp_store(MEMORY)", "secure_delete(ON)",
	}}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: pragmas.Encode()}).String()
}
