package sonoran

import (
	"testing"

	"github.com/muster-accounts/muster"
)

// A problem points at the member of the request that is at fault, whatever
// its name holds.
func TestPointer(t *testing.T) {
	wrong := muster.Errorf(muster.Invalid, "", "is wrong")
	fields := []object{{"id": "other"}, {"fieldId": "a.b/c~d"}}
	value := muster.Within("values", muster.WithinMember("a.b/c~d", wrong))
	item := muster.Within("values", muster.WithinMember("a.b/c~d", muster.Within("2", wrong)))
	for _, c := range []struct {
		err            error
		field, pointer string
	}{
		{atField(fields, value), "profileFields.1", "/profileFields/1"},
		{atField(fields, item), "profileFields.1.value.2", "/profileFields/1/value/2"},
		{value, "profileFields.a.b/c~d", "/profileFields/a.b~1c~0d"},
		{muster.Within("data.0", muster.WithinMember("x/y", wrong)), "data.0.x/y", "/data/0/x~1y"},
		{muster.Errorf(muster.Invalid, "ranks.add.0", "is wrong"), "add.0", "/add/0"},
		{muster.Errorf(muster.Invalid, "ranks", "is wrong"), "", ""},
		{muster.Errorf(muster.Invalid, "identities.seen.1.value", "is wrong"), "identifiers.1.value", "/identifiers/1/value"},
		{muster.Errorf(muster.Invalid, "name", "is wrong"), "newName", "/newName"},
		{muster.Errorf(muster.Conflict, "clock", "is wrong"), "", ""},
		{wrong, "", ""},
	} {
		e, ok := asError(c.err)
		if !ok {
			t.Fatal(c.err)
		}
		if e = wireError(e); e.Field != c.field || pointer(e.Path) != c.pointer {
			t.Errorf("%v: %q, pointer %q; want %q, %q", c.err, e.Field, pointer(e.Path), c.field, c.pointer)
		}
	}
}
