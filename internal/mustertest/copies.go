package mustertest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest/testdb"
	"github.com/muster-accounts/muster/internal/store"
)

// Embedded is the engine that there always is.
var Embedded = Engine{testdb.SQLite}

// Copies gives each test a database of its own, a copy of the one that fill
// makes when the first of its engine is asked for: to copy it is quicker than
// to make it. The clock of fill stands at a time.
func Copies(at time.Time, fill func(context.Context, *core.Core) error) func(testing.TB, Engine) Database {
	fillStore := func(ctx context.Context, st *store.Store, err error) error {
		if err != nil {
			return err
		}
		if err := unseal(st, ""); err != nil {
			return err
		}
		err = fill(ctx, core.New(st, func() time.Time { return at }))
		return errors.Join(err, st.Close())
	}
	file := sync.OnceValues(func() (file []byte, err error) {
		dir, err := os.MkdirTemp("", "muster")
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		ctx := context.Background()
		st, err := store.Open(ctx, dir)
		if err := fillStore(ctx, st, err); err != nil {
			return nil, err
		}
		return os.ReadFile(filepath.Join(dir, store.File))
	})
	template := sync.OnceValues(func() (source string, err error) {
		ctx := context.Background()
		if source, err = testdb.Template(ctx); err != nil {
			return "", err
		}
		st, err := store.OpenPostgres(ctx, source, true)
		return source, fillStore(ctx, st, err)
	})
	return func(t testing.TB, e Engine) Database {
		t.Helper()
		if e.Name == testdb.Postgres {
			source, err := template()
			if err != nil {
				t.Fatal(err)
			}
			return Database{testdb.CopyOf(t, source)}
		}
		d := e.New(t)
		content, err := file()
		if err == nil {
			err = os.WriteFile(filepath.Join(d.Dir, store.File), content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
}
