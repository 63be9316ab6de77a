package muster

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep arrays and objects may be nested in a request.
const maxDepth = 32

// ParseJSON reads one JSON value as encoding/json does into an any, with
// numbers as json.Number, and refuses what encoding/json lets pass: a name
// that stands twice in an object, bytes that are not UTF-8, half a character
// or NUL in a text, another value after the first. Errors are Invalid, and
// their Path leads to the member at fault.
func ParseJSON(b []byte) (any, error) {
	b = bytes.TrimPrefix(b, []byte("\ufeff")) // some of Windows' tools begin a text with it
	if !utf8.Valid(b) {
		return nil, Errorf(Invalid, "", "the body is not valid UTF-8")
	}
	p := parser{json.NewDecoder(bytes.NewReader(b)), b}
	p.UseNumber()
	v, err := p.value(0)
	if err != nil {
		return nil, malformed(err)
	}
	if _, err := p.Token(); !errors.Is(err, io.EOF) {
		return nil, Errorf(Invalid, "", "the body is malformed JSON: something follows the first value")
	}
	return v, nil
}

// loneSurrogate reports whether a \u escape names half a character, which
// encoding/json would quietly replace.
func loneSurrogate(b []byte) bool {
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' {
			continue
		}
		r, ok := escaped(b[i:])
		switch {
		case !ok:
			i++ // whatever is escaped
		case !utf16.IsSurrogate(r):
			i += 5
		default:
			low, ok := escaped(b[min(i+6, len(b)):])
			if !ok || utf16.DecodeRune(r, low) == utf8.RuneError {
				return true
			}
			i += 11
		}
	}
	return false
}

// escaped reads the \uXXXX that b begins with, if it does.
func escaped(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return rune(n), err == nil
}

func malformed(err error) error {
	e, ours := errors.AsType[*Error](err)
	switch {
	case ours && e.Field != "":
		return e
	case ours:
		return Errorf(Invalid, "", "the body %s", e.Message)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Errorf(Invalid, "", "the body is malformed JSON: it ends too early")
	default:
		return Errorf(Invalid, "", "the body is malformed JSON: %v", err)
	}
}

// parser reads values from the text that its decoder reads.
type parser struct {
	*json.Decoder
	text []byte
}

// next is the next token. A text must be what was written: encoding/json reads
// half a surrogate pair as another character, and no store can keep NUL.
func (p parser) next() (json.Token, error) {
	from := p.InputOffset()
	token, err := p.Token()
	s, ok := token.(string)
	switch {
	case err != nil || !ok:
		return token, err
	case strings.ContainsRune(s, 0):
		return nil, Errorf(Invalid, "", "contains NUL, which cannot be kept")
	case loneSurrogate(p.text[from:p.InputOffset()]):
		return nil, Errorf(Invalid, "", "has half of a surrogate pair in an escape")
	}
	return token, nil
}

func (p parser) value(depth int) (any, error) {
	token, err := p.next()
	if err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	if depth == maxDepth {
		return nil, Errorf(Invalid, "", "is nested deeper than %d", maxDepth)
	}
	if delim == '[' {
		return p.array(depth)
	}
	return p.object(depth)
}

func (p parser) array(depth int) (any, error) {
	list := []any{}
	for p.More() {
		item, err := p.value(depth + 1)
		if err != nil {
			return nil, Within(itoa(len(list)), err)
		}
		list = append(list, item)
	}
	_, err := p.Token()
	return list, err
}

func (p parser) object(depth int) (any, error) {
	object := map[string]any{}
	for p.More() {
		token, err := p.next()
		if CodeOf(err) != "" {
			return nil, Errorf(Invalid, "", "has a name that %v", err)
		}
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		if _, twice := object[name]; twice {
			return nil, WithinMember(name, Errorf(Invalid, "", "stands twice in one object"))
		}
		if object[name], err = p.value(depth + 1); err != nil {
			return nil, WithinMember(name, err)
		}
	}
	_, err := p.Token()
	return object, err
}
