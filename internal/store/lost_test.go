package store

import (
	"errors"
	"strings"
	"testing"

	"github.com/muster-accounts/muster"
)

// ways in which a job loses the transaction of its whole group. The first are
// SQLite's own doing: OR ROLLBACK is what it does by itself when it is
// interrupted, or runs out of disk or memory.
var ways = map[string]func(t *Tx) error{
	"a statement": func(t *Tx) error { return t.exec(orRollback, demo) },
	"a statement, and the error is passed over": func(t *Tx) error { _ = t.exec(orRollback, demo); return nil },
	"a query of one row": func(t *Tx) error {
		var id string
		return t.row(orRollback+` RETURNING community_id`, []any{demo}, &id)
	},
	"a query of many rows": func(t *Tx) error {
		return t.rows(orRollback+` RETURNING community_id`, []any{demo}, func(func(...any) error) error { return nil })
	},
	"within an item": func(t *Tx) error {
		_ = t.Sub(func() error { return t.exec(orRollback, demo) })
		return nil
	},
	"within an item that panics": func(t *Tx) error {
		return t.Sub(func() error { panic(t.exec(orRollback, demo)) })
	},
	"behind the writer's back":                func(t *Tx) error { return t.session.exec("ROLLBACK") },
	"behind the writer's back, with an error": func(t *Tx) error { return errors.Join(t.session.exec("ROLLBACK"), errMine) },
	"behind the writer's back, within an item": func(t *Tx) error {
		_ = t.Sub(func() error { return errors.Join(t.session.exec("ROLLBACK"), errMine) })
		return nil
	},
}

const orRollback = `INSERT OR ROLLBACK INTO communities (community_id, uuid, name, settings, seq, next_number, catalogue_rev, created_at)
	VALUES ($1, '', '', '', 0, 0, 0, 0)`

// What was done before the loss, or is tried after it, must neither be lost
// nor commit by itself: the group is run again as a whole.
func TestLostTransactionIsRunAgain(t *testing.T) {
	for name, lose := range ways {
		t.Run(name, func(t *testing.T) {
			s := openDemo(t)
			var runs [4]int
			counted := func(n int) *job {
				return &job{fn: func(t *Tx) error { runs[n]++; return add(t, n) }}
			}
			loser := &job{fn: func(t *Tx) error {
				if runs[2]++; runs[2] > 1 {
					return add(t, 2)
				}
				err := errors.Join(add(t, 100), lose(t))
				if t.err != nil { // else the loss is not to be seen by anybody yet
					_ = add(t, 101)
					_ = t.Sub(func() error { return add(t, 102) })
				}
				return err
			}}
			errs := inOneGroup(t, s, counted(1), loser, counted(3))
			wantErrs(t, errs, "", "", "")
			if runs != [4]int{0, 2, 2, 1} {
				t.Errorf("the jobs ran %v times", runs[1:])
			}
			wantNumbers(t, s, 1, 2, 3)
		})
	}
}

// A job may go on after an item that failed; not after one that took the
// transaction along, though no statement of its own has failed.
func TestNothingRunsAfterALostItem(t *testing.T) {
	s := openDemo(t)
	runs := 0
	errs := inOneGroup(t, s, adds(1), &job{fn: func(t *Tx) error {
		if runs++; runs > 1 {
			return add(t, 2)
		}
		_ = t.Sub(func() error { return errors.Join(t.session.exec("ROLLBACK"), errMine) })
		return errors.Join(add(t, 100), t.Sub(func() error { return add(t, 101) }))
	}})
	wantErrs(t, errs, "", "")
	wantNumbers(t, s, 1, 2)
}

func TestTransactionLostEachTime(t *testing.T) {
	for name, lose := range ways {
		t.Run(name, func(t *testing.T) {
			s := openDemo(t)
			errs := inOneGroup(t, s,
				adds(1),
				&job{fn: func(*Tx) error { return errMine }},
				&job{fn: func(t *Tx) error { return errors.Join(add(t, 2), lose(t)) }},
				adds(3),
			)
			for i, err := range errs {
				if muster.CodeOf(err) != muster.Unavailable {
					t.Errorf("job %d: got %v, want Unavailable", i, err)
				}
			}
			wantNumbers(t, s)
			mustWrite(t, s, func(t *Tx) error { return add(t, 4) })
			wantNumbers(t, s, 4)
		})
	}
}

// A disk that is full while jobs write, and while changes are numbered.
func TestFullDisk(t *testing.T) {
	s, ctx := openDemo(t), t.Context()
	pages := func(t *Tx, most string) error {
		var n int64
		return t.session.conn.QueryRowContext(ctx, "PRAGMA max_page_count = "+most).Scan(&n)
	}
	fill := func(t *Tx) error {
		return t.exec(`INSERT INTO directory (kind, name, community_id, target) VALUES ('big', $1, '', $2)`, "n", strings.Repeat("x", 1<<20))
	}
	jobs := []*job{{fn: func(t *Tx) error { return errors.Join(add(t, 1), pages(t, "1")) }}} // no page more than there are
	for n := 2; n < 100; n++ {
		jobs = append(jobs, adds(n))
	}
	jobs = append(jobs, &job{fn: fill})
	errs := inOneGroup(t, s, jobs...)
	var want []int
	failed := 0
	for i, err := range errs {
		if err != nil {
			failed++
		} else {
			want = append(want, i+1)
		}
	}
	if failed == 0 {
		t.Fatal("the disk was not full")
	}
	wantNumbers(t, s, want...)
	mustWrite(t, s, func(t *Tx) error { return pages(t, "1000000") })
	mustWrite(t, s, func(t *Tx) error { return errors.Join(fill(t), add(t, 200)) })
	wantNumbers(t, s, append(want, 200)...)
}

