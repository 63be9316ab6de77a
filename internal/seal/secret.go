package seal

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

const secretBytes = 32

// Secret is the server's own secret. It never enters the database: whoever
// has a copy of the data cannot forge tokens or open what is sealed.
type Secret struct {
	material []byte
	older    [][]byte // what it was before, the newest first; a Ring opens with these
}

// Load reads the secret from path, and makes it there (mode 0600) where there
// is none yet. The file has 32 bytes or more in base64 a line, the newest first: a
// new secret is put before those that it replaces. A file that others may read
// is refused.
func Load(path string) (Secret, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = create(path); err == nil {
			text, err = os.ReadFile(path)
		}
	}
	if err != nil {
		return Secret{}, fmt.Errorf("secret file: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return Secret{}, fmt.Errorf("secret file: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return Secret{}, fmt.Errorf("secret file %s may be read by others (mode %04o): chmod 600 it", path, info.Mode().Perm())
	}
	s, ok := parseSecret(string(text))
	if !ok {
		return Secret{}, fmt.Errorf("secret file %s does not hold %d bytes in base64", path, secretBytes)
	}
	return s, nil
}

func parseSecret(text string) (Secret, bool) {
	var all [][]byte
	for line := range strings.Lines(strings.TrimSpace(text)) {
		material, err := base64.StdEncoding.DecodeString(strings.TrimSpace(line))
		if err != nil || len(material) < secretBytes {
			return Secret{}, false
		}
		all = append(all, material)
	}
	if len(all) == 0 {
		return Secret{}, false
	}
	return Secret{all[0], all[1:]}, true
}

// Renew puts a new secret before the one of a file, if that holds only one:
// from now on both open, and the new one seals.
func Renew(path string) error {
	s, err := Load(path)
	if err != nil || len(s.older) > 0 {
		return err // an earlier attempt did not come to its end, and goes on
	}
	return WriteFile(path, []byte(line(random())+line(s.material)), true)
}

// DropOlder leaves the newest secret of a file alone, once nothing is sealed
// with the others.
func DropOlder(path string) error {
	s, err := Load(path)
	if err != nil {
		return err
	}
	return WriteFile(path, []byte(line(s.material)), true)
}

func line(material []byte) string { return base64.StdEncoding.EncodeToString(material) + "\n" }

// Parts are this secret and those that it replaced, each alone.
func (s Secret) Parts() []Secret {
	all := []Secret{{material: s.material}}
	for _, material := range s.older {
		all = append(all, Secret{material: material})
	}
	return all
}

// create makes the file; where another process was quicker, its file counts.
func create(path string) error {
	err := WriteFile(path, []byte(line(random())), false)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

func random() []byte {
	b := make([]byte, secretBytes)
	_, _ = rand.Read(b) // it never fails
	return b
}

// IsZero reports that this is no secret: none was loaded.
func (s Secret) IsZero() bool { return len(s.material) == 0 }

// Key derives the 32-byte key for a purpose; different purposes have keys
// that tell nothing of each other.
func (s Secret) Key(purpose string) ([]byte, error) {
	return hkdf.Key(sha256.New, s.material, nil, "muster "+purpose, secretBytes)
}

// Fingerprints are those of this secret and of those that it replaced, the
// newest first.
func (s Secret) Fingerprints() (list []string, err error) {
	for _, part := range s.Parts() {
		fingerprint, err := part.Fingerprint()
		if err != nil {
			return nil, err
		}
		list = append(list, fingerprint)
	}
	return list, nil
}

// Fingerprint recognises the secret without telling anything of it.
func (s Secret) Fingerprint() (string, error) {
	k, err := s.Key("fingerprint")
	return hex.EncodeToString(k), err
}

// NewCredential makes the secret of an API credential: 256 bits from the
// system's generator, in letters that need no escaping in URLs or shells.
func NewCredential() string {
	return "mk_" + base64.RawURLEncoding.EncodeToString(random())
}

// HashCredential is the SHA-256 of a credential's secret, in hexadecimal. It
// is all that is stored. A slow hash would add nothing to 256 random bits.
func HashCredential(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
