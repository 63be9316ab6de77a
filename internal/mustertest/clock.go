package mustertest

import (
	"sync"
	"time"
)

// Start is when the clocks of tests begin.
var Start = time.Date(2026, time.November, 2, 12, 0, 0, 0, time.UTC)

// Clock stands still until it is moved. It may be used from any goroutine.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock makes a clock that stands at Start.
func NewClock() *Clock { return &Clock{now: Start} }

// Now is what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set moves the clock to a time.
func (c *Clock) Set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// Advance moves the clock on.
func (c *Clock) Advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}
