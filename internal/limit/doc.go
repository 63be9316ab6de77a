// Package limit says how often something may be done.
//
// It owns one algorithm, GCRA (the generic cell rate algorithm: a leaky bucket that keeps a single instant per key), its
// in-memory state, and the header fields that tell a client where it stands. It hands on a [Result]; what a refusal looks
// like on the wire is for the caller to say. It knows nothing of routes, credentials or dialects: a key is a string.
//
// What GCRA promises, with T = Per/Requests: a key that was left alone may make Burst requests at once, and from then on
// one every T. So a window of length W, wherever it begins, never sees more than Burst + W/T requests. Counters that start
// anew on the minute cannot say that: they admit two minutes' worth around the turn.
package limit
