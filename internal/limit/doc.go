// Package limit says how often something may be done.
//
// It owns one algorithm, GCRA (the generic cell rate algorithm: a leaky bucket that keeps a single instant per key), its
// in-memory state, and the header fields that tell a client where it stands. It hands on a [Result]; what a refusal looks
// like on the wire is for the caller to say. It knows nothing of routes, credentials or dialects: a key is a string.
//
// What GCRA promises, with T = Per/Requests: a key that was left alone may make Burst requests at once, and from then on
// one every T. So a window of length W, wherever it begins, never sees more than Burst + W/T requests. Counters that start
// anew on the minute cannot say that: they admit two minutes' worth around the turn.
//
// With Burst = Requests, as everywhere here, it follows that whoever keeps to Requests in every period is never refused,
// however unevenly they come, and that who does not may get up to twice as many through, once: of a vendor's "22 a minute",
// 43 in the first minute after a pause, and 22 in each one after it. A window that never sees a 23rd would be no truer to
// that vendor, whose own gateway counts by the minute and whose pages state less than it lets through; and it would refuse
// the 23rd request of a burst for most of a minute, while the vendor's clients wait ten seconds at most before they give
// up. Here such a client waits for three.
package limit
