// Package core is what may happen. Each deed is a method: it checks the
// caller, applies the rules of the root package to what the store holds, and
// records the change, in one transaction. All reads of accounts go through
// one projection (view.go), so that no dialect can show what a caller may not
// see.
//
// It hands on nothing that was not durable first, and knows nothing of any
// wire.
package core
