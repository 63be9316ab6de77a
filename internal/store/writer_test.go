package store

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/muster-accounts/muster/internal/seal"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/mustertest/testdb"
)

const demo = muster.CommunityID("demo")

func openHere(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	unseal(t, s)
	return s
}

// unseal gives a store a ring, each the same.
func unseal(t testing.TB, s *Store) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	err := os.WriteFile(path, []byte(base64.StdEncoding.EncodeToString(make([]byte, 32))), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := seal.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := seal.NewRing(secret)
	if err != nil {
		t.Fatal(err)
	}
	s.Unseal(ring)
}

// openDemo opens a new embedded store with one empty community.
func openDemo(t testing.TB) *Store {
	t.Helper()
	return withDemo(t, openHere(t, t.TempDir()))
}

func withDemo(t testing.TB, s *Store) *Store {
	t.Helper()
	mustWrite(t, s, func(t *Tx) error {
		return t.InsertCommunity(muster.Community{ID: demo, UUID: "uuid of demo", Settings: muster.Settings{Limits: muster.LimitsOwn}})
	})
	return s
}

// eachDemo runs test on every engine, with one empty community.
func eachDemo(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Helper()
	for _, engine := range testdb.Engines(t) {
		t.Run(engine, func(t *testing.T) {
			d := testdb.New(t, engine)
			if d.URL == "" {
				test(t, withDemo(t, openHere(t, d.Dir)))
				return
			}
			s, err := OpenPostgres(t.Context(), d.URL, true)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			unseal(t, s)
			test(t, withDemo(t, s))
		})
	}
}

