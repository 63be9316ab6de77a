package seal_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/seal"
)

func verify(t *testing.T, hash, password string) (ok, outdated bool) {
	t.Helper()
	ok, outdated, err := seal.VerifyPassword(t.Context(), hash, password)
	if err != nil {
		t.Fatal(err)
	}
	return ok, outdated
}

func TestHashPassword(t *testing.T) {
	t.Parallel()
	first, err := seal.HashPassword(t.Context(), "open sesame")
	if err != nil {
		t.Fatal(err)
	}
	second, err := seal.HashPassword(t.Context(), "open sesame")
	if err != nil || first == second || !strings.HasPrefix(first, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("%v: %s and %s", err, first, second)
	}
	if ok, outdated := verify(t, first, "open sesame"); !ok || outdated {
		t.Errorf("the right password: %v %v", ok, outdated)
	}
	for _, wrong := range []string{"", "open sesame ", "Open sesame", "open"} {
		if ok, _ := verify(t, first, wrong); ok {
			t.Errorf("%q opens", wrong)
		}
	}
}

// A server that is asked for an account without a password must do the work
// all the same, and nothing opens.
func TestNobodysPassword(t *testing.T) {
	t.Parallel()
	for _, password := range []string{"", "x"} {
		if ok, outdated := verify(t, "", password); ok || outdated {
			t.Errorf("%q opens what nobody has", password)
		}
	}
}

// foreign are hashes of "open sesame" as other programs keep them.
func foreign(t *testing.T) map[string]string {
	t.Helper()
	salt := []byte("0123456789abcdef")
	sum, err := scrypt.Key([]byte("open sesame"), salt, 16384, 8, 1, 64)
	if err != nil {
		t.Fatal(err)
	}
	crypt, err := bcrypt.GenerateFromPassword([]byte("open sesame"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	saltHex, sumHex := hex.EncodeToString(salt), hex.EncodeToString(sum)
	return map[string]string{
		"scrypt":        "scrypt:" + saltHex + ":" + sumHex,
		"FreeSewing v3": fmt.Sprintf(`{"type":"v3","hash":%q,"salt":%q}`, sumHex, saltHex),
		"bcrypt 2a":     string(crypt),
		"bcrypt 2b":     strings.Replace(string(crypt), "$2a$", "$2b$", 1),
		"bcrypt 2y":     " " + strings.Replace(string(crypt), "$2a$", "$2y$", 1) + "\n",
		"FreeSewing v2": fmt.Sprintf(`{"type":"v2","data":%q}`, crypt),
		"old argon2id":  "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$DXSh6w5wBldcS1cPLR7jo5rtGCTR2N3lQUB2rYQ7eUA",
	}
}

func TestForeignHash(t *testing.T) {
	t.Parallel()
	for name, text := range foreign(t) {
		hash, err := seal.ForeignHash(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if name == "old argon2id" {
			continue // it is of another password
		}
		if ok, outdated := verify(t, hash, "open sesame"); !ok || !outdated {
			t.Errorf("%s: the right password: %v, to be made anew: %v", name, ok, outdated)
		}
		if ok, outdated := verify(t, hash, "open sesam"); ok || outdated {
			t.Errorf("%s: a wrong password: %v %v", name, ok, outdated)
		}
	}
}

func TestForeignHashRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "open sesame", "{}", "{", `{"type":"v4","hash":"00","salt":"00"}`, `{"type":"v3"}`, `{"type":"v3","hash":1}`,
		"scrypt:00:00", "scrypt:zz:zz", "scrypt:0011223344556677", "$2a$", "$2a$31$" + strings.Repeat("a", 53), "$2x$10$" + strings.Repeat("a", 53),
		"$argon2id$", "$argon2id$v=19$m=19456,t=2,p=1$AAAA$AAAA", "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$QUJDREVGR0hJSktMTU5PUA",
		"$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$QUJDREVGR0hJSktMTU5PUA", "$argon2id$v=19$m=64,t=9999,p=1$c29tZXNhbHQ$QUJDREVGR0hJSktMTU5PUA",
		"$argon2id$v=19$m=64,t=0,p=1$c29tZXNhbHQ$QUJDREVGR0hJSktMTU5PUA", "$argon2id$v=19$m=64,t=1,p=0$c29tZXNhbHQ$QUJDREVGR0hJSktMTU5PUA",
		"$argon2id$v=18$m=64,t=1,p=1$c29tZXNhbHQ$QUJDREVGR0hJSktMTU5PUA", "$argon2id$v=19$m=64,t=1,p=1$????????$QUJDREVGR0hJSktMTU5PUA",
	} {
		_, err := seal.ForeignHash(text)
		if muster.CodeOf(err) != muster.Invalid {
			t.Errorf("%q: %v", text, err)
		}
		if err != nil && len(text) > 8 && strings.Contains(err.Error(), text) {
			t.Errorf("the refusal of %q repeats it", text)
		}
	}
}

// Whoever has gone does not wait for a turn, and frees none.
func TestHashingGivesWay(t *testing.T) {
	t.Parallel()
	var wait sync.WaitGroup
	for range 16 {
		wait.Go(func() {
			if _, err := seal.HashPassword(t.Context(), "x"); err != nil {
				t.Error(err)
			}
		})
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	for range 64 {
		if _, err := seal.HashPassword(gone, "x"); err != nil && muster.CodeOf(err) != muster.Unavailable {
			t.Error(err)
		}
	}
	wait.Wait()
}

func FuzzForeignHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$QUJDREVGR0hJSktMTU5PUA")
	f.Add("$2a$04$" + strings.Repeat("a", 53))
	f.Add("scrypt:00112233445566778899aabbccddeeff:00")
	f.Add(`{"type":"v3","hash":"00","salt":"00"}`)
	f.Fuzz(func(t *testing.T, text string) {
		hash, err := seal.ForeignHash(text)
		if err != nil {
			if muster.CodeOf(err) != muster.Invalid {
				t.Fatal(err)
			}
			return
		}
		if again, err := seal.ForeignHash(hash); err != nil || again != hash {
			t.Errorf("%q was taken, and as %q it is not: %v", text, hash, err)
		}
	})
}
