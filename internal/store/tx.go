package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"
)

// Tx is a job's view of the database, within its transaction. It must not
// leave the function it was given to.
type Tx struct {
	store   *Store
	session *session
	group   *group
	changes []recorded // to be numbered and written when the group ends
	err     error      // the first failure; nothing runs after it
}

// errLost says that the engine dropped the whole transaction.
var errLost = errors.New("the transaction was lost")

// fail remembers the first failure. A statement that failed may have taken
// the transaction with it, and what ran after it would then commit by itself;
// so nothing runs until the job's savepoint is rolled back.
func (t *Tx) fail(err error) error {
	if err != nil && t.err == nil && !errors.Is(err, sql.ErrNoRows) {
		t.err = err
	}
	return err
}

func (t *Tx) exec(query string, args ...any) error {
	if t.err != nil {
		return t.err
	}
	return t.fail(t.session.exec(query, args...))
}

// row reads one row; sql.ErrNoRows where there is none.
func (t *Tx) row(query string, args []any, dest ...any) error {
	if t.err != nil {
		return t.err
	}
	stmt, err := t.session.stmt(query)
	if err != nil {
		return t.fail(err)
	}
	return t.fail(stmt.QueryRowContext(context.Background(), args...).Scan(dest...))
}

// rows calls each for every row.
func (t *Tx) rows(query string, args []any, each func(scan func(...any) error) error) error {
	if t.err != nil {
		return t.err
	}
	stmt, err := t.session.stmt(query)
	if err != nil {
		return t.fail(err)
	}
	rows, err := stmt.QueryContext(context.Background(), args...)
	if err != nil {
		return t.fail(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return t.fail(err)
		}
	}
	return t.fail(rows.Err())
}

// Sub runs fn in a savepoint of its own: where it fails, what it wrote and
// recorded is gone, and the job goes on. It gives back fn's error.
func (t *Tx) Sub(fn func() error) error {
	const name = "item"
	if err := t.exec("SAVEPOINT " + name); err != nil {
		return err
	}
	mark := len(t.changes)
	err := fn()
	if err == nil {
		err = t.err
	}
	if err == nil {
		return t.exec("RELEASE " + name)
	}
	if e := t.session.rollbackTo(name); e != nil {
		return t.fail(errors.Join(errLost, e))
	}
	t.changes, t.err = t.changes[:mark], nil
	t.group.forget()
	return err
}

// rollbackTo undoes what was written since a savepoint, and ends it. It fails
// where the engine has dropped the transaction, and the savepoint with it.
func (se *session) rollbackTo(savepoint string) error {
	if err := se.exec("ROLLBACK TO " + savepoint); err != nil {
		return err
	}
	return se.exec("RELEASE " + savepoint)
}

// micros is how times are kept.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// encode is for values whose types always can be written as JSON.
func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}