func mustWrite(t testing.TB, s *Store, fn func(*Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// add inserts the account number n and records that.
func add(t *Tx, n int) error {
	id := muster.AccountID(fmt.Sprintf("account-%d", n))
	err := t.InsertAccount(muster.Account{Community: demo, ID: id, Number: int64(n), Username: string(id), Rev: 1})
	if err != nil {
		return err
	}
	t.Record(&muster.Change{Community: demo, Deed: muster.DeedCreate, Account: id})
	return nil
}

// numbers are the accounts that there are. It fails where history is not
// numbered from 1 without gaps, where a change has no outbox entry, and where
// accounts and changes do not go together.
func numbers(t testing.TB, s *Store) []int {
	t.Helper()
	var list []int
	err := s.Read(t.Context(), func(tx *Tx) error {
		accounts, err := tx.Accounts(demo, 0, 1e6)
		if err != nil {
			return err
		}
		has := map[muster.AccountID]bool{}
		for _, a := range accounts {
			list, has[a.ID] = append(list, int(a.Number)), true
		}
		changes, err := tx.Changes(demo, "", 0, 1e6)
		if err != nil {
			return err
		}
		for i, c := range changes {
			if want := int64(len(changes) - i); c.Seq != want {
				return fmt.Errorf("the change in place %d has the number %d", want, c.Seq)
			}
			if !has[c.Account] {
				return fmt.Errorf("change %d is of %s, who is not there", c.Seq, c.Account)
			}
			delete(has, c.Account)
		}
		if len(has) > 0 {
			return fmt.Errorf("without a change are %v", has)
		}
		var entries, last int
		if err := tx.row(`SELECT COUNT(*), COALESCE(MAX(seq), 0) FROM outbox WHERE community_id = $1`, []any{demo}, &entries, &last); err != nil {
			return err
		}
		if entries != len(changes) || last != len(changes) {
			return fmt.Errorf("%d changes have %d outbox entries, to %d", len(changes), entries, last)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func wantNumbers(t testing.TB, s *Store, want ...int) {
	t.Helper()
	if d := cmp.Diff(want, numbers(t, s)); d != "" {
		t.Errorf("accounts -want +got\n%s", d)
	}
}

// hold keeps the writer busy until the function it gives is called: jobs
// handed over meanwhile are one group.
func hold(t testing.TB, s *Store) (release func()) {
	t.Helper()
	begun, gate := make(chan struct{}), make(chan struct{})
	go s.Write(t.Context(), func(*Tx) error { close(begun); <-gate; return nil })
	<-begun
	release = sync.OnceFunc(func() { close(gate) })
	t.Cleanup(release) // before the store is closed, which waits for it
	return release
}

// inOneGroup runs jobs as one group, in this order, and gives their errors.
func inOneGroup(t testing.TB, s *Store, jobs ...*job) []error {
	t.Helper()
	release := hold(t, s)
	defer release()
	for _, j := range jobs {
		if j.ctx == nil {
			j.ctx = t.Context()
		}
		j.done = make(chan struct{})
		if err := s.writer.send(j); err != nil {
			t.Fatal(err)
		}
	}
	release()
	errs := make([]error, len(jobs))
	for i, j := range jobs {
		<-j.done
		errs[i] = j.err
	}
	return errs
}

func adds(n int) *job { return &job{fn: func(t *Tx) error { return add(t, n) }} }

// wantErrs holds the errors of jobs against words in them; "" is none.
func wantErrs(t testing.TB, errs []error, words ...string) {
	t.Helper()
	for i, err := range errs {
		if (err == nil) != (words[i] == "") || err != nil && !strings.Contains(err.Error(), words[i]) {
			t.Errorf("job %d: got %v, want %q", i, err, words[i])
		}
	}
}

var errMine = errors.New("changed my mind")

func TestFailingJobLeavesNeighboursAlone(t *testing.T) {
	bad := map[string]struct {
		fn    func(t *Tx) error
		words string
	}{
		"an error of its own":          {func(t *Tx) error { return errors.Join(add(t, 2), errMine) }, "my mind"},
		"a broken uniqueness":          {func(t *Tx) error { return errors.Join(add(t, 2), add(t, 1)) }, "another account has"},
		"a statement that is none":     {func(t *Tx) error { return errors.Join(add(t, 2), t.exec("SELEKT 1")) }, "SELEKT"},
		"an error that it passes over": {func(t *Tx) error { _ = add(t, 1); return add(t, 2) }, "another account has"},
		"a passed over error last":     {func(t *Tx) error { _ = add(t, 2); _ = t.exec("SELEKT 1"); return nil }, "SELEKT"},
		"a change of no community": {func(t *Tx) error {
			t.Record(&muster.Change{Community: "nowhere"})
			return t.enter("kind", "name", demo, "")
		}, "no community"},
		"a change that JSON cannot hold": {func(t *Tx) error {
			never := time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
			t.Record(&muster.Change{Community: demo, Account: "x", After: muster.Members{Ranks: muster.Some([]muster.Grant{{Rank: "r", Expires: never}})}})
			return nil
		}, "year outside of range"},
	}
	for name, b := range bad {
		t.Run(name, func(t *testing.T) {
			eachDemo(t, func(t *testing.T, s *Store) {
				t.Helper()
				errs := inOneGroup(t, s, adds(1), &job{fn: b.fn}, adds(3))
				wantErrs(t, errs, "", b.words, "")
				wantNumbers(t, s, 1, 3)
			})
		})
	}
}

// What a job or an item read of a community that it made is forgotten with it.
func TestFailureIsForgotten(t *testing.T) { eachDemo(t, testFailureIsForgotten) }

func testFailureIsForgotten(t *testing.T, s *Store) {
	t.Helper()
	conjure := func(t *Tx) error {
		err := t.InsertCommunity(muster.Community{ID: "phantom", UUID: "uuid of phantom"})
		_, e := t.Community("phantom")
		return errors.Join(err, e, errMine)
	}
	gone := func(t *Tx) error {
		_, err := t.Community("phantom")
		if muster.CodeOf(err) != muster.NotFound {
			return fmt.Errorf("there is a phantom: %w", err)
		}
		return nil
	}
	errs := inOneGroup(t, s, &job{fn: conjure}, &job{fn: gone}, &job{fn: func(t *Tx) error {
		if err := t.Sub(func() error { return conjure(t) }); !errors.Is(err, errMine) {
			return err
		}
		return gone(t)
	}})
	wantErrs(t, errs, "my mind", "", "")
}

func TestPanicIsItsCallersOwn(t *testing.T) { eachDemo(t, testPanicIsItsCallersOwn) }

func testPanicIsItsCallersOwn(t *testing.T, s *Store) {
	t.Helper()
	release := hold(t, s)
	before, after := adds(1), adds(3)
	send := func(j *job) {
		j.ctx, j.done = t.Context(), make(chan struct{})
		if err := s.writer.send(j); err != nil {
			t.Error(err)
		}
	}
	send(before)
	got := make(chan any)
	go func() {
		defer func() { got <- recover() }()
		_ = s.Write(t.Context(), func(t *Tx) error { panic(errors.Join(add(t, 2), errMine)) })
	}()
	for len(s.writer.jobs) < 2 {
		runtime.Gosched()
	}
	send(after)
	release()
	p, _ := (<-got).(panicked)
	if v, _ := p.value.(error); !errors.Is(v, errMine) || !strings.Contains(p.Error(), "writer_test.go") || !strings.Contains(p.Error(), errMine.Error()) {
		t.Errorf("the caller saw the panic %v", p)
	}
	<-before.done
	<-after.done
	if before.err != nil || after.err != nil {
		t.Errorf("neighbours of a panic failed: %v, %v", before.err, after.err)
	}
	wantNumbers(t, s, 1, 3)
}

func TestWithdrawnJobWritesNothing(t *testing.T) { eachDemo(t, testWithdrawnJobWritesNothing) }

func testWithdrawnJobWritesNothing(t *testing.T, s *Store) {
	t.Helper()
	withdrawn, withdraw := context.WithCancel(t.Context())
	own, endOwn := context.WithCancel(t.Context())
	errs := inOneGroup(t, s,
		&job{fn: func(t *Tx) error { withdraw(); return add(t, 1) }},
		&job{ctx: withdrawn, fn: func(t *Tx) error { return add(t, 2) }},
		&job{ctx: own, fn: func(t *Tx) error { endOwn(); return add(t, 3) }}, // has begun, so it ends
		adds(4),
	)
	wantErrs(t, errs, "", "canceled", "", "")
	wantNumbers(t, s, 1, 3, 4)
}

// Clients come and go at random while groups are full. Whoever was told that
// the write is done finds it done, whoever was told otherwise finds nothing.
func TestClientsThatGoHarmNobodyElse(t *testing.T) { eachDemo(t, testClientsThatGoHarmNobodyElse) }

func testClientsThatGoHarmNobodyElse(t *testing.T, s *Store) {
	t.Helper()
	const clients, writes = 32, 25
	told := make([]error, clients*writes)
	var all sync.WaitGroup
	for client := range clients {
		random := rand.New(rand.NewPCG(1, uint64(client)))
		all.Go(func() {
			for i := range writes {
				n := client*writes + i
				ctx, leave := context.WithCancel(t.Context())
				how := random.IntN(5)
				if how == 0 {
					go leave() // at any moment
				}
				told[n] = s.Write(ctx, func(t *Tx) error {
					if how == 1 {
						leave() // in the middle of the transaction
					}
					err := add(t, n+1)
					if how == 2 {
						err = errors.Join(err, errMine)
					}
					return err
				})
				leave()
			}
		})
	}
	all.Wait()
	var want []int
	for n, err := range told {
		if err == nil {
			want = append(want, n+1)
		} else if !errors.Is(err, errMine) && !errors.Is(err, context.Canceled) {
			t.Errorf("client %d: %v", n, err)
		}
	}
	wantNumbers(t, s, want...)
}

func TestSub(t *testing.T) { eachDemo(t, testSub) }

func testSub(t *testing.T, s *Store) {
	t.Helper()
	mustWrite(t, s, func(t *Tx) error {
		if err := add(t, 1); err != nil {
			return err
		}
		item := func(n int, end error) func() error {
			return func() error { return errors.Join(add(t, n), end) }
		}
		var nested error
		for _, tt := range []struct {
			fn   func() error
			want error
		}{
			{item(2, errMine), errMine},
			{item(3, nil), nil},
			{func() error { _ = t.exec("SELEKT 1"); _ = add(t, 4); return errMine }, errMine},
			{func() error { nested = t.Sub(item(5, errMine)); return add(t, 6) }, nil},
			{func() error { _ = t.Sub(item(7, nil)); return errMine }, errMine},
		} {
			if err := t.Sub(tt.fn); !errors.Is(err, tt.want) {
				return fmt.Errorf("Sub gave %w, want %w", err, tt.want)
			}
		}
		if !errors.Is(nested, errMine) {
			return fmt.Errorf("the inner Sub gave %w", nested)
		}
		if err := t.Sub(func() error { _ = add(t, 1); return nil }); err == nil {
			return errors.New("an item that passed over its failure went through")
		}
		return add(t, 8)
	})
	wantNumbers(t, s, 1, 3, 6, 8)
}

func TestPanicInSubEndsTheJob(t *testing.T) { eachDemo(t, testPanicInSubEndsTheJob) }

func testPanicInSubEndsTheJob(t *testing.T, s *Store) {
	t.Helper()
	j := &job{fn: func(t *Tx) error {
		return errors.Join(add(t, 1), t.Sub(func() error { panic(add(t, 2)) }))
	}}
	errs := inOneGroup(t, s, j, adds(3))
	if p := (panicked{}); !errors.As(errs[0], &p) || errs[1] != nil {
		t.Errorf("got %v", errs)
	}
	wantNumbers(t, s, 3)
}
