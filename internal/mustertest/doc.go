// Package mustertest gives tests a fresh Muster: a store of every engine there
// is, a clock that is set by hand, and a community with something of
// everything in it. It is for tests only.
package mustertest
