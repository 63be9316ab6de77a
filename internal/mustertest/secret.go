package mustertest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/muster-accounts/muster/internal/core"

	"github.com/muster-accounts/muster/internal/seal"
	"github.com/muster-accounts/muster/internal/store"
)

// secretText is the file of the secret with which stores of tests seal, so
// that copies of one can be read.
const secretText = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// Secret is that secret. A test that signs in gives it to core.BindSecret.
func Secret(t testing.TB) seal.Secret {
	t.Helper()
	s, err := secret()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var secret = sync.OnceValues(func() (s seal.Secret, err error) {
	dir, err := os.MkdirTemp("", "muster")
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "secret")
	if err := os.WriteFile(path, []byte(secretText), 0o600); err != nil {
		return s, err
	}
	return seal.Load(path)
})

// BindSecret gives a core that secret, so that goldens may hold tokens.
func BindSecret(t testing.TB, c *core.Core) {
	t.Helper()
	if err := c.BindSecret(t.Context(), Secret(t)); err != nil {
		t.Fatal(err)
	}
}

// Unseal lets a store that a test opened itself keep what is sealed.
func Unseal(t testing.TB, st *store.Store) {
	t.Helper()
	if err := unseal(st, ""); err != nil {
		t.Fatal(err)
	}
}

// unseal lets a store keep what is sealed: with the secret that a server left
// beside its data or, where none did, with that of tests.
func unseal(st *store.Store, dir string) error {
	path := filepath.Join(dir, "secret")
	load := func() (seal.Secret, error) { return seal.Load(path) }
	if _, err := os.Stat(path); dir == "" || errors.Is(err, fs.ErrNotExist) {
		load = secret
	}
	s, err := load()
	if err != nil {
		return err
	}
	ring, err := seal.NewRing(s)
	if err == nil {
		st.Unseal(ring)
	}
	return err
}
