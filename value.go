package muster

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Value is what an account holds for a field: a Text, List, Number, Bool or
// Awaited.
// nil is no value: in an Edit it clears.
type Value interface{ value() }

// The kinds of Value. Which of them a field takes is its type's business.
type (
	// Text is the value of text, choice, date, reference, time zone and URL fields.
	Text string
	// List is the value of text list and multi choice fields.
	List []string
	// Number is finite, and less than 2^53 from zero: longer ids belong in text.
	Number float64
	// Bool is the value of boolean fields.
	Bool bool
	// Awaited is the value of an account field that leads to somebody who is
	// not there yet: the username, e-mail address or number by which they will
	// be known. In an Edit it stands for whoever goes by that already, too.
	// Nobody is shown it; it becomes the Text of their id when they appear.
	Awaited string
)

func (Text) value()    {}
func (List) value()    {}
func (Number) value()  {}
func (Bool) value()    {}
func (Awaited) value() {}

// awaits is the one member of an Awaited as JSON, which sets it apart from a
// text. Clients cannot send one.
const awaits = "awaits"

// MarshalJSON writes the name as the one member of an object.
func (a Awaited) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{awaits: string(a)})
}

// limitNumber is the integer below which JSON clients agree on each integer.
// It is no Number itself: its neighbour above is read as the same float.
const limitNumber = 1 << 53

// ValueOf turns what encoding/json makes of a JSON value (with UseNumber or
// without) into a Value. Objects, and arrays of other things than strings, are
// Invalid.
func ValueOf(v any) (Value, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		return Text(v), nil
	case bool:
		return Bool(v), nil
	case float64:
		return number(v)
	case json.Number:
		f, err := strconv.ParseFloat(v.String(), 64)
		if err != nil {
			return nil, Errorf(Invalid, "", "is not a number that can be kept")
		}
		return number(f)
	case []any:
		list := make(List, len(v))
		for i, item := range v {
			s, ok := item.(string)
			if !ok {
				return nil, Errorf(Invalid, strconv.Itoa(i), "must be a text")
			}
			list[i] = s
		}
		return list, nil
	default:
		return nil, Errorf(Invalid, "", "must be a text, number, true, false, null or a list of texts")
	}
}

func number(f float64) (Value, error) {
	if math.IsNaN(f) || math.Abs(f) >= limitNumber {
		return nil, Errorf(Invalid, "", "must lie between -2^53 and 2^53; keep longer ids as text")
	}
	return Number(f), nil
}

// SameValue reports whether two values are equal; nil equals only nil.
func SameValue(a, b Value) bool {
	x, ok := a.(List)
	if !ok {
		_, other := b.(List)
		return !other && a == b
	}
	y, ok := b.(List)
	return ok && slices.Equal(x, y)
}

// Values are an account's values by field. In an Edit or Change a nil Value
// stands for none.
type Values map[FieldID]Value

// UnmarshalJSON reads what encoding/json wrote.
func (v *Values) UnmarshalJSON(b []byte) error {
	var raw map[FieldID]any
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	*v = make(Values, len(raw))
	for id, item := range raw {
		if o, ok := item.(map[string]any); ok && len(o) == 1 {
			if name, ok := o[awaits].(string); ok {
				(*v)[id] = Awaited(name)
				continue
			}
		}
		value, err := ValueOf(item)
		if err != nil {
			return fmt.Errorf("value of %s: %w", Quote(id), err)
		}
		(*v)[id] = value
	}
	return nil
}

func itoa(i int) string { return strconv.Itoa(i) }
