package rest

import (
	"sync"

	"github.com/muster-accounts/muster"
)

// streamKey is whose live feeds are counted together.
type streamKey struct {
	community muster.CommunityID
	key       muster.KeyID
}

// streams counts the live feeds that are open.
type streams struct {
	mu    sync.Mutex
	count map[streamKey]int
}

// open reports whether there is room for one more, and takes it.
func (s *streams) open(k streamKey) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.count == nil {
		s.count = map[streamKey]int{}
	}
	if s.count[k] >= streamsPerKey {
		return false
	}
	s.count[k]++
	return true
}

func (s *streams) close(k streamKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.count[k]--; s.count[k] == 0 {
		delete(s.count, k)
	}
}

// Stop ends the live feeds, which would otherwise keep the server from ending.
// It is called once.
func (d *Dialect) Stop() { close(d.stopping) }
