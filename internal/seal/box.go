package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
)

// Seal encrypts and authenticates text with AES-256-GCM under a key of
// Secret.Key. about is what the text belongs to: it is not kept in the box,
// and only the same opens it, so that a box cannot be moved to another row.
func Seal(key, text []byte, about string) ([]byte, error) {
	box, err := newBox(key)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, box.NonceSize(), box.NonceSize()+len(text)+box.Overhead())
	_, _ = rand.Read(nonce) // it never fails
	return box.Seal(nonce, nonce, text, []byte(about)), nil
}

// Open gives back what was sealed.
func Open(key, sealed []byte, about string) ([]byte, error) {
	box, err := newBox(key)
	if err != nil {
		return nil, err
	}
	if len(sealed) < box.NonceSize() {
		return nil, errors.New("what was sealed is too short")
	}
	text, err := box.Open(nil, sealed[:box.NonceSize()], sealed[box.NonceSize():], []byte(about))
	if err != nil {
		return nil, errors.New("what was sealed was sealed with another secret, for something else, or is damaged")
	}
	return text, nil
}

func newBox(key []byte) (cipher.AEAD, error) {
	if len(key) != secretBytes {
		return nil, errors.New("a key to seal with has 32 bytes")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
