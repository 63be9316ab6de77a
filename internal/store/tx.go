package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/muster-accounts/muster"
)

// Tx is a job's view of the database, within its transaction. It must not
// leave the function it was given to.
type Tx struct {
	store   *Store
	session *session
	group   *group
	writes  bool
	changes []recorded // to be numbered and written when the group ends
	err     error      // the first failure; nothing runs after it
}

var (
	// errLost says that the engine dropped the whole transaction.
	errLost = errors.New("the transaction was lost")
	// errCrossed says that it was lost since another process's stood in its
	// way: each of the two held what the other wanted.
	errCrossed = fmt.Errorf("%w to another one", errLost)
)

// fail remembers the first failure. A statement that failed may have taken
// the transaction with it, and what ran after it would then commit by itself;
// so nothing runs until the job's savepoint is rolled back.
func (t *Tx) fail(err error) error {
	if err != nil && t.err == nil && !errors.Is(err, sql.ErrNoRows) {
		if fate := t.store.engine.fate(t.session.conn, err); fate != nil {
			err = errors.Join(fate, err)
		}
		t.err = err
	}
	return err
}

// hold takes the row of the community that a statement is about, its first
// argument, where the engine lets several processes write at the same time.
// They so take turns in a community, and what a job has read of it stays true
// until the commit. The group knows the row from then on.
func (t *Tx) hold(args []any) error {
	if t.err != nil || !t.writes || t.store.engine.hold == "" || len(args) == 0 {
		return t.err
	}
	id, ok := args[0].(muster.CommunityID)
	if !ok {
		return nil
	}
	_, err := t.community(id)
	if muster.CodeOf(err) == muster.NotFound {
		return nil // it is about to be made, or there is nothing to change
	}
	return err
}

func (t *Tx) exec(query string, args ...any) error {
	if err := t.hold(args); err != nil {
		return err
	}
	if !storable(args) {
		return t.fail(unstorable(query))
	}
	return t.fail(t.session.exec(query, args...))
}

// row reads one row; sql.ErrNoRows where there is none.
func (t *Tx) row(query string, args []any, dest ...any) error {
	if err := t.hold(args); err != nil {
		return err
	}
	return t.one(query, args, dest...)
}

// one is row without holding anything.
func (t *Tx) one(query string, args []any, dest ...any) error {
	if t.err != nil {
		return t.err
	}
	if !storable(args) {
		return t.fail(unstorable(query))
	}
	stmt, err := t.session.stmt(query)
	if err != nil {
		return t.fail(err)
	}
	return t.fail(stmt.QueryRowContext(context.Background(), args...).Scan(dest...))
}

// rows calls each for every row.
func (t *Tx) rows(query string, args []any, each func(scan func(...any) error) error) error {
	if err := t.hold(args); err != nil {
		return err
	}
	if !storable(args) {
		if err := unstorable(query); !errors.Is(err, sql.ErrNoRows) {
			return t.fail(err)
		}
		return nil
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

// storable reports whether all texts among args are such as every engine can
// keep: valid UTF-8 without NUL.
func storable(args []any) bool {
	for _, a := range args {
		if v := reflect.ValueOf(a); v.Kind() == reflect.String {
			if s := v.String(); !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
				return false
			}
		}
	}
	return true
}

// unstorable is what a query comes to whose arguments cannot be kept: what is
// looked for is nowhere.
func unstorable(query string) error {
	if strings.HasPrefix(query, "SELECT") {
		return sql.ErrNoRows
	}
	return muster.Errorf(muster.Invalid, "", "text must be valid UTF-8 without NUL")
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
	if errors.Is(t.err, errLost) {
		return t.err
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
