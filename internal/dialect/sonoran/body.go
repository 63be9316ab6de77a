package sonoran

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"

	"github.com/muster-accounts/muster"
)

// object is a decoded JSON object. Clients spell and nest so freely that
// members are asked for by name rather than laid out in a struct.
type object map[string]any

// readBody reads a body as JSON, whatever Content-Type it came with: the
// vendor's own samples send forms' type with it. Where none is needed, none is
// an empty object.
func readBody(w http.ResponseWriter, r *http.Request, needed bool) (object, error) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, muster.Errorf(muster.TooLarge, "", "the body is larger than %d bytes", maxBody)
	}
	if err != nil {
		return nil, muster.Errorf(muster.Invalid, "", "the body could not be read to its end")
	}
	if len(b) == 0 && !needed {
		return object{}, nil
	}
	return decode(b)
}

// decode reads a JSON object, strictly at first; and where that fails, once
// more in the loose form in which the vendor's pages print their examples.
func decode(b []byte) (object, error) {
	v, err := muster.ParseJSON(b)
	if err != nil {
		if loose, ok := loosen(b); ok {
			v, err = muster.ParseJSON(loose)
		}
	}
	if err != nil {
		return nil, err
	}
	if empty(v) { // an empty Lua table comes as a list even where an object is meant
		return object{}, nil
	}
	o, ok := v.(map[string]any)
	if !ok {
		return nil, muster.Errorf(muster.Invalid, "", "the body must be a JSON object")
	}
	return o, nil
}

// empty reports whether v is a list or an object of nothing. Lua's encoders
// take one for the other.
func empty(v any) bool {
	switch v := v.(type) {
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// text is a member that names something: a string, or a number in its decimal
// form, since clients send ids as either. Absent, null and empty are "".
func (o object) text(name string) (string, error) {
	switch v := o[name].(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case json.Number:
		if f, err := v.Float64(); err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			return strconv.FormatFloat(f, 'f', -1, 64), nil // some Lua encoders write 1234 as 1234.0
		}
		return v.String(), nil
	}
	if empty(o[name]) {
		return "", nil
	}
	return "", muster.Errorf(muster.Invalid, name, "must be a text or a number")
}

// texts is a member that lists ids; absent and null are not set.
func (o object) texts(name string) (ids []muster.RankID, set bool, err error) {
	if o[name] == nil {
		return nil, false, nil
	}
	list, ok := o[name].([]any)
	if !ok && !empty(o[name]) {
		return nil, false, muster.Errorf(muster.Invalid, name, "must be a list of rank ids")
	}
	ids = make([]muster.RankID, len(list))
	for i := range list {
		id, err := object{"": list[i]}.text("")
		if err != nil || id == "" {
			return nil, false, muster.Errorf(muster.Invalid, name+"."+strconv.Itoa(i), "must be a rank id")
		}
		ids[i] = muster.RankID(id)
	}
	return ids, true, nil
}

// has reports whether a member is there, be it null.
func (o object) has(name string) bool {
	_, ok := o[name]
	return ok
}

// boolean is a member that is true, false, null or absent.
func (o object) boolean(name string) (muster.Opt[bool], error) {
	switch v := o[name].(type) {
	case nil:
		return muster.Opt[bool]{}, nil
	case bool:
		return muster.Some(v), nil
	case string: // of a query, or of a client that quotes
		if b, err := strconv.ParseBool(v); v == "" || err == nil {
			return muster.Opt[bool]{Value: b, Set: v != ""}, nil
		}
	}
	return muster.Opt[bool]{}, muster.Errorf(muster.Invalid, name, "must be true or false")
}

// integer is a member that counts, as a number or a text; 0 where it is
// absent, null or empty.
func (o object) integer(name string) (int64, error) {
	text, err := o.text(name)
	if err != nil || text == "" {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, muster.Errorf(muster.Invalid, name, "must be a whole number")
	}
	return n, nil
}

// queryOf is a query as an object; of a name that stands twice the first
// counts.
func queryOf(values url.Values) object {
	o := object{}
	for name, list := range values {
		o[name] = list[0]
	}
	return o
}
