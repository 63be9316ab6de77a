package rest

import (
	"bytes"
	"strings"
	"testing"

	"github.com/muster-accounts/muster"
)

// FuzzEdit reads edits: what is refused is refused as the request's fault, and
// what is taken says nothing that was not asked for.
func FuzzEdit(f *testing.F) {
	for _, body := range []string{
		`{"username":"x","values":{"a":[1]},"ranks":["a",{"id":"b","expires":null}],"standing":{"ban":{"until":"2030-01-01T00:00:00Z"}}}`,
		`{"ranks":{"set":[],"add":["x"],"until":{"x":null}},"identities":{"add":[{"provider":"a","value":"b","metadata":{}}]}}`, `[]`, `{"bio":null}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := muster.ParseJSON(body)
		if err != nil {
			return
		}
		o, err := objectOf(v)
		var e muster.Edit
		if err == nil {
			e, err = o.whole()
		}
		if err != nil && muster.CodeOf(err) != muster.Invalid {
			t.Errorf("%q: %v", body, err)
		}
		if err == nil && len(o.members) == 0 && !e.IsZero() {
			t.Errorf("nothing was asked for: %+v", e)
		}
	})
}

// FuzzItems reads bodies of many edits, in both forms: each item can be read
// again as it was written.
func FuzzItems(f *testing.F) {
	for _, body := range []string{`[{"account":1,"edit":{}},{}]`, `{"account":"1"}` + "\n\n" + `{"edit":null}`, `[`, `[[],1,"x"]`, "\ufeff[]", `{"a":1}{"b":2}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for name, read := range map[string]func(*items) error{
			"array": func(l *items) error { return readArray(bytes.NewReader(body), l) },
			"lines": func(l *items) error { return readLines(bytes.NewReader(body), l) },
		} {
			list := &items{}
			if err := read(list); err != nil {
				if code := muster.CodeOf(err); code != muster.Invalid && code != muster.TooLarge {
					t.Errorf("%s %q: %v", name, body, err)
				}
				continue
			}
			for i := range list.ends {
				if !bytes.Contains(body, list.at(i)) {
					t.Errorf("%s %q: item %d is %q", name, body, i, list.at(i))
				}
				if _, err := list.target(i); err != nil && muster.CodeOf(err) != muster.Invalid {
					t.Errorf("%s %q: %v", name, body, err)
				}
			}
		}
	})
}

// FuzzNames reads references and names of requests.
func FuzzNames(f *testing.F) {
	for _, text := range []string{`"a"`, `a`, `"\""`, "discord:1", "12", "-1", "username:", strings.Repeat("x", 36)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if ref, err := parseRef(text); err == nil && len(ref) != 1 {
			t.Errorf("%q points at %v", text, ref)
		}
		if name, err := onceName(text); err == nil && (name == "" || len(name) > 200) {
			t.Errorf("%q names %q", text, name)
		}
	})
}
