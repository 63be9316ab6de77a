package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"

	"github.com/muster-accounts/muster/internal/seal"
)

// readOnlyDSN opens an embedded database's file to be looked at.
func readOnlyDSN(path string) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: "mode=ro&_pragma=busy_timeout(10000)"}).String()
}

// vacuumInto writes what is committed in db into a new file of a folder, and
// gives its name. Whoever reads or writes db meanwhile does not wait.
func vacuumInto(ctx context.Context, db *sql.DB, dir string) (name string, err error) {
	f, err := os.CreateTemp(dir, "."+File+"-*") // mode 0600, which the engine would not give it
	if err != nil {
		return "", err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	if _, err := db.ExecContext(ctx, `VACUUM INTO $1`, f.Name()); err != nil {
		return "", err
	}
	return f.Name(), f.Sync()
}

// Backup writes the embedded database of the folder dir into the file to, as
// it is at one moment: a server may run on it meanwhile. The schema stays as
// it is. A file of that name is not replaced.
func Backup(ctx context.Context, dir, to string) (err error) {
	path := filepath.Join(dir, File)
	if _, err := os.Stat(path); err != nil {
		return err
	}
	if _, err := os.Lstat(to); err == nil { // told before the work is done
		return fmt.Errorf("there is a file %s already", to)
	}
	db, err := sql.Open("sqlite", readOnlyDSN(path))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	name, err := vacuumInto(ctx, db, filepath.Dir(to))
	if err != nil {
		return fmt.Errorf("copying %s: %w", path, err)
	}
	return place(name, to)
}

// place gives a finished file its name, which must be free.
func place(name, to string) error {
	defer func() { _ = os.Remove(name) }()
	if err := os.Link(name, to); err != nil {
		return err
	}
	return seal.SyncFolder(filepath.Dir(to))
}

// Restore puts a backup, once it was looked through and found whole, into the
// folder dir, where no database may be yet.
func Restore(ctx context.Context, from, dir string) error {
	if err := whole(ctx, from); err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.CreateTemp(dir, "."+File+"-*")
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return errors.Join(err, os.Remove(out.Name()))
	}
	return place(out.Name(), filepath.Join(dir, File))
}

// whole refuses a file that is damaged, or that holds nothing of ours.
func whole(ctx context.Context, path string) (err error) {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	for _, end := range []string{"-wal", "-journal"} { // part of it stands in there, and would be lost
		if _, err := os.Stat(path + end); err == nil {
			return fmt.Errorf("this is a database in use (there is a file %s beside it) and no backup; make one with: muster backup", filepath.Base(path)+end)
		}
	}
	db, err := sql.Open("sqlite", readOnlyDSN(path)+"&immutable=1") // nothing is made beside it
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	found, err := damage(ctx, db)
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return fmt.Errorf("it is damaged: %s", found[0])
	}
	_, ours, err := schemaVersion(ctx, db)
	if err == nil && !ours {
		err = errors.New("there is nothing of muster in it")
	}
	return err
}

// Damage looks through the whole database for what the engine itself finds
// wrong with it; by a connection of its own, whose cache it takes along.
// PostgreSQL has tools of its own for that (pg_amcheck).
func (s *Store) Damage(ctx context.Context) (found []string, err error) {
	if s.path == "" {
		return nil, nil
	}
	db, err := sql.Open("sqlite", readOnlyDSN(s.path)+"&_pragma=cache_size(-16384)")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return damage(ctx, db)
}

func damage(ctx context.Context, db *sql.DB) (found []string, err error) {
	rows, err := db.QueryContext(ctx, `PRAGMA integrity_check`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		if text != "ok" {
			found = append(found, text)
		}
	}
	return found, rows.Err()
}
