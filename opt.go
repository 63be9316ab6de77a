package muster

import "encoding/json"

// Opt is a value that may be absent. In an Edit an absent member is left
// alone; in a Change it was not touched.
type Opt[T any] struct {
	Value T
	Set   bool
}

// Some is a present value.
func Some[T any](v T) Opt[T] { return Opt[T]{Value: v, Set: true} }

// IsZero reports absence; encoding/json's omitzero asks for it.
func (o Opt[T]) IsZero() bool { return !o.Set }

// Or is the value, or other where it is absent.
func (o Opt[T]) Or(other T) T {
	if o.Set {
		return o.Value
	}
	return other
}

// MarshalJSON writes the value alone; absence is written by omitting the
// member (omitzero).
func (o Opt[T]) MarshalJSON() ([]byte, error) { return json.Marshal(o.Value) }

// UnmarshalJSON makes the value present, null included.
func (o *Opt[T]) UnmarshalJSON(b []byte) error {
	o.Set = true
	return json.Unmarshal(b, &o.Value)
}
