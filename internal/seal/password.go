package seal

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/muster-accounts/muster"
)

// How passwords are hashed: argon2id with what OWASP's password storage cheat
// sheet asks for at least (19 MiB, 2 passes, 1 lane). The parameters stand in
// each hash, so that they can be raised and old hashes still be checked.
const (
	argonMemory = 19 * 1024 // KiB
	argonPasses = 2
	argonLanes  = 1
	argonSalt   = 16 // bytes
	argonHash   = 32 // bytes
)

// hashing bounds how many passwords are hashed at a time in this process. Each
// takes a core and some 19 MiB: more at once would be no quicker, and a flood
// of sign-ins would take all memory. The rest waits.
var hashing = make(chan struct{}, max(2, runtime.GOMAXPROCS(0)))

// slow runs fn when its turn has come. A ctx that ends before withdraws it.
func slow(ctx context.Context, fn func()) error {
	select {
	case hashing <- struct{}{}:
	case <-ctx.Done():
		return muster.Errorf(muster.Unavailable, "", "the request ended before its turn came")
	}
	defer func() { <-hashing }()
	fn()
	return nil
}

// HashPassword is what is kept of a password: a PHC string with its own
// random salt, such as $argon2id$v=19$m=19456,t=2,p=1$salt$hash.
func HashPassword(ctx context.Context, password string) (hash string, err error) {
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // it never fails
	err = slow(ctx, func() {
		sum := argon2.IDKey([]byte(password), salt, argonPasses, argonMemory, argonLanes, argonHash)
		hash = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonPasses, argonLanes,
			base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum))
	})
	return hash, err
}

// nobodys is a hash that no password has: its preimage would have to be found.
var nobodys = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonPasses, argonLanes,
	base64.RawStdEncoding.EncodeToString(make([]byte, argonSalt)), base64.RawStdEncoding.EncodeToString(make([]byte, argonHash)))

// VerifyPassword checks a password against what is kept of it: argon2id of
// Muster's making, or a hash that was brought along (see ForeignHash). An
// empty hash, of an account that has no password or is not there, takes as
// long as a wrong password does. outdated tells that the hash is not what
// HashPassword would make today.
func VerifyPassword(ctx context.Context, hash, password string) (ok, outdated bool, err error) {
	if hash == "" {
		hash = nobodys
	}
	check, err := parseHash(hash)
	if err != nil {
		return false, false, err
	}
	err = slow(ctx, func() { ok = check([]byte(password)) })
	return ok, ok && !strings.HasPrefix(hash, currentHash), err
}

var currentHash = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, argonMemory, argonPasses, argonLanes)

// ForeignHash checks that a hash from elsewhere can be verified here, and
// gives it back in the form in which it is kept. It takes
//
//   - $argon2id$v=19$m=..,t=..,p=..$salt$hash, at most 256 MiB and 16 passes;
//   - bcrypt's $2a$, $2b$ and $2y$, of a cost of at most 16;
//   - scrypt:<salt>:<hash>, both in hexadecimal, with N=16384, r=8, p=1;
//   - FreeSewing's column as it is: {"type":"v3","hash":"..","salt":".."},
//     which is that scrypt, or {"type":"v2","data":".."}, which is bcrypt.
func ForeignHash(text string) (string, error) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "{") {
		var err error
		if text, err = unwrapFreeSewing(text); err != nil {
			return "", err
		}
	}
	_, err := parseHash(text)
	return text, err
}

// checker tells whether a password is the one of a hash.
type checker func(password []byte) bool

// errHash names no part of the hash: it could land in a log.
var errHash = muster.Errorf(muster.Invalid, "password", "the hash is of no kind that is known here, or of too great a cost")

func parseHash(text string) (checker, error) {
	switch {
	case strings.HasPrefix(text, "$argon2id$"):
		return parseArgon(text)
	case strings.HasPrefix(text, "$2a$"), strings.HasPrefix(text, "$2b$"), strings.HasPrefix(text, "$2y$"):
		return parseBcrypt(text)
	case strings.HasPrefix(text, "scrypt:"):
		return parseScrypt(text)
	}
	return nil, errHash
}

func parseArgon(text string) (checker, error) {
	var version int
	var memory, passes uint32
	var lanes uint8
	parts := strings.Split(text, "$")
	if len(parts) != 6 {
		return nil, errHash
	}
	if n, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &passes, &lanes); n != 4 || err != nil {
		return nil, errHash
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return nil, errHash
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return nil, errHash
	}
	bounded := memory <= 256*1024 && passes >= 1 && passes <= 16 && lanes >= 1 && len(salt) >= 8 && len(want) >= 16 && len(want) <= 128
	if version != argon2.Version || !bounded {
		return nil, errHash
	}
	return func(password []byte) bool {
		got := argon2.IDKey(password, salt, passes, memory, lanes, uint32(len(want))) //nolint:gosec // at most 128, as checked above
		return subtle.ConstantTimeCompare(got, want) == 1
	}, nil
}
