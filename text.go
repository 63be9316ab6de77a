package muster

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Lengths in characters that no account's text may exceed, whatever a field's
// own rules say.
const (
	maxLine     = 1_000
	maxLongText = 100_000
	maxItems    = 1_000
	maxName     = 100
	maxID       = 200
	maxAwaited  = 254 // as long as an e-mail address can be
)

// checkLine accepts one line of at most limit characters: valid UTF-8 without
// control characters.
func checkLine(field, s string, limit int) error {
	if err := checkText(field, s, limit); err != nil {
		return err
	}
	if i := strings.IndexFunc(s, unicode.IsControl); i >= 0 {
		return Errorf(Invalid, field, "must be one line without control characters")
	}
	return nil
}

// checkHandle is checkLine that refuses marks which show nothing as well, or
// turn the direction of text: names that look alike must be alike.
func checkHandle(field, s string, limit int) error {
	if strings.IndexFunc(s, func(r rune) bool { return unicode.Is(unicode.Cf, r) }) >= 0 {
		return Errorf(Invalid, field, "must not contain invisible marks")
	}
	return checkLine(field, s, limit)
}

// checkText accepts text of several lines. NUL is refused here for every
// store: PostgreSQL cannot hold it.
func checkText(field, s string, limit int) error {
	switch {
	case !utf8.ValidString(s):
		return Errorf(Invalid, field, "is not valid UTF-8")
	case strings.ContainsRune(s, 0):
		return Errorf(Invalid, field, "must not contain NUL")
	case utf8.RuneCountInString(s) > limit:
		return Errorf(TooLarge, field, "is longer than %d characters", limit)
	}
	return nil
}

// maxQuoted is how many characters of a client's text an error repeats.
const maxQuoted = 100

// Quote is a client's text as an error repeats it: in quotes, only the
// beginning of what is long, and escaped where a character cannot be seen.
func Quote[S ~string](s S) string { return strconv.Quote(cut(string(s), maxQuoted)) }

// cut is the beginning of a text, as valid UTF-8.
func cut(s string, limit int) string {
	n := 0
	for i := range s {
		if n == limit {
			s = s[:i] + "…"
			break
		}
		n++
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// visible puts something to see in the place of what cannot be seen.
func visible(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return '\ufffd'
}

// keepTime is a time in the form in which it is kept, UTC in microseconds;
// zero stays zero. JSON ends with the year 9999, and 1970 began with the
// moment that is stored for none.
func keepTime(field string, t time.Time) (time.Time, error) {
	if t.IsZero() {
		return t, nil
	}
	t = t.UTC().Truncate(time.Microsecond)
	if t.UnixMicro() <= 0 || t.Year() > 9999 {
		return t, Errorf(Invalid, field, "must lie after the beginning of 1970 and before the year 10000")
	}
	return t, nil
}

// checkID accepts an opaque id that stands in clients' configurations: any
// non-empty line without space at its ends.
func checkID(field, id string) error {
	if id == "" || strings.TrimSpace(id) != id {
		return Errorf(Invalid, field, "must not be empty nor begin or end with a space")
	}
	return checkLine(field, id, maxID)
}
