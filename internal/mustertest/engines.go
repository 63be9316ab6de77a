package mustertest

import (
	"testing"

	"github.com/muster-accounts/muster/internal/store"
)

// engines opens an empty store of each engine, closed when the test ends.
var engines = []struct {
	name string
	open func(testing.TB) *store.Store
}{
	{"sqlite", func(t testing.TB) *store.Store { return Open(t, t.TempDir()) }},
}

// Each runs test once for every engine, each time on an empty store.
func Each(t *testing.T, test func(t *testing.T, st *store.Store)) {
	t.Helper()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Helper()
			test(t, e.open(t))
		})
	}
}

// Open opens the embedded store of a folder, and closes it when the test ends.
func Open(t testing.TB, dir string) *store.Store {
	t.Helper()
	st, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	return st
}
