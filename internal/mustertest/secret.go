package mustertest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/seal"
)

// BindSecret gives a core a server's secret, the same in every test, so that
// goldens may hold tokens.
func BindSecret(t testing.TB, c *core.Core) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	err := os.WriteFile(path, []byte("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="), 0o600)
	var s seal.Secret
	if err == nil {
		s, err = seal.Load(path)
	}
	if err == nil {
		err = c.BindSecret(t.Context(), s)
	}
	if err != nil {
		t.Fatal(err)
	}
}
