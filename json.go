package muster

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep arrays and objects may be nested in a request.
const maxDepth = 32

// ParseJSON reads one JSON value as encoding/json does into an any, with
// numbers as json.Number, and refuses what encoding/json lets pass: a name
// that stands twice in an object, bytes that are not UTF-8, text after the
// value. Errors are Invalid.
func ParseJSON(b []byte) (any, error) {
	b = bytes.TrimPrefix(b, []byte("\ufeff")) // some of Windows' tools begin a text with it
	if !utf8.Valid(b) {
		return nil, Errorf(Invalid, "", "the body is not valid UTF-8")
	}
	if loneSurrogate(b) {
		return nil, Errorf(Invalid, "", "the body has half of a surrogate pair in an escape")
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	v, err := parseValue(d, 0)
	if err != nil {
		return nil, malformed(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
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
	switch {
	case CodeOf(err) != "":
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Errorf(Invalid, "", "the body is malformed JSON: it ends too early")
	default:
		return Errorf(Invalid, "", "the body is malformed JSON: %v", err)
	}
}

func parseValue(d *json.Decoder, depth int) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	if depth == maxDepth {
		return nil, Errorf(Invalid, "", "the body is nested deeper than %d", maxDepth)
	}
	if delim == '[' {
		return parseArray(d, depth)
	}
	return parseObject(d, depth)
}

func parseArray(d *json.Decoder, depth int) (any, error) {
	list := []any{}
	for d.More() {
		item, err := parseValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	_, err := d.Token()
	return list, err
}

func parseObject(d *json.Decoder, depth int) (any, error) {
	object := map[string]any{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		if _, twice := object[name]; twice {
			return nil, Errorf(Invalid, name, "stands twice in one object")
		}
		if object[name], err = parseValue(d, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return object, err
}
