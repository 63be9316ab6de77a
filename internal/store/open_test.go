package store

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
)

func TestCloseWaitsForJobs(t *testing.T) {
	dir := t.TempDir()
	s := openHere(t, dir)
	mustWrite(t, s, func(t *Tx) error { return t.InsertCommunity(muster.Community{ID: demo, UUID: "u"}) })
	release := hold(t, s)
	jobs := make([]*job, 100)
	for n := range jobs {
		jobs[n] = adds(n + 1)
		jobs[n].ctx, jobs[n].done = t.Context(), make(chan struct{})
		if err := s.writer.send(jobs[n]); err != nil {
			t.Fatal(err)
		}
	}
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	release()
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	for n, j := range jobs {
		select {
		case <-j.done:
		default:
			t.Fatalf("Close left before job %d was done", n)
		}
		if j.err != nil {
			t.Errorf("job %d: %v", n, j.err)
		}
	}
	if err := s.Write(t.Context(), func(*Tx) error { return nil }); muster.CodeOf(err) != muster.Unavailable {
		t.Errorf("a write after Close gave %v", err)
	}
	if err := s.Ready(t.Context()); muster.CodeOf(err) != muster.Unavailable {
		t.Errorf("Ready after Close gave %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := s.Read(ctx, func(*Tx) error { return nil }); muster.CodeOf(err) != muster.Unavailable {
		t.Errorf("a read after Close gave %v", err)
	}
	again := openHere(t, dir)
	if got := numbers(t, again); len(got) != len(jobs) {
		t.Errorf("opened again, it has %d accounts of %d", len(got), len(jobs))
	}
}

func TestOpenTwiceAndAgain(t *testing.T) {
	dir := t.TempDir()
	for range 3 { // migrations that have run do not run again
		s := openHere(t, dir)
		if err := s.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOpenNewFolderAtOnce(t *testing.T) {
	for range 2 {
		dir := filepath.Join(t.TempDir(), "new")
		results := make(chan error)
		for range 3 {
			go func() {
				s, err := Open(t.Context(), dir)
				if err == nil {
					err = errors.Join(s.Ready(t.Context()), s.Close())
				}
				results <- err
			}()
		}
		for range 3 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
	}
}

// Write-ahead, and on the disk before anybody is told so.
func TestPragmas(t *testing.T) {
	s := openDemo(t)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "wal_autocheckpoint": "0"} {
		var got string
		mustWrite(t, s, func(t *Tx) error { return t.row("PRAGMA "+pragma, nil, &got) })
		if got != want {
			t.Errorf("%s is %s, want %s", pragma, got, want)
		}
	}
}

func TestReadSeesOneState(t *testing.T) { eachDemo(t, testReadSeesOneState) }

func testReadSeesOneState(t *testing.T, s *Store) {
	t.Helper()
	count := func(t *Tx) (n int) {
		if err := t.row(`SELECT COUNT(*) FROM accounts`, nil, &n); err != nil {
			return -1
		}
		return n
	}
	err := s.Read(t.Context(), func(tx *Tx) error {
		before := count(tx)
		mustWrite(t, s, func(t *Tx) error { return add(t, 1) })
		if after := count(tx); before != 0 || after != 0 {
			t.Errorf("within one read: %d, then %d accounts", before, after)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	wantNumbers(t, s, 1)
}

func TestFailedReadsLeaveTheSessionGood(t *testing.T) {
	eachDemo(t, testFailedReadsLeaveTheSessionGood)
}

func testFailedReadsLeaveTheSessionGood(t *testing.T, s *Store) {
	t.Helper()
	for range 2 * cap(s.readers.turns) {
		func() {
			defer func() {
				if v := recover(); v != any(errMine) {
					t.Errorf("recovered %v", v)
				}
			}()
			_ = s.Read(t.Context(), func(t *Tx) error {
				var n int
				_ = t.row(`SELECT COUNT(*) FROM accounts`, nil, &n)
				panic(errMine)
			})
		}()
		if err := s.Read(t.Context(), func(*Tx) error { return errMine }); !errors.Is(err, errMine) {
			t.Fatalf("got %v", err)
		}
	}
	mustWrite(t, s, func(t *Tx) error { return add(t, 1) })
	for range 2 * cap(s.readers.turns) {
		wantNumbers(t, s, 1)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	for range cap(s.readers.turns) {
		<-s.readers.turns
	}
	if err := s.Read(ended, func(*Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("a client that has gone waits for a reader: %v", err)
	}
	for range cap(s.readers.turns) {
		s.readers.turns <- struct{}{}
	}
	if n := len(s.readers.idle); n != 1 {
		t.Errorf("reads one after the other have opened %d sessions", n)
	}
}

// The log's size decides when it is moved into the database; so it must become
// short again when it was.
func TestLogIsCutShort(t *testing.T) {
	s := openDemo(t)
	for n := 1; s.logSize() < checkpointBytes; n++ {
		mustWrite(t, s, func(t *Tx) error {
			a := muster.Account{Community: demo, ID: muster.AccountID(strconv.Itoa(n)), Number: int64(n), Username: strconv.Itoa(n)}
			a.Bio = strings.Repeat("x", 1<<20)
			return t.InsertAccount(a)
		})
	}
	// The store's own checkpoint may be at it, and then ours does nothing; so more than one may be needed.
	for deadline := time.Now().Add(20 * time.Second); s.logSize() > checkpointBytes/2; {
		if time.Now().After(deadline) {
			t.Fatalf("the log has %d bytes still", s.logSize())
		}
		s.moveLog("PASSIVE")
		mustWrite(t, s, func(t *Tx) error { return t.UpdateCommunity(muster.Community{ID: demo, Name: "next"}) })
	}
}
