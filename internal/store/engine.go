package store

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// engine is all in which the database engines differ.
type engine struct {
	driver       string
	goose        goose.Dialect
	begin        string // opens a transaction that will write
	beginRead    string // opens a transaction with a consistent view
	isDuplicate  func(error) bool
	maxReaders   int
	checkpointed bool // the store has to move its write-ahead log into the database itself
}

var sqliteEngine = engine{
	driver:       "sqlite",
	goose:        goose.DialectSQLite3,
	begin:        "BEGIN IMMEDIATE",
	beginRead:    "BEGIN",
	maxReaders:   8,
	checkpointed: true,
	isDuplicate: func(err error) bool {
		e, ok := errors.AsType[*sqlite.Error](err)
		return ok && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
	},
}

// sqliteDSN opens path so that a commit is on disk before it is acknowledged
// (synchronous=FULL) and other processes may use the file at the same time. A
// log that was moved into the database is cut short (journal_size_limit), so
// that its size tells how much of it is still to be moved.
func sqliteDSN(path string) string {
	pragmas := url.Values{"_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)",
		"wal_autocheckpoint(0)", fmt.Sprintf("journal_size_limit(%d)", checkpointBytes/2), "cache_size(-65536)", "temp_store(MEMORY)",
	}}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: pragmas.Encode()}).String()
}
