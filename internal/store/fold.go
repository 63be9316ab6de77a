package store

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// fold is the form in which names are compared: NFC, case folded, and NFC
// again, since folding takes some letters apart. The engines' own lower()
// differ, and SQLite's knows ASCII only.
func fold(s string) string {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return norm.NFC.String(cases.Fold().String(norm.NFC.String(s)))
		}
	}
	return strings.ToLower(s)
}

// longestName is how many bytes a name that is kept can have, and more.
const longestName = 4096

// keepable reports whether a name that a client looks for can be one that is
// kept. No other may reach an engine: PostgreSQL fails at NUL and at bytes that
// are not UTF-8, where all that is true is that nobody has such a name.
func keepable(name string) bool {
	return len(name) <= longestName && utf8.ValidString(name) && strings.IndexByte(name, 0) < 0
}
