package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // registers the driver

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/seal"
)

//go:embed migrations/*.sql
var migrations embed.FS

// File is the name of the embedded database within a data folder.
const File = "muster.db"

// Store is one database. Its methods may be called from any goroutine.
type Store struct {
	db      *sql.DB
	engine  engine
	path    string
	readers *readers
	writer  *writer
	scrub   atomic.Bool               // the write-ahead log may hold what was erased
	ring    atomic.Pointer[seal.Ring] // nil before Unseal
	rules   ruleCache
	stop    chan struct{}
	done    sync.WaitGroup
	close   func() error // end, once
}

// Open opens the embedded database in the folder dir, made where it is
// missing, and brings its schema up to date. Before that the file is copied,
// as muster.db.before-0011 where 0011 is the first step to be taken.
func Open(ctx context.Context, dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, File)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // the engine would let others read it
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", sqliteDSN(path))
	if err != nil {
		return nil, err
	}
	s, err := open(ctx, sqliteEngine, db, path)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	return s.start(ctx)
}

// open makes a store of db, which it closes where it fails; path is the
// embedded database's file.
func open(ctx context.Context, e engine, db *sql.DB, path string) (*Store, error) {
	s := &Store{db: db, engine: e, path: path, readers: newReaders(e.maxReaders), stop: make(chan struct{})}
	if err := s.Exclusively(ctx, func() error { return s.migrate(ctx, path) }); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s.writer, s.close = newWriter(s), sync.OnceValue(s.end)
	return s, nil
}

// Exclusively runs fn while no other process runs such a function on the same
// database. The embedded one takes no part: its folder has one server, which
// sees to that.
func (s *Store) Exclusively(ctx context.Context, fn func() error) error {
	return s.engine.exclusively(ctx, s.db, fn)
}

func (s *Store) start(ctx context.Context) (*Store, error) {
	s.done.Go(s.writer.run)
	if s.engine.checkpointed {
		s.done.Go(s.checkpoint)
	}
	if err := s.catchUp(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close waits for the jobs that were handed over, then closes the database. It
// may be called again, and does nothing then.
func (s *Store) Close() error { return s.close() }

func (s *Store) end() error {
	s.writer.close()
	close(s.stop)
	s.done.Wait()
	s.readers.close()
	return s.db.Close()
}

// Read runs fn with a consistent view of what is committed. The Tx must not
// be used after fn returns.
func (s *Store) Read(ctx context.Context, fn func(*Tx) error) (err error) {
	select {
	case <-s.readers.turns:
	case <-ctx.Done():
		return withdrawn(ctx)
	case <-s.stop:
		return errClosing
	}
	se := s.readers.take()
	defer func() { s.readers.give(se) }()
	if se, err = s.beginRead(se); err != nil {
		return unreachable(err)
	}
	t := &Tx{store: s, session: se, group: &group{}}
	defer func() { // where fn panics as well
		if end := se.exec("ROLLBACK"); end != nil {
			se.close()
			se = nil
		}
	}()
	err = fn(t)
	if errors.Is(t.err, errLost) {
		err = unreachable(t.err)
	}
	return err
}

// beginRead opens a transaction on an idle session or, where that was cut off
// meanwhile, on a new one.
func (s *Store) beginRead(idle *session) (se *session, err error) {
	if idle != nil {
		if idle.exec(s.engine.beginRead) == nil {
			return idle, nil
		}
		idle.close()
	}
	if se, err = s.newSession(); err != nil {
		return nil, err
	}
	if err = se.exec(s.engine.beginRead); err != nil {
		se.close()
		return nil, err
	}
	return se, nil
}

func unreachable(err error) error {
	return errors.Join(muster.Errorf(muster.Unavailable, "", "the database cannot be reached"), err)
}

// Ready reports whether the store can be written, by writing: a disk that is
// full shows in nothing less.
func (s *Store) Ready(ctx context.Context) error {
	return s.Write(ctx, func(t *Tx) error { return t.RebindInstance("ready", time.Now().UTC().Format(time.RFC3339)) })
}

// checkpointBytes is how long the write-ahead log gets, 16,000 pages, before
// they are moved into the database. A large log makes writes cheap (pages
// written often move once) and start after a crash a little slower.
const checkpointBytes = 16_000 * 4096

// checkpoint keeps the write-ahead log short, in a goroutine of its own so
// that no commit waits for it. While readers and writers leave no gap the log
// can only grow; past four times its size the writer is made to wait.
func (s *Store) checkpoint() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			s.emptyLog()
			return
		case <-tick.C:
		}
		s.emptyLog()
		if size := s.logSize(); size > 4*checkpointBytes {
			s.moveLog("RESTART")
		} else if size > checkpointBytes {
			s.moveLog("PASSIVE")
		}
	}
}

// Scrub has the write-ahead log emptied soon: it holds rows as they were
// before something was erased. PostgreSQL sees to that itself (VACUUM).
func (s *Store) Scrub() { s.scrub.Store(true) }

// emptyLog does so, once nobody reads what is in it.
func (s *Store) emptyLog() {
	if !s.scrub.Load() {
		return
	}
	var busy, frames, moved int64
	err := s.db.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved)
	if err == nil && busy == 0 {
		s.scrub.Store(false)
	}
}

// logSize is how long the write-ahead log is, in bytes.
func (s *Store) logSize() int64 {
	info, err := os.Stat(s.path + "-wal")
	if err != nil {
		return 0
	}
	return info.Size()
}

// moveLog moves the log into the database. Its failure is no loss: the log is
// as durable as the database.
func (s *Store) moveLog(mode string) {
	_, _ = s.db.ExecContext(context.Background(), "PRAGMA wal_checkpoint("+mode+")")
}

// notFound turns sql.ErrNoRows into a refusal that names what is missing.
func notFound(err error, what string, args ...any) error {
	if errors.Is(err, sql.ErrNoRows) {
		return muster.Errorf(muster.NotFound, "", what, args...)
	}
	return err
}
