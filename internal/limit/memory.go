package limit

import (
	"hash/maphash"
	"sync"
	"time"
)

const (
	// shards is a power of two, large enough that two cores seldom wait for each other.
	shards = 64
	// sweepEvery is how long a shard keeps entries that mean nothing any more.
	sweepEvery = time.Minute
	// sweepFloor is the size below which a shard is not worth sweeping early.
	sweepFloor = 64
)

// Memory counts requests in this process. It holds one instant per key, and only for keys whose allowance is not whole:
// what it keeps is bounded by the keys seen within the longest period, not by the keys ever seen. Safe for concurrent use.
type Memory struct {
	now   func() time.Time
	start time.Time
	seed  maphash.Seed
	shard [shards]shard
}

// shard is one lock's worth of keys.
type shard struct {
	mu      sync.Mutex
	tat     map[string]time.Duration // since Memory.start
	swept   time.Duration            // when it was last swept
	sweepAt int                      // and the size at which it is swept again before sweepEvery has passed
}

// NewMemory returns an empty Memory that reads the time from now. With [time.Now] the monotonic clock decides, which does
// not jump; a clock that does go back costs a key one request's wait at most.
func NewMemory(now func() time.Time) *Memory {
	m := &Memory{now: now, start: now(), seed: maphash.MakeSeed()}
	for i := range m.shard {
		m.shard[i].tat = make(map[string]time.Duration)
		m.shard[i].sweepAt = sweepFloor
	}
	return m
}

// Allow counts one request of key against r and says whether it may go on. A refused request is not counted. One key
// belongs to one Rate: callers that limit the same caller twice put the class into the key.
func (m *Memory) Allow(key string, r Rate) Result {
	if r.unlimited() {
		return Result{Allowed: true}
	}
	s := &m.shard[maphash.String(m.seed, key)%shards]
	s.mu.Lock()
	defer s.mu.Unlock()

	now := m.now().Sub(m.start)
	s.sweep(now)
	tat, known := s.tat[key]
	if !known {
		tat = now
	}
	tat, result := r.spend(now, tat)
	s.tat[key] = tat
	return result
}

// sweep drops the keys whose allowance is whole again, when a minute has passed or the shard has doubled: the work is
// paid for by the requests that caused it, and no goroutine has to be stopped. The map is made anew because Go's maps
// do not shrink, and a flood of addresses must not be remembered by its size. The caller holds the lock.
func (s *shard) sweep(now time.Duration) {
	since := now - s.swept
	if len(s.tat) < s.sweepAt && since >= 0 && since < sweepEvery {
		return
	}
	live := make(map[string]time.Duration)
	for key, tat := range s.tat {
		if tat > now {
			live[key] = tat
		}
	}
	s.tat, s.swept, s.sweepAt = live, now, max(sweepFloor, 2*len(live))
}
