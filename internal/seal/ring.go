package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/muster-accounts/muster"
)

// Place is where a sealed text is kept. It is sealed along with the text, so
// that nobody can move a text to another row and have it opened there.
type Place struct {
	Community muster.CommunityID
	Subject   string // an account's id, or another row's name: "server 1"
	Member    string // "totp", "email"
}

func (p Place) String() string { return fmt.Sprintf("%q %q %q", p.Community, p.Subject, p.Member) }

// Ring seals with the newest key of a secret, and opens what was sealed with
// any of them. A sealed text is s1.<key id>.<nonce, text and tag in base64>;
// the box is that of Seal and Open.
type Ring struct{ keys []ringKey } // the newest first

type ringKey struct {
	id         string
	seal, fold []byte
}

const ringForm = "s1"

// NewRing derives a key for each part of the secret.
func NewRing(s Secret) (*Ring, error) {
	if s.IsZero() {
		return nil, errors.New("the server's own secret is not loaded")
	}
	r := &Ring{}
	for _, part := range s.Parts() {
		id, err := part.Key("ring id")
		if err != nil {
			return nil, err
		}
		k := ringKey{id: hex.EncodeToString(id[:4])}
		if k.seal, err = part.Key("ring seal"); err != nil {
			return nil, err
		}
		if k.fold, err = part.Key("ring fold"); err != nil {
			return nil, err
		}
		if _, twice := r.key(k.id); twice {
			return nil, errors.New("two parts of the secret are the same")
		}
		r.keys = append(r.keys, k)
	}
	return r, nil
}

func (r *Ring) key(id string) (ringKey, bool) {
	for _, k := range r.keys {
		if k.id == id {
			return k, true
		}
	}
	return ringKey{}, false
}

// Seal seals a text for a place, with the newest key. The same text is sealed
// to another each time; Fold is for what must be found.
func (r *Ring) Seal(at Place, text string) (string, error) {
	k := r.keys[0]
	box, err := Seal(k.seal, []byte(text), at.String())
	if err != nil {
		return "", err
	}
	return ringForm + "." + k.id + "." + base64.RawURLEncoding.EncodeToString(box), nil
}

// Open gives back what was sealed for a place.
func (r *Ring) Open(at Place, sealed string) (string, error) {
	id, body, ok := cutSealed(sealed)
	if !ok {
		return "", errors.New("this is not a sealed text")
	}
	k, ok := r.key(id)
	if !ok {
		return "", fmt.Errorf("this was sealed with key %s, which the secret file does not hold", id)
	}
	box, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if err != nil {
		return "", errors.New("this is not a sealed text")
	}
	text, err := Open(k.seal, box, at.String())
	return string(text), err
}

// Newest tells whether a text is sealed with the newest key. One that is not
// is to be opened and sealed anew, before the key it has leaves the ring.
func (r *Ring) Newest(sealed string) bool {
	id, _, ok := cutSealed(sealed)
	return ok && id == r.keys[0].id
}

// IsSealed tells whether a text has the form of a sealed one.
func IsSealed(text string) bool {
	_, _, ok := cutSealed(text)
	return ok
}

// cutSealed takes a sealed text apart. What it names is not yet proven.
func cutSealed(sealed string) (id, body string, ok bool) {
	parts := strings.Split(sealed, ".")
	if len(parts) != 3 || parts[0] != ringForm || len(parts[1]) != 8 {
		return "", "", false
	}
	if _, err := hex.DecodeString(parts[1]); err != nil || strings.ContainsAny(parts[2], "\r\n") { // the decoder would pass over these
		return "", "", false
	}
	return parts[1], parts[2], true
}

// Fold stands in for a sealed text where that must be found by all of it, or
// must be unique: the caller folds the text as the unsealed column would be,
// and leaves the place's Subject empty. It is an HMAC-SHA-256 under the newest
// key, which tells nothing without it.
func (r *Ring) Fold(at Place, folded string) string { return r.keys[0].foldOf(at, folded) }

// Folds are what Fold would make of a text with each key, the newest first:
// rows that were written under older ones are found by these.
func (r *Ring) Folds(at Place, folded string) []string {
	folds := make([]string, len(r.keys))
	for i, k := range r.keys {
		folds[i] = k.foldOf(at, folded)
	}
	return folds
}

func (k ringKey) foldOf(at Place, folded string) string {
	mac := hmac.New(sha256.New, k.fold)
	mac.Write([]byte(at.String() + " " + folded))
	return k.id + "." + hex.EncodeToString(mac.Sum(nil))
}
