package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"time"
)

// session is one connection with its prepared statements. Its statements run
// under a context that nobody cancels: a cancelled statement would roll back
// the whole transaction, neighbours' work included.
type session struct {
	conn   *sql.Conn
	engine *engine
	stmts  map[string]*sql.Stmt
}

// prepared, where tests set it, is told every query that is prepared.
var prepared func(query string)

func (s *Store) newSession() (*session, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connecting to the database: %w", err)
	}
	se := &session{conn: conn, engine: &s.engine, stmts: map[string]*sql.Stmt{}}
	if s.engine.setUp != "" {
		if _, err := conn.ExecContext(ctx, s.engine.setUp); err != nil {
			se.close()
			return nil, fmt.Errorf("setting up a connection: %w", err)
		}
	}
	return se, nil
}

// close ends the connection rather than give it back to the pool: a
// transaction may be open on it.
func (se *session) close() {
	_ = se.conn.Raw(func(driverConn any) error { se.engine.hangUp(driverConn); return nil })
	for _, stmt := range se.stmts {
		_ = stmt.Close() // the connection goes with it
	}
	_ = se.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = se.conn.Close()
}

// stmt prepares a query once; close closes it.
func (se *session) stmt(query string) (*sql.Stmt, error) {
	if stmt, ok := se.stmts[query]; ok {
		return stmt, nil
	}
	stmt, err := se.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, fmt.Errorf("preparing %q: %w", query, err)
	}
	if prepared != nil {
		prepared(query)
	}
	se.stmts[query] = stmt
	return stmt, nil
}

func (se *session) exec(query string, args ...any) error {
	stmt, err := se.stmt(query)
	if err == nil {
		_, err = stmt.ExecContext(context.Background(), args...)
	}
	return err
}
