package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/muster-accounts/muster/internal/seal"
)

// migrate brings the schema up to date; path is the embedded database's file,
// which is copied before that. Another process may do the same to it at the
// same time: the loser's step fails, finds the work done, and goes on.
func (s *Store) migrate(ctx context.Context, path string) error {
	folder, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(s.engine.goose, s.db, folder, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	for attempt := range 5 {
		if err = s.upgrade(ctx, p, path); err == nil {
			return s.engine.settle(ctx, s.db)
		}
		if _, newer := errors.AsType[newerError](err); newer {
			return err
		}
		if pending, e := p.HasPending(ctx); e == nil && !pending {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(attempt+1) * 100 * time.Millisecond):
		}
	}
	return err
}

// upgrade takes the steps that are left. A new database has nothing to copy.
func (s *Store) upgrade(ctx context.Context, p *goose.Provider, path string) error {
	has, known, err := p.GetVersions(ctx)
	switch {
	case err != nil:
		return err
	case has > known:
		return newerError{has: has, known: known, back: wayBack(ctx, path, known)}
	case has > 0 && has < known && path != "":
		i := slices.IndexFunc(p.ListSources(), func(m *goose.Source) bool { return m.Version > has })
		if err := s.keep(ctx, path, p.ListSources()[i].Version); err != nil {
			return fmt.Errorf("copying the database before it is upgraded: %w", err)
		}
	}
	_, err = p.Up(ctx)
	return err
}

// newerError refuses a schema that a newer program has made: what that keeps
// where, this one cannot know.
type newerError struct {
	has, known int64
	back       string
}

func (e newerError) Error() string {
	return fmt.Sprintf("this data was upgraded by a newer muster (to schema %d, and this program knows %d): use the newer program, or %s", e.has, e.known, e.back)
}

// copyBefore is the name of the copy that is made before the step to a version.
func copyBefore(path string, version int64) string {
	return fmt.Sprintf("%s.before-%04d", path, version)
}

// wayBack says how data comes back to where a program knows it.
func wayBack(ctx context.Context, path string, known int64) string {
	if path == "" {
		return "restore the dump that was made before the upgrade (what was changed since is not in it)"
	}
	copies, _ := filepath.Glob(path + ".before-*")
	slices.Reverse(copies) // the latest first
	for _, name := range copies {
		if has, err := versionOf(ctx, name); err == nil && has > 0 && has <= known {
			return fmt.Sprintf("put the copy %s in its place, which was made before the upgrade (what was changed since is not in it)", name)
		}
	}
	return "restore a backup that was made before the upgrade (what was changed since is not in it)"
}

// keep copies the embedded database before the step to a version. Another
// process may have taken that step meanwhile: its copy is the right one then.
func (s *Store) keep(ctx context.Context, path string, version int64) error {
	name, err := vacuumInto(ctx, s.db, filepath.Dir(path))
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(name) }() // gone already where it was renamed
	has, err := versionOf(ctx, name)
	if err != nil || has >= version {
		return err
	}
	if err := os.Rename(name, copyBefore(path, version)); err != nil {
		return err
	}
	return seal.SyncFolder(filepath.Dir(path))
}

// versionOf is the version of the schema in a file; 0: there is none of ours.
func versionOf(ctx context.Context, path string) (version int64, err error) {
	db, err := sql.Open("sqlite", readOnlyDSN(path))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	version, ours, err := schemaVersion(ctx, db)
	if !ours {
		version = 0
	}
	return version, err
}
