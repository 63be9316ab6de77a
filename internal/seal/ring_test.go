package seal

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var here = Place{Community: "demo", Subject: "4d1b4f2e-0000-4000-8000-000000000001", Member: "totp"}

func ring(t *testing.T, materials ...byte) *Ring {
	t.Helper()
	s := Secret{material: bytes.Repeat([]byte{materials[0]}, secretBytes)}
	for _, m := range materials[1:] {
		s.older = append(s.older, bytes.Repeat([]byte{m}, secretBytes))
	}
	r, err := NewRing(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sealed(t *testing.T, r *Ring, text string) string {
	t.Helper()
	out, err := r.Seal(here, text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRing(t *testing.T) {
	r := ring(t, 1)
	for _, text := range []string{"", "JBSWY3DPEHPK3PXP", "Zoë\x00\n", strings.Repeat("x", 100_000)} {
		box := sealed(t, r, text)
		if !regexp.MustCompile(`^s1\.[0-9a-f]{8}\.[A-Za-z0-9_-]+$`).MatchString(box) {
			t.Fatalf("sealed, %.20q is %.60q", text, box)
		}
		if got, err := r.Open(here, box); err != nil || got != text {
			t.Errorf("%.20q comes back as %.20q, %v", text, got, err)
		}
		if box == sealed(t, r, text) {
			t.Errorf("%.20q is sealed alike twice", text)
		}
	}
}

// A text opens in its own place only. Names that run into each other are
// different places all the same.
func TestRingPlaces(t *testing.T) {
	r := ring(t, 1)
	box := sealed(t, r, "x")
	for _, other := range []Place{
		{}, {"other", here.Subject, here.Member}, {here.Community, "other", here.Member}, {here.Community, here.Subject, "email"},
		{here.Community, here.Subject + `" "` + here.Member, ""},
	} {
		if text, err := r.Open(other, box); err == nil || text != "" {
			t.Errorf("it opens in %s as %q", other, text)
		}
	}
	if (Place{"a", "b c", "d"}).String() == (Place{"a b", "c", "d"}).String() || (Place{`a" "b`, "c", ""}).String() == (Place{"a", `b" "c`, ""}).String() {
		t.Error("two places have one name")
	}
}

func TestRingRefuses(t *testing.T) {
	r := ring(t, 1)
	good := sealed(t, r, "attack at dawn")
	dot := strings.LastIndex(good, ".")
	swapped := []byte(good)
	if swapped[len(swapped)-5]++; swapped[len(swapped)-5] == 'Z'+1 || swapped[len(swapped)-5] == 'z'+1 || swapped[len(swapped)-5] == '9'+1 {
		swapped[len(swapped)-5] -= 2
	}
	for _, bad := range []string{
		"", "attack at dawn", "s1", "s1..", good[:dot], good[:dot+1], good[:dot+9], good + ".x", good + "=", good + "\n", " " + good, "s2" + good[2:], "S1" + good[2:],
		"s1.zzzzzzzz" + good[dot:], "s1.00000000" + good[dot:], strings.ToUpper(good[:dot]) + good[dot:], good[:dot+1] + "????", string(swapped),
	} {
		text, err := r.Open(here, bad)
		if err == nil || text != "" {
			t.Errorf("%q opens as %q", bad, text)
		}
		if err != nil && len(bad) > dot+9 && strings.Contains(err.Error(), bad[dot+1:]) {
			t.Errorf("the refusal repeats the text: %v", err)
		}
	}
	if _, err := NewRing(Secret{}); err == nil {
		t.Error("no secret makes a ring")
	}
	if _, err := NewRing(Secret{material: make([]byte, 32), older: [][]byte{make([]byte, 32)}}); err == nil {
		t.Error("one secret twice makes a ring")
	}
}

func TestRingRotates(t *testing.T) {
	old, both, young := ring(t, 1), ring(t, 2, 1), ring(t, 2)
	box := sealed(t, old, "x")
	if !old.Newest(box) || both.Newest(box) || both.Newest("x") || both.Newest("") {
		t.Error("what is sealed with the newest key is not told from what is not")
	}
	if text, err := both.Open(here, box); err != nil || text != "x" {
		t.Errorf("an older key opens %q, %v", text, err)
	}
	if text, err := young.Open(here, box); err == nil || !strings.Contains(err.Error(), "does not hold") {
		t.Errorf("a key that has left opens %q, %v", text, err)
	}
	if again := sealed(t, both, "x"); !both.Newest(again) {
		t.Error("sealed anew, it has not the newest key")
	} else if text, err := young.Open(here, again); err != nil || text != "x" {
		t.Errorf("the newest key opens %q, %v", text, err)
	}
}

func TestRingFolds(t *testing.T) {
	old, both := ring(t, 1), ring(t, 2, 1)
	place := Place{Community: "demo", Member: "email"}
	was := old.Fold(place, "zoe@example.org")
	if was != old.Fold(place, "zoe@example.org") || strings.Contains(was, "zoe") {
		t.Errorf("folded, it is %q", was)
	}
	folds := both.Folds(place, "zoe@example.org")
	if len(folds) != 2 || folds[0] != both.Fold(place, "zoe@example.org") || folds[1] != was || folds[0] == folds[1] {
		t.Errorf("with both keys it is %q, and was %q", folds, was)
	}
	for _, other := range []string{
		old.Fold(place, "zoe@example.com"), old.Fold(Place{Community: "other", Member: "email"}, "zoe@example.org"),
		old.Fold(Place{Community: "demo", Member: "bio"}, "zoe@example.org"), old.Fold(Place{"demo", "x", "email"}, "zoe@example.org"),
	} {
		if other == was {
			t.Error("different texts or places fold to one")
		}
	}
	// Rows hold these; another derivation would lose them all.
	if was != "31e31afe.f64781086ddef608f636fd5c77971f76dfb320fd68ad004b2f92446f44c4918b" {
		t.Errorf("the fold is %q", was)
	}
}

func TestLoadSeveral(t *testing.T) {
	line := func(m byte) string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{m}, secretBytes)) }
	path := filepath.Join(t.TempDir(), "secret")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(line(2) + "\n" + line(1) + "\r\n\n")
	s := load(t, path)
	if s.material[0] != 2 || len(s.older) != 1 || s.older[0][0] != 1 {
		t.Errorf("the secrets are %x", append(slices.Clone(s.older), s.material))
	}
	one := Secret{material: bytes.Repeat([]byte{2}, secretBytes)}
	if !bytes.Equal(key(t, s, "tokens"), key(t, one, "tokens")) {
		t.Error("keys are not those of the newest secret")
	}
	for _, bad := range []string{line(2) + "\n\n" + line(1), line(2) + "\nx", line(2) + " " + line(1), line(2) + "\n" + line(1)[:20]} {
		write(bad)
		if _, err := Load(path); err == nil || strings.Contains(err.Error(), line(2)) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzRingOpen(f *testing.F) {
	r, err := NewRing(Secret{material: bytes.Repeat([]byte{1}, secretBytes)})
	if err != nil {
		f.Fatal(err)
	}
	genuine, err := r.Seal(here, "x")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(genuine)
	f.Add("s1.00000000.")
	f.Add("s1..")
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := r.Open(here, text); err == nil && (text != genuine || got != "x") {
			t.Errorf("%q opens as %q", text, got)
		}
	})
}
