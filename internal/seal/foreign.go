package seal

import (
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"strings"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
)

// FreeSewing's backend hashes with the defaults of Node's scrypt, 64 bytes
// with a salt of 16; its v2 used bcrypt.
const (
	scryptN    = 16384
	scryptR    = 8
	scryptP    = 1
	scryptHash = 64 // bytes
)

// maxBcryptCost is where a check takes some seconds.
const maxBcryptCost = 16

func parseBcrypt(text string) (checker, error) {
	cost, err := bcrypt.Cost([]byte(text))
	if err != nil || cost > maxBcryptCost || len(text) != 60 {
		return nil, errHash
	}
	return func(password []byte) bool { return bcrypt.CompareHashAndPassword([]byte(text), password) == nil }, nil
}

func parseScrypt(text string) (checker, error) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return nil, errHash
	}
	salt, err := hex.DecodeString(parts[1])
	if err != nil || len(salt) < 8 {
		return nil, errHash
	}
	want, err := hex.DecodeString(parts[2])
	if err != nil || len(want) != scryptHash {
		return nil, errHash
	}
	return func(password []byte) bool {
		got, err := scrypt.Key(password, salt, scryptN, scryptR, scryptP, scryptHash)
		return err == nil && subtle.ConstantTimeCompare(got, want) == 1
	}, nil
}

// unwrapFreeSewing reads the JSON that FreeSewing's backend keeps in its
// column "password".
func unwrapFreeSewing(text string) (string, error) {
	var kept struct{ Type, Hash, Salt, Data string }
	if json.Unmarshal([]byte(text), &kept) != nil {
		return "", errHash
	}
	switch kept.Type {
	case "v3":
		return "scrypt:" + kept.Salt + ":" + kept.Hash, nil
	case "v2":
		return kept.Data, nil
	}
	return "", errHash
}
