package sonoran

import (
	"bytes"
	"strings"
)

// space is JSON's white space. It is trimmed at the right end only: what was
// passed once is not looked at again, however long the body.
const space = " \t\r\n"

// loosen turns JSON as the vendor's pages print it into JSON: comments from //
// to the end of the line go, so does "..." where a value could stand; a comma
// is put where a comment stands between two members in place of one, and taken
// where nothing follows it. ok is false where there is no comment, so that
// what is malformed otherwise stays so.
func loosen(b []byte) (loose []byte, ok bool) {
	out := make([]byte, 0, len(b))
	commented := false // since the last byte of out that is not white space
	for i := 0; i < len(b); {
		switch rest := b[i:]; {
		case rest[0] == '"':
			n := stringLength(rest)
			if commented && endsValue(out) {
				out = append(out, ',')
			}
			out, i, commented = append(out, rest[:n]...), i+n, false
		case bytes.HasPrefix(rest, []byte("//")):
			n := bytes.IndexByte(rest, '\n')
			if n < 0 {
				n = len(rest)
			}
			i, ok, commented = i+n, true, true
		case bytes.HasPrefix(rest, []byte("...")):
			i += len("...")
		default:
			if rest[0] == ']' || rest[0] == '}' {
				out = bytes.TrimSuffix(bytes.TrimRight(out, space), []byte{','})
			}
			if !strings.Contains(space, string(rest[0])) {
				commented = false
			}
			out, i = append(out, rest[0]), i+1
		}
	}
	return out, ok
}

// stringLength is the length of the JSON string that b begins with, or of all
// of b where it does not end.
func stringLength(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

// endsValue reports whether the last thing written is a value, after which a
// string can only stand behind a comma.
func endsValue(out []byte) bool {
	out = bytes.TrimRight(out, space)
	return len(out) > 0 && !bytes.ContainsAny(out[len(out)-1:], "{[,:")
}
