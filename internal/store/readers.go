package store

import "sync"

// readers are the sessions that read. The one that was used last is taken
// first: its page cache is the warm one, and where one is enough for all the
// others cost no memory.
type readers struct {
	turns chan struct{} // as many as may read at once
	mu    sync.Mutex
	idle  []*session
}

func newReaders(most int) *readers {
	r := &readers{turns: make(chan struct{}, most)}
	for range most {
		r.turns <- struct{}{}
	}
	return r
}

// take gives whoever has a turn an idle session, or nil for one to be opened.
func (r *readers) take() (se *session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last := len(r.idle) - 1; last >= 0 {
		se, r.idle = r.idle[last], r.idle[:last]
	}
	return se
}

// give takes a session back, nil for one that was closed, and with it the turn.
func (r *readers) give(se *session) {
	if se != nil {
		r.mu.Lock()
		r.idle = append(r.idle, se)
		r.mu.Unlock()
	}
	r.turns <- struct{}{}
}

// close waits for those who read and closes all sessions.
func (r *readers) close() {
	for range cap(r.turns) {
		<-r.turns
	}
	for se := r.take(); se != nil; se = r.take() {
		se.close()
	}
}
