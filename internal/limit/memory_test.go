package limit

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// clock is a hand-moved clock without a monotonic reading, so that going back is seen.
type clock struct{ at time.Time }

func newClock() *clock                   { return &clock{time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)} }
func (c *clock) now() time.Time          { return c.at }
func (c *clock) advance(d time.Duration) { c.at = c.at.Add(d) }

func rates() *rapid.Generator[Rate] {
	return rapid.Custom(func(t *rapid.T) Rate {
		return Rate{
			Requests: rapid.IntRange(1, 50).Draw(t, "requests"),
			Per:      time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "per")),
			Burst:    rapid.IntRange(0, 80).Draw(t, "burst"),
		}
	})
}

func burstOf(r Rate) int {
	if r.Burst > 0 {
		return r.Burst
	}
	return r.Requests
}

func TestAllowCountsDown(t *testing.T) {
	c := newClock()
	m := NewMemory(c.now)
	rate := Rate{Requests: 3, Per: 60 * time.Second}
	want := []Result{
		{Allowed: true, Limit: 3, Remaining: 2, Reset: 20 * time.Second},
		{Allowed: true, Limit: 3, Remaining: 1, Reset: 40 * time.Second},
		{Allowed: true, Limit: 3, Remaining: 0, Reset: 60 * time.Second},
		{Limit: 3, Reset: 60 * time.Second, RetryAfter: 20 * time.Second},
		{Limit: 3, Reset: 60 * time.Second, RetryAfter: 20 * time.Second}, // a refusal costs nothing
	}
	for i, w := range want {
		if got := m.Allow("k", rate); got != w {
			t.Fatalf("request %d: got %+v, want %+v", i, got, w)
		}
	}
	c.advance(50 * time.Second)
	if got, w := m.Allow("k", rate), (Result{Allowed: true, Limit: 3, Remaining: 1, Reset: 30 * time.Second}); got != w {
		t.Fatalf("after 50 s: got %+v, want %+v", got, w)
	}
}

func TestUnlimited(t *testing.T) {
	m := NewMemory(time.Now)
	for _, n := range []int{0, -1} {
		if got := m.Allow("k", Rate{Requests: n, Per: time.Second}); got != (Result{Allowed: true}) {
			t.Errorf("Requests %d: %+v", n, got)
		}
	}
}

func TestOddRates(t *testing.T) {
	c := newClock()
	for _, r := range []Rate{
		{Requests: 1},                                     // no period: a second
		{Requests: 5, Per: -time.Hour},                    // nonsense: a second
		{Requests: math.MaxInt, Per: 1},                   // more than one a nanosecond
		{Requests: 1, Per: math.MaxInt64, Burst: 1 << 40}, // must not overflow
		{Requests: math.MaxInt, Per: math.MaxInt64, Burst: math.MaxInt},
	} {
		m := NewMemory(c.now)
		got := m.Allow("k", r)
		if !got.Allowed || got.Remaining < 0 || got.Reset <= 0 || got.RetryAfter != 0 {
			t.Errorf("%+v: first request got %+v", r, got)
		}
	}
	m := NewMemory(c.now)
	m.Allow("k", Rate{Requests: 1})
	if got := m.Allow("k", Rate{Requests: 1}); got.Allowed || got.RetryAfter != time.Second {
		t.Errorf("a rate without a period should be per second, got %+v", got)
	}
}

// TestWindowProperty holds GCRA to its promise over every window that begins and ends at an admission.
func TestWindowProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, rate := newClock(), rates().Draw(t, "rate")
		m := NewMemory(c.now)
		steps := rapid.SliceOfN(rapid.Int64Range(0, int64(rate.Per)/int64(rate.Requests)*3/2+1), 1, 200).Draw(t, "steps")
		var admitted []time.Time
		for _, step := range steps {
			c.advance(time.Duration(step))
			if m.Allow("k", rate).Allowed {
				admitted = append(admitted, c.at)
			}
		}
		for i, from := range admitted {
			for j := i; j < len(admitted); j++ {
				window := admitted[j].Sub(from)
				most := burstOf(rate) + int(float64(window)/float64(rate.Per)*float64(rate.Requests)+1e-6)
				if n := j - i + 1; n > most {
					t.Fatalf("%d admitted within %v, at most %d promised", n, window, most)
				}
			}
		}
	})
}

// TestWhoKeepsToTheRateIsNeverRefused is the promise to clients that count for themselves: Requests in every window of Per,
// at whatever moments.
func TestWhoKeepsToTheRateIsNeverRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newClock()
		m, rate := NewMemory(c.now), rates().Draw(t, "rate")
		rate.Burst = 0
		var sent []time.Time
		for _, step := range rapid.SliceOfN(rapid.Int64Range(0, 2*int64(rate.Per)), 1, 200).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "pause") {
				c.advance(time.Duration(step))
			}
			// The client waits until its latest Requests no longer lie within one window. A cost that is rounded up to the
			// nanosecond asks for that much more.
			if n := len(sent) - rate.Requests; n >= 0 {
				if free := sent[n].Add(rate.cost() * time.Duration(rate.Requests)); free.After(c.at) {
					c.at = free
				}
			}
			sent = append(sent, c.at)
			if got := m.Allow("k", rate); !got.Allowed {
				t.Fatalf("request %d was refused: %+v", len(sent), got)
			}
		}
	})
}

