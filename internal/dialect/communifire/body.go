package communifire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"

	"github.com/muster-accounts/muster"
)

const (
	maxBody   = 64 << 10 // bytes
	maxRounds = 3        // how often a body is unwrapped or mended
)

// bodyForm is how a body was written.
type bodyForm string

// The forms. "Stringify your JSON data", says the vendor's page, of an example
// that is neither JSON nor a string of JSON, and clients differ.
const (
	formObject    bodyForm = "A" // {"UserID":"12"}
	formString    bodyForm = "B" // "{\"UserID\":\"12\"}"
	formTwice     bodyForm = "C" // B once more
	formBare      bodyForm = "D" // {\"UserID\":\"12\"}, B without its quotes
	formPage      bodyForm = "E" // {\ "UserID\" : \"12\" }, as the page prints it
	formForm      bodyForm = "F" // ={"UserID":"12"} as a form
	formByteOrder bodyForm = "G" // any of these behind a byte order mark
)

var bodyForms = []bodyForm{formObject, formString, formTwice, formBare, formPage, formForm, formByteOrder}

// errMediaType is a body of a type that the call does not read.
var errMediaType = errors.New("the Content-Type must be application/json")

// readBody reads the members of a request; mends says whether one is mended
// that is no JSON.
func readBody(w http.ResponseWriter, r *http.Request, mends bool) (map[string]any, bodyForm, error) {
	form, err := isForm(r.Header.Values("Content-Type"))
	if err != nil {
		return nil, "", err
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, "", muster.Errorf(muster.TooLarge, "", "the body is larger than %d bytes", maxBody)
	}
	if err != nil {
		return nil, "", muster.Errorf(muster.Invalid, "", "the body could not be read to its end")
	}
	return decode(b, form, mends)
}

// isForm reports whether a body is a form's, by its types; none is JSON.
func isForm(types []string) (bool, error) {
	if len(types) == 0 {
		return false, nil
	}
	kind, _, err := mime.ParseMediaType(types[0])
	switch {
	case len(types) > 1 || err != nil:
		return false, errMediaType
	case kind == "application/json" || kind == "text/json":
		return false, nil
	case kind == "application/x-www-form-urlencoded":
		return true, nil
	}
	return false, errMediaType
}

// decode reads a body in whichever form it came.
func decode(b []byte, isForm, mends bool) (fields map[string]any, form bodyForm, err error) {
	b, marked := bytes.CutPrefix(b, []byte("\ufeff"))
	b = bytes.TrimSpace(b)
	if isForm {
		rest, ok := bytes.CutPrefix(b, []byte("="))
		if !ok {
			return nil, "", errMediaType
		}
		text, err := url.QueryUnescape(string(rest))
		if err != nil {
			return nil, "", muster.Errorf(muster.Invalid, "", "the form's value is not encoded as forms are")
		}
		b = []byte(text)
	}
	fields, form, err = unwrap(b, mends)
	switch {
	case err != nil:
		return nil, "", err
	case marked:
		form = formByteOrder
	case isForm:
		form = formForm
	}
	return fields, form, nil
}

// unwrap takes strings off an object, and mends one whose quotes were escaped
// without need, until there is the object.
func unwrap(b []byte, mends bool) (map[string]any, bodyForm, error) {
	form, mended := formObject, false
	for range maxRounds {
		b = bytes.TrimSpace(b)
		if len(b) > 0 && b[0] == '"' {
			text, err := parseString(b)
			if err != nil {
				return nil, "", err
			}
			b = []byte(text)
			switch {
			case mended:
			case form == formObject:
				form = formString
			default:
				form = formTwice
			}
			continue
		}
		fields, err := parseObject(b)
		if err == nil {
			return fields, form, nil
		}
		if !mends || json.Valid(b) { // nothing is wrong with how it is written
			return nil, "", err
		}
		text, step := mend(b)
		if step == "" {
			return nil, "", err
		}
		b, form, mended = text, step, true
	}
	return nil, "", muster.Errorf(muster.Invalid, "", "the body is a string of JSON within strings, or mended too often")
}

func parseString(b []byte) (string, error) {
	v, err := muster.ParseJSON(b)
	text, _ := v.(string)
	return text, err
}

// parseObject reads an object strictly.
func parseObject(b []byte) (map[string]any, error) {
	v, err := muster.ParseJSON(b)
	if err != nil {
		return nil, err
	}
	fields, ok := v.(map[string]any)
	if !ok {
		return nil, muster.Errorf(muster.Invalid, "", "the body must be a JSON object of fields by their labels, or a string of one")
	}
	return fields, nil
}

// mend takes away a layer of escapes from what is no JSON with them: all of
// it, if it is the inside of a string; else the backslashes before quotes and
// white space, of which the page's example has one too many. The form is empty
// where there is nothing to take.
func mend(b []byte) ([]byte, bodyForm) {
	quoted := append(append([]byte{'"'}, b...), '"')
	if text, err := parseString(quoted); err == nil && text != string(b) {
		return []byte(text), formBare
	}
	out := make([]byte, 0, len(b))
	for i := range b {
		if b[i] == '\\' && i+1 < len(b) && bytes.IndexByte([]byte("\" \t\r\n"), b[i+1]) >= 0 {
			continue
		}
		out = append(out, b[i])
	}
	if len(out) == len(b) {
		return nil, ""
	}
	return out, formPage
}