// A change that cannot be numbered takes its group with it, and nobody is
// told that anything is kept.
func TestNumberingThatFails(t *testing.T) { eachDemo(t, testNumberingThatFails) }

func testNumberingThatFails(t *testing.T, s *Store) {
	t.Helper()
	// The number that comes next is there already.
	mustWrite(t, s, func(t *Tx) error {
		return t.exec(`INSERT INTO outbox (community_id, seq) VALUES ($1, 2)`, demo)
	})
	errs := inOneGroup(t, s, adds(1), adds(2))
	for i, err := range errs {
		if muster.CodeOf(err) != muster.Unavailable {
			t.Errorf("job %d: got %v, want Unavailable", i, err)
		}
	}
	mustWrite(t, s, func(t *Tx) error { return t.exec(`DELETE FROM outbox`) })
	wantNumbers(t, s)
}

// Nobody can know whether a failed commit counts, so nothing is run again and
// nobody is told that it is done.
func TestCommitThatFails(t *testing.T) { eachDemo(t, testCommitThatFails) }

func testCommitThatFails(t *testing.T, s *Store) {
	t.Helper()
	statements := []string{
		"CREATE TABLE parent (id INTEGER PRIMARY KEY)",
		"CREATE TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)",
	}
	if s.engine.hold == "" { // SQLite's foreign keys are switched on outside of a transaction only
		statements = append([]string{"COMMIT", "PRAGMA foreign_keys = ON", "BEGIN IMMEDIATE", "SAVEPOINT job"}, statements...)
	}
	mustWrite(t, s, func(t *Tx) (err error) {
		for _, q := range statements {
			err = errors.Join(err, t.session.exec(q))
		}
		return err
	})
	runs := 0
	errs := inOneGroup(t, s, adds(1), &job{fn: func(t *Tx) error {
		runs++
		return t.exec("INSERT INTO child VALUES (1)") // to no parent, which the commit will see
	}})
	for i, err := range errs {
		if muster.CodeOf(err) != muster.Unavailable {
			t.Errorf("job %d: got %v, want Unavailable", i, err)
		}
	}
	if runs != 1 {
		t.Errorf("the job ran %d times", runs)
	}
	wantNumbers(t, s)
	mustWrite(t, s, func(t *Tx) error { return add(t, 2) })
	wantNumbers(t, s, 2)
}

// Two that wait for each other: PostgreSQL ends one of them. Where that is our
// writer its jobs are run again, one by one, and none is lost or done twice.
func TestDeadlock(t *testing.T) {
	eachDemo(t, func(t *testing.T, s *Store) {
		t.Helper()
		if s.engine.hold == "" {
			t.Skip("SQLite has one writer, who waits for nobody")
		}
		other, err := s.db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = other.Close() }()
		insert := func(name string) {
			t.Helper()
			_, err := other.ExecContext(t.Context(), `INSERT INTO directory (kind, name, community_id, target) VALUES ('k', $1, '', '')`, name)
			if err != nil {
				t.Error(err)
			}
		}
		name := func(t *Tx, name string) error {
			return t.exec(`INSERT INTO directory (kind, name, community_id, target) VALUES ('k', $1, '', '')`, name)
		}
		// The other one looks for a deadlock long after we do, so that we are the one that is ended.
		for _, q := range []string{"SET deadlock_timeout = '1min'", "BEGIN"} {
			if _, err := other.ExecContext(t.Context(), q); err != nil {
				t.Fatal(err)
			}
		}
		insert("theirs")
		done := make(chan struct{})
		var runs [3]int
		errs := inOneGroup(t, s,
			&job{fn: func(t *Tx) error { runs[0]++; return add(t, 1) }},
			&job{fn: func(tx *Tx) error {
				runs[1]++
				if err := errors.Join(add(tx, 2), name(tx, "ours")); err != nil || runs[1] > 1 {
					return err
				}
				go func() {
					defer close(done)
					insert("ours") // waits for us
					_, err := other.ExecContext(t.Context(), "ROLLBACK")
					if err != nil {
						t.Error(err)
					}
				}()
				for waiting := false; !waiting; {
					if err := tx.row(`SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))`, nil, &waiting); err != nil {
						return err
					}
				}
				return name(tx, "theirs")
			}},
			&job{fn: func(t *Tx) error { runs[2]++; return add(t, 3) }},
		)
		<-done
		wantErrs(t, errs, "", "", "")
		if runs != [3]int{2, 2, 1} {
			t.Errorf("the jobs ran %v times", runs)
		}
		wantNumbers(t, s, 1, 2, 3)
	})
}