// TestFirstMinute pins what the page's number means here: 22 at once, and whoever goes on as told gets 21 more within that
// minute and 22 in each one after it.
func TestFirstMinute(t *testing.T) {
	c := newClock()
	m, rate := NewMemory(c.now), Rate{Requests: 22, Per: time.Minute}
	began := c.at
	var minutes [3]int
	for {
		got := m.Allow("k", rate)
		if !got.Allowed {
			if got.RetryAfter > 3*time.Second {
				t.Fatalf("told to wait for %v", got.RetryAfter)
			}
			c.advance(got.RetryAfter)
			continue
		}
		minute := int(c.at.Sub(began) / time.Minute)
		if minute == len(minutes) {
			break
		}
		minutes[minute]++
	}
	if want := [3]int{43, 22, 22}; minutes != want {
		t.Errorf("%v admitted a minute, want %v", minutes, want)
	}
}

// TestRetryAfterProperty waits exactly as told, and then one nanosecond less.
func TestRetryAfterProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, rate := newClock(), rates().Draw(t, "rate")
		m := NewMemory(c.now)
		c.advance(time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "start")))
		admitted := 0
		refused := m.Allow("k", rate)
		for ; refused.Allowed; refused = m.Allow("k", rate) {
			if refused.Remaining != burstOf(rate)-admitted-1 {
				t.Fatalf("request %d leaves %d", admitted, refused.Remaining)
			}
			admitted++
		}
		if admitted != burstOf(rate) {
			t.Fatalf("%d admitted at once, want %d", admitted, burstOf(rate))
		}
		if refused.RetryAfter <= 0 || refused.RetryAfter > rate.Per {
			t.Fatalf("RetryAfter %v of a period of %v", refused.RetryAfter, rate.Per)
		}
		c.advance(refused.RetryAfter - 1)
		if got := m.Allow("k", rate); got.Allowed || got.RetryAfter != 1 {
			t.Fatalf("a nanosecond early: %+v", got)
		}
		c.advance(1)
		if got := m.Allow("k", rate); !got.Allowed {
			t.Fatalf("waited as told and refused: %+v", got)
		}
	})
}

func TestResetProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, rate := newClock(), rates().Draw(t, "rate")
		m := NewMemory(c.now)
		var last Result
		for range rapid.IntRange(1, 100).Draw(t, "requests") {
			last = m.Allow("k", rate)
		}
		c.advance(last.Reset)
		if got := m.Allow("k", rate); got.Remaining != burstOf(rate)-1 {
			t.Fatalf("after Reset the allowance should be whole: %+v", got)
		}
	})
}

// TestKeysAreIndependent holds a key that shares a Memory with others against one that has a Memory to itself.
func TestKeysAreIndependent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, rate := newClock(), rates().Draw(t, "rate")
		shared, alone := NewMemory(c.now), NewMemory(c.now)
		for range rapid.IntRange(1, 100).Draw(t, "requests") {
			c.advance(time.Duration(rapid.Int64Range(0, int64(rate.Per)).Draw(t, "step")))
			key := rapid.SampledFrom([]string{"a", "b", "c", ""}).Draw(t, "key")
			got := shared.Allow(key, rate)
			if key != "a" {
				continue
			}
			if want := alone.Allow(key, rate); got != want {
				t.Fatalf("beside others %+v, alone %+v", got, want)
			}
		}
	})
}

func TestClockGoingBackLocksNobodyOut(t *testing.T) {
	c := newClock()
	m := NewMemory(c.now)
	rate := Rate{Requests: 4, Per: time.Minute}
	for m.Allow("k", rate).Allowed {
	}
	c.advance(-24 * time.Hour)
	got := m.Allow("k", rate)
	if got.Allowed || got.RetryAfter > rate.Per {
		t.Fatalf("a day back: %+v", got)
	}
	c.advance(got.RetryAfter)
	if got := m.Allow("k", rate); !got.Allowed {
		t.Fatalf("still refused: %+v", got)
	}
}

func TestConcurrentRequestsAtAFrozenClock(t *testing.T) {
	m := NewMemory(newClock().now)
	rate := Rate{Requests: 1000, Per: time.Hour, Burst: 137}
	var admitted atomic.Int64
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for i := range 100 {
				if m.Allow("one", rate).Allowed {
					admitted.Add(1)
				}
				m.Allow(fmt.Sprint("other ", i), rate)
			}
		})
	}
	wg.Wait()
	if admitted.Load() != 137 {
		t.Errorf("%d admitted, want exactly the burst of 137", admitted.Load())
	}
}

// held counts what a Memory keeps.
func held(m *Memory) (n int) {
	for i := range m.shard {
		n += len(m.shard[i].tat)
	}
	return n
}

func TestSweepForgetsKeysWhoseTimeHasPassed(t *testing.T) {
	c := newClock()
	m := NewMemory(c.now)
	short, long := Rate{Requests: 10, Per: time.Second}, Rate{Requests: 1, Per: 24 * time.Hour}
	m.Allow("long", long)
	for i := range 100_000 {
		m.Allow(fmt.Sprint(i), short)
		c.advance(time.Millisecond) // so about a hundred keys matter at a time
	}
	if n := held(m); n > 3*shards*sweepFloor {
		t.Errorf("%d keys kept of a hundred that matter", n)
	}
	c.advance(time.Hour)
	for i := range 10_000 {
		m.Allow(fmt.Sprint("new ", i%2000), short) // reaches every shard
	}
	if n := held(m); n > 2000+1 {
		t.Errorf("%d keys kept, want the 2000 fresh ones and the long one", n)
	}
	if m.Allow("long", long).Allowed {
		t.Error("the sweep forgot a key that still counts")
	}
}

func BenchmarkAllow(b *testing.B) {
	m := NewMemory(time.Now)
	rate := Rate{Requests: 100, Per: time.Minute}
	keys := make([]string, 10_000)
	for i := range keys {
		keys[i] = fmt.Sprint("key ", i)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			m.Allow(keys[i%len(keys)], rate)
		}
	})
}
