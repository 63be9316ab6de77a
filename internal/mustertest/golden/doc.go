// Package golden holds a dialect's answers against the goldens in its testdata
// and against its openapi.yaml. It is for tests only.
//
// A golden is a txtar archive: what it shows as its comment, then requests,
// each followed by its answer. A request is a line of method and path, header
// lines, an empty line and the body. go test -update writes the answers anew.
package golden
