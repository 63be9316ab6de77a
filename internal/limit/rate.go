package limit

import (
	"math"
	"time"
)

// Rate is how many requests are allowed in a period.
//
// Requests of zero or less means unlimited. Per of zero or less is read as one second, so that a forgotten period is a
// strict limit and not none.
type Rate struct {
	Requests int           // how many in Per
	Per      time.Duration // the period
	Burst    int           // how many of them may come at once; 0 or less means Requests
}

// Result is the answer to one request. For an unlimited Rate only Allowed is set.
type Result struct {
	Allowed    bool
	Limit      int           // the Rate's Requests
	Remaining  int           // requests that could still be made at once
	Reset      time.Duration // until the whole allowance is back
	RetryAfter time.Duration // until one request fits; 0 when allowed
}

// longest keeps tat, an instant in nanoseconds, far from overflow whatever Rate is asked for.
const longest = time.Duration(math.MaxInt64 / 4)

// unlimited reports whether the rate limits nothing.
func (r Rate) unlimited() bool { return r.Requests <= 0 }

// period is Per, or its replacement.
func (r Rate) period() time.Duration {
	switch {
	case r.Per <= 0:
		return time.Second
	case r.Per > longest:
		return longest
	}
	return r.Per
}

// cost is what one request uses up: the time until the next one fits. It is rounded up, because rounded down a long
// period would admit more than Requests.
func (r Rate) cost() time.Duration {
	n := time.Duration(r.Requests)
	per := r.period()
	cost := per / n
	if per%n != 0 {
		cost++
	}
	return cost
}

// burst is how many requests fit at once.
func (r Rate) burst() int {
	n := r.Burst
	if n <= 0 {
		n = r.Requests
	}
	return int(min(int64(n), int64(longest/r.cost())))
}

// spend is GCRA. The theoretical arrival time tat is the instant at which the key's allowance is whole again; now and tat
// are counted from the same zero. It returns the new tat, which is the old one when the request is refused.
func (r Rate) spend(now, tat time.Duration) (time.Duration, Result) {
	cost, burst := r.cost(), r.burst()
	whole := cost * time.Duration(burst)

	// No sequence of requests at this rate can push tat further than whole ahead. If it is, the clock went back (or the
	// key's rate was lowered): the key has nothing left, but it must not wait for the clock to catch up.
	tat = min(max(tat, now), now+whole)

	next := tat + cost
	if wait := next - whole - now; wait > 0 {
		return tat, Result{Limit: r.Requests, Reset: tat - now, RetryAfter: wait}
	}
	left := int((whole - (next - now)) / cost)
	return next, Result{Allowed: true, Limit: r.Requests, Remaining: left, Reset: next - now}
}
