// Package muster holds the words and the rules of a community's accounts:
// who is in it, which values they carry, which ranks they hold, by which
// outside identities they are known, and what was changed.
//
// Everything here is a value or a pure function of values: no input or output,
// no clock, no randomness. What needs the store (uniqueness, references,
// history) is in internal/core; how the words look on a foreign wire is in
// internal/dialect.
package muster
