package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// oldestPostgres is the oldest version that the queries are tested on.
const oldestPostgres = 15

// ErrEmpty says that a database has nothing of ours in it.
var ErrEmpty = errors.New("the database is empty")

// postgresEngine lets several processes write. Each statement of a writer sees
// what others have committed (READ COMMITTED), and a writer holds the rows of
// the communities that it writes in, so that nobody commits there meanwhile.
var postgresEngine = engine{
	goose: goose.DialectPostgres,
	// Synchronous whatever the role or the database says. A process that is
	// stopped or cut off must not hold rows for ever, nor others wait for it.
	setUp: `SET synchronous_commit = on; SET lock_timeout = '10s'; SET statement_timeout = '60s';
		SET idle_in_transaction_session_timeout = '30s'`,
	begin:       "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
	beginRead:   "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
	hold:        " FOR UPDATE",
	maxReaders:  8,
	isDuplicate: func(err error) bool { return sqlState(err) == "23505" },
	fate:        postgresFate,
	hangUp: func(driverConn any) {
		if c, ok := driverConn.(*stdlib.Conn); ok {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			_ = c.Conn().Close(ctx)
		}
	},
	exclusively: postgresExclusively,
	settle:      collate,
}

// OpenPostgres opens a PostgreSQL database by its URL, postgres://..., and
// brings the schema up to date. Where nothing of ours is in it that is
// ErrEmpty, unless begin is set. Errors never tell the URL's password.
func OpenPostgres(ctx context.Context, url string, begin bool) (*Store, error) {
	if !strings.HasPrefix(url, "postgres://") && !strings.HasPrefix(url, "postgresql://") {
		return nil, errors.New("a database is named by a URL: postgres://USER@HOST/NAME")
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the URL of the database cannot be read; it has the form postgres://USER@HOST:PORT/NAME?sslmode=verify-full")
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "muster"
	}
	db := stdlib.OpenDB(*config)
	err = suits(ctx, db, begin)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s, err := open(ctx, postgresEngine, db, "")
	if err != nil {
		return nil, fmt.Errorf("opening the database %s: %w", config.Database, err)
	}
	return s.start(ctx)
}

// suits refuses a server that is too old, a database that cannot hold all
// text, and, unless something is to begin here, one that has nothing of ours.
func suits(ctx context.Context, db *sql.DB, begin bool) error {
	var version int
	var encoding string
	var ours bool
	err := db.QueryRowContext(ctx, `SELECT CAST(current_setting('server_version_num') AS INTEGER) / 10000, current_setting('server_encoding'),
		to_regclass('communities') IS NOT NULL`).
		Scan(&version, &encoding, &ours)
	switch {
	case err != nil:
		return fmt.Errorf("connecting to the database: %w", err)
	case version < oldestPostgres:
		return fmt.Errorf("the database is PostgreSQL %d; %d or newer is needed", version, oldestPostgres)
	case encoding != "UTF8":
		return fmt.Errorf("the database has the encoding %s; UTF8 is needed", encoding)
	case !ours && !begin:
		return ErrEmpty
	}
	return nil
}

// sqlState is the five characters by which PostgreSQL names an error.
func sqlState(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// postgresFate tells errors of a statement, after which its savepoint can be
// rolled back, from the end of the transaction or of the connection.
func postgresFate(conn *sql.Conn, err error) error {
	state := sqlState(err)
	if strings.HasPrefix(state, "40") { // deadlock, serialization
		return errCrossed
	}
	if state == "" { // nothing that the server said: is it still there?
		open := false
		e := conn.Raw(func(c any) error {
			p, ok := c.(*stdlib.Conn)
			open = ok && !p.Conn().IsClosed()
			return nil
		})
		if e != nil || !open {
			return errLost
		}
		return nil
	}
	for _, class := range []string{
		"08", "25", // connection, transaction state: also where a standby was met
		"53", "57", "58", "XX", // resources, an operator, the system, the server itself
		"55P03", "0A000", // a row was not to be had in time; a statement was prepared for an older schema
	} {
		if strings.HasPrefix(state, class) {
			return errLost
		}
	}
	return nil
}

// postgresExclusively holds an advisory lock for as long as fn runs, or the
// connection lives. Its number stands for the schema, as a database may have
// several.
func postgresExclusively(ctx context.Context, db *sql.DB, fn func() error) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connecting to the database: %w", err)
	}
	defer func() { _ = conn.Close() }()
	const number = `hashtextextended('muster in ' || current_schema(), 0)`
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock(`+number+`)`); err != nil {
		return fmt.Errorf("waiting for another server to begin: %w", err)
	}
	defer func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock(`+number+`)`)
	}()
	return fn()
}

// collate gives every text column of our tables, which all have a community,
// the collation "C": text is then ordered by its bytes as in SQLite, whatever
// the database's own order is. Migrations cannot say so, since SQLite knows no
// collation of that name.
func collate(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, `SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = CAST(current_schema() AS regnamespace) AND c.relkind = 'r'
		AND a.attcollation = CAST('pg_catalog.default' AS regcollation) AND NOT a.attisdropped
		AND EXISTS (SELECT 1 FROM pg_attribute o WHERE o.attrelid = c.oid AND o.attname = 'community_id')`)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	alter := map[string][]string{}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return err
		}
		table = pgx.Identifier{table}.Sanitize()
		alter[table] = append(alter[table], `ALTER COLUMN `+pgx.Identifier{column}.Sanitize()+` TYPE TEXT COLLATE "C"`)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for table, columns := range alter {
		if _, err := db.ExecContext(ctx, `ALTER TABLE `+table+` `+strings.Join(columns, ", ")); err != nil {
			return fmt.Errorf("collating %s: %w", table, err)
		}
	}
	return nil
}
