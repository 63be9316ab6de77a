package seal

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

func load(t *testing.T, path string) Secret {
	t.Helper()
	s, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func key(t *testing.T, s Secret, purpose string) []byte {
	t.Helper()
	k, err := s.Key(purpose)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestLoadMakesASecret(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "secret")
	s := load(t, path)
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("the file has mode %v, %v", info.Mode(), err)
	}
	if len(s.material) != 32 || bytes.Equal(s.material, make([]byte, 32)) {
		t.Errorf("the secret is %x", s.material)
	}
	if again := load(t, path); !bytes.Equal(again.material, s.material) {
		t.Error("read again, it is another")
	}
	if other := load(t, filepath.Join(dir, "other")); bytes.Equal(other.material, s.material) {
		t.Error("two files hold the same secret")
	}
	left, err := fs.Glob(os.DirFS(dir), "*")
	if err != nil || strings.Join(left, " ") != "other secret" {
		t.Errorf("the folder holds %v", left)
	}
	left, err = fs.Glob(os.DirFS(dir), ".*")
	if err != nil || len(left) > 0 && left[0] != "." {
		t.Errorf("left behind are %v", left)
	}
}

// Processes that start together agree on one secret.
func TestLoadAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	loaded := make([]Secret, 16)
	var all sync.WaitGroup
	for i := range loaded {
		all.Go(func() {
			var err error
			if loaded[i], err = Load(path); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, s := range loaded {
		if !bytes.Equal(s.material, loaded[0].material) {
			t.Fatal("two processes have different secrets")
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	good := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	for _, tt := range []struct {
		name, text string
		mode       os.FileMode
		says       string // empty: it is accepted
	}{
		{"good", good + "\n", 0o600, ""},
		{"read only", " " + good, 0o400, ""},
		{"a longer one", base64.StdEncoding.EncodeToString(make([]byte, 64)), 0o600, ""},
		{"the group reads", good, 0o640, "chmod 600"},
		{"others write", good, 0o602, "chmod 600"},
		{"empty", "", 0o600, "32 bytes"},
		{"short", base64.StdEncoding.EncodeToString(make([]byte, 31)), 0o600, "32 bytes"},
		{"cut off", good[:40], 0o600, "32 bytes"},
		{"garbage", strings.Repeat("ä", 32), 0o600, "32 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "secret")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, tt.mode); err != nil {
				t.Fatal(err)
			}
			s, err := Load(path)
			if tt.says == "" {
				if err != nil || len(s.material) < 32 {
					t.Errorf("got %d bytes, %v", len(s.material), err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want what says %q", err, tt.says)
			}
			if err != nil && tt.text != "" && strings.Contains(err.Error(), tt.text) {
				t.Errorf("the error tells the secret: %v", err)
			}
			if now, _ := os.ReadFile(path); string(now) != tt.text {
				t.Error("the file was written over")
			}
		})
	}
	if _, err := Load(filepath.Join(t.TempDir(), "no", "folder")); err == nil {
		t.Error("a secret in no folder was loaded")
	}
}

func TestKeys(t *testing.T) {
	s := Secret{material: bytes.Repeat([]byte{1}, 32)}
	other := Secret{material: bytes.Repeat([]byte{2}, 32)}
	seen := map[string]string{}
	for name, k := range map[string][]byte{
		"material": s.material, "tokens": key(t, s, "tokens"), "fields": key(t, s, "fields"), "of nothing": key(t, s, ""), "of another secret": key(t, other, "tokens"),
	} {
		if len(k) != 32 {
			t.Errorf("%s has %d bytes", name, len(k))
		}
		if twin, ok := seen[string(k)]; ok {
			t.Errorf("%s and %s are the same", name, twin)
		}
		seen[string(k)] = name
	}
	if !bytes.Equal(key(t, s, "tokens"), key(t, Secret{material: bytes.Repeat([]byte{1}, 32)}, "tokens")) {
		t.Error("the same secret has different keys")
	}
	// Data is bound to a secret by this text; another derivation would lock it out.
	text, err := s.Fingerprint()
	if b, e := hex.DecodeString(text); err != nil || e != nil || len(b) != 32 {
		t.Errorf("the fingerprint is %q, %v", text, err)
	}
	if text != "4e31d40000626f97b4d1d1910fd98db393f6c5c0d429729dfc9e2756792e353e" {
		t.Errorf("the fingerprint is %q", text)
	}
	if o, _ := other.Fingerprint(); o == text {
		t.Error("two secrets have one fingerprint")
	}
}

func TestCredentials(t *testing.T) {
	shape := regexp.MustCompile(`^mk_[A-Za-z0-9_-]{43}$`)
	seen := map[string]bool{}
	for range 100 {
		c := NewCredential()
		if !shape.MatchString(c) || seen[c] {
			t.Fatalf("the credential is %q", c)
		}
		seen[c] = true
	}
	// SHA-256 of "abc", from FIPS 180-2.
	if got := HashCredential("abc"); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("the hash is %s", got)
	}
}
