//go:build !unix

package main

// lock is for systems with flock only.
func lock(string) (unlock func(), err error) { return func() {}, nil }
