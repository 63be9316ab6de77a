package seal

import (
	"bytes"
	"slices"
	"testing"
)

func TestBox(t *testing.T) {
	key := bytes.Repeat([]byte{7}, secretBytes)
	sealed, err := Seal(key, []byte("push me"), "server 1")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("push me")) {
		t.Error("the text stands in the box")
	}
	if again, err := Seal(key, []byte("push me"), "server 1"); err != nil || bytes.Equal(sealed, again) {
		t.Error("two boxes of one text are alike", err)
	}
	if text, err := Open(key, sealed, "server 1"); err != nil || string(text) != "push me" {
		t.Error(string(text), err)
	}
	damaged := slices.Clone(sealed)
	damaged[len(damaged)-1] ^= 1
	other := bytes.Repeat([]byte{8}, secretBytes)
	for name, open := range map[string]func() ([]byte, error){
		"of another row":      func() ([]byte, error) { return Open(key, sealed, "server 2") },
		"with another secret": func() ([]byte, error) { return Open(other, sealed, "server 1") },
		"damaged":             func() ([]byte, error) { return Open(key, damaged, "server 1") },
		"cut short":           func() ([]byte, error) { return Open(key, sealed[:5], "server 1") },
		"with no key":         func() ([]byte, error) { return Open(nil, sealed, "server 1") },
	} {
		if text, err := open(); err == nil || text != nil {
			t.Errorf("a box %s was opened: %q", name, text)
		}
	}
	if _, err := Seal(key[:16], nil, ""); err == nil {
		t.Error("a short key seals")
	}
}
