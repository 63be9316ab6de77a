// Package store keeps a community's accounts on disk: one set of queries, one
// group writer, and the migrations, which run when the store is opened.
//
// It knows shapes and durability, not rules: who may do what, and whether an
// edit makes sense, is decided above it. What is unique, in sequence and
// durable is decided here.
//
// Read gives a consistent view; Write hands a job to the group writer, which
// runs it with others in one transaction and answers after the commit. Every
// query stays within one community; those of directory.go are the exception.
package store
