// Package demo is a made-up world to try Muster on: one community with a field
// of every type, ranks, the accounts that the vendors' printed examples speak
// of, and five hundred people who do not exist. It is the same at every start.
//
// It hands the world to the core as any operator would, and can finish what an
// interrupted start left half done.
package demo
