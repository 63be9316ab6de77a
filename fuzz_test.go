package muster_test

import (
	"encoding/json"
	"testing"

	"github.com/muster-accounts/muster"
)

// readsBack fuzzes a type's JSON: what was read is written so that it is read
// as the same.
func readsBack[T any](f *testing.F, seeds ...string) {
	f.Helper()
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var first, second T
		if json.Unmarshal(b, &first) != nil {
			return
		}
		text, err := json.Marshal(first)
		if err != nil {
			t.Fatalf("%q was read and cannot be written: %v", b, err)
		}
		if err := json.Unmarshal(text, &second); err != nil {
			t.Fatalf("%s cannot be read: %v", text, err)
		}
		if again, err := json.Marshal(second); err != nil || string(again) != string(text) {
			t.Errorf("%s became %s (%v)", text, again, err)
		}
	})
}

func FuzzValuesJSON(f *testing.F) {
	readsBack[muster.Values](f, `{"a":"x","b":[],"c":["x"],"d":1e3,"e":true,"f":null}`, `{"a":{}}`, `{"a":[1]}`, `{"a":1e400}`, `null`,
		`{"a":{"awaits":"x"}}`, `{"a":{"awaits":1}}`, `{"a":{"awaits":"x","b":1}}`)
}

func FuzzFieldJSON(f *testing.F) {
	readsBack[muster.Field](f, `{"id":"a","key":"b","type":"choice","options":["x"],"default":"x","see":{"level":1,"ranks":["r"],"self":true}}`, `{"default":[1]}`, `null`)
}

func FuzzMembersJSON(f *testing.F) {
	readsBack[muster.Members](f,
		`{"username":"a","bio":null,"values":{"a":null},"ranks":[{"rank":"r","expires":"2026-01-02T03:04:05Z"}]}`,
		`{"identities":[{"id":"1","provider":"ip","value":"::1","metadata":{"a": 1}}],"standing":{"ban":{"reason":"x"},"joined":true}}`,
		`{"standing":{"ban":null},"definition":{"a":1}}`, `{"definition":null}`)
}
