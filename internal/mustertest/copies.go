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
	"github.com/muster-accounts/muster/internal/store"
)

// Copies gives each test an embedded database of its own, a copy of the one
// that fill makes when the first is asked for: to copy it is quicker than to
// make it. The clocks stand at a time, that of fill as well.
func Copies(at time.Time, fill func(context.Context, *core.Core) error) func(testing.TB) (*core.Core, *Clock) {
	template := sync.OnceValues(func() (file []byte, err error) {
		dir, err := os.MkdirTemp("", "muster")
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		ctx := context.Background()
		st, err := store.Open(ctx, dir)
		if err != nil {
			return nil, err
		}
		err = fill(ctx, core.New(st, func() time.Time { return at }))
		if err := errors.Join(err, st.Close()); err != nil {
			return nil, err
		}
		return os.ReadFile(filepath.Join(dir, store.File))
	})
	return func(t testing.TB) (*core.Core, *Clock) {
		t.Helper()
		dir := t.TempDir()
		file, err := template()
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, store.File), file, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		clock := NewClock()
		clock.Set(at)
		return core.New(Open(t, dir), clock.Now), clock
	}
}
