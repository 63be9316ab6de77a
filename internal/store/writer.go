package store

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/muster-accounts/muster"
)

// groupSize is how many jobs one transaction takes at most, so that the first
// of them does not wait long.
const groupSize = 256

// writer is the one goroutine that writes. It takes all waiting jobs into one
// transaction, each in its savepoint, and answers them after the commit; so
// one flush of the disk serves them all.
type writer struct {
	store   *Store
	session *session
	jobs    chan *job
	bell    bell // see Committed

	groups  atomic.Int64 // committed
	changes atomic.Int64 // committed

	mu     sync.RWMutex // guards closed against sends
	closed bool
}

// Counts are how many transactions this process has committed, and how many
// changes were in them: the more changes a transaction, the fewer flushes of
// the disk each had to wait for.
func (s *Store) Counts() (transactions, changes int64) {
	return s.writer.groups.Load(), s.writer.changes.Load()
}

// Committed is closed when this process next commits changes. Whoever asks for
// it before reading what there is misses none.
func (s *Store) Committed() <-chan struct{} { return s.writer.bell.next() }

// job is one wish to write. Its fn may run twice and must then do the same
// again.
type job struct {
	ctx   context.Context //nolint:containedctx // asked once, before fn runs; never given to a statement
	in    muster.CommunityID
	alone bool // no other job shares its transaction
	fn    func(*Tx) error
	err   error
	done  chan struct{}
}

// group is what the jobs of one transaction share.
type group struct {
	changes      []recorded
	flushed      int  // changes that were written before the end
	alone        bool // see WriteAlone
	communities  map[muster.CommunityID]*communityRow
	recatalogued map[muster.CommunityID]bool         // whose catalogue was changed, perhaps in vain
	rules        map[muster.CommunityID]muster.Rules // of these, as they are now
}

// forget drops what was read before something was rolled back.
func (g *group) forget() { g.communities, g.rules = nil, nil }

// recatalogue notes that a community's catalogue is not what was committed.
func (g *group) recatalogue(id muster.CommunityID) {
	g.forget()
	if g.recatalogued == nil {
		g.recatalogued = map[muster.CommunityID]bool{}
	}
	g.recatalogued[id] = true
}

func newWriter(s *Store) *writer {
	return &writer{store: s, jobs: make(chan *job, groupSize)}
}

// withdrawn says that whoever asked has gone, where that is so.
func withdrawn(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return errors.Join(muster.Errorf(muster.Unavailable, "", "the request ended before its turn came"), err)
	}
	return nil
}

var errClosing = muster.Errorf(muster.Unavailable, "", "the server is shutting down")

// panicked carries a job's panic to the goroutine that asked for the job, with
// the stack that the writer's goroutine had: the asker's tells nothing.
type panicked struct {
	value any
	stack string
}

func (p panicked) Error() string { return fmt.Sprintf("%v\n\n%s", p.value, p.stack) }

// Write hands fn to the group writer and returns when what it wrote is
// durable, or when it failed and nothing of it is left. A ctx that ends before
// fn has begun withdraws it; later it changes nothing. fn may be run more than
// once and must set, not add to, what it gives its caller.
func (s *Store) Write(ctx context.Context, fn func(*Tx) error) error {
	return s.WriteIn(ctx, "", fn)
}

// WriteIn is Write for what is about one community, which most is. Where
// several processes write, groups take their communities' rows in one order
// and before all else, so that no two of them wait for each other.
func (s *Store) WriteIn(ctx context.Context, c muster.CommunityID, fn func(*Tx) error) error {
	return s.hand(&job{ctx: ctx, in: c, fn: fn, done: make(chan struct{})})
}

// WriteAlone is WriteIn for what writes so many changes that they are not kept
// until the end: fn has a transaction of its own, and calls Flush now and then.
// Nobody else writes meanwhile.
func (s *Store) WriteAlone(ctx context.Context, c muster.CommunityID, fn func(*Tx) error) error {
	return s.hand(&job{ctx: ctx, in: c, alone: true, fn: fn, done: make(chan struct{})})
}

// hand gives a job to the writer and waits for its end.
func (s *Store) hand(j *job) error {
	if err := s.writer.send(j); err != nil {
		return err
	}
	<-j.done
	if p, ok := j.err.(panicked); ok { //nolint:errorlint // set by run, never wrapped
		panic(p)
	}
	return j.err
}

func (w *writer) send(j *job) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return errClosing
	}
	select {
	case w.jobs <- j:
		return nil
	case <-j.ctx.Done():
		return withdrawn(j.ctx)
	}
}

func (w *writer) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.closed = true
		close(w.jobs)
	}
}

func (w *writer) run() {
	var next *job // was met while a group was made, and is to be alone
	for {
		first, ok := next, true
		if next = nil; first == nil {
			first, ok = <-w.jobs
		}
		if !ok {
			break
		}
		jobs := append(make([]*job, 0, len(w.jobs)+1), first)
		for !first.alone && len(jobs) < groupSize {
			j, ok := w.waiting()
			if !ok {
				break
			}
			if j.alone {
				next = j
				break
			}
			jobs = append(jobs, j)
		}
		w.serve(jobs)
		for _, j := range jobs {
			close(j.done)
		}
	}
	w.drop()
}

// waiting is the next job if there is one already.
func (w *writer) waiting() (*job, bool) {
	select {
	case j, ok := <-w.jobs:
		return j, ok
	default:
		return nil, false
	}
}

// serve runs a group. A transaction that was lost before its commit is run
// once more; one that failed in its commit is not, since nobody can know
// whether it counts. Two groups that stood in each other's way could do so
// again, so their jobs are then run one by one.
func (w *writer) serve(jobs []*job) {
	err := w.transact(jobs)
	if errors.Is(err, errCrossed) && len(jobs) > 1 {
		for i := range jobs {
			w.serve(jobs[i : i+1])
		}
		return
	}
	if errors.Is(err, errLost) {
		err = w.transact(jobs)
	}
	if err == nil {
		return
	}
	for _, j := range jobs {
		j.err = errors.Join(muster.Errorf(muster.Unavailable, "", "the change could not be made durable"), err)
	}
}

// transact runs the jobs in one transaction. Where it returns an error nobody
// may be acknowledged.
func (w *writer) transact(jobs []*job) error {
	if w.session == nil {
		session, err := w.store.newSession()
		if err != nil {
			return errors.Join(errLost, err)
		}
		w.session = session
	}
	g := &group{alone: jobs[0].alone}
	err := w.session.exec(w.store.engine.begin)
	if err == nil {
		err = w.runAll(jobs, g)
	}
	switch {
	case err != nil:
		err = errors.Join(errLost, err)
	case g.alone && jobs[0].err != nil:
		return w.abandon()
	default:
		err = w.session.exec("COMMIT")
	}
	if err != nil {
		w.drop()
		return err
	}
	w.groups.Add(1)
	written := len(g.changes) + g.flushed
	w.changes.Add(int64(written))
	if written > 0 {
		w.bell.ring()
	}
	return nil
}

// abandon ends the transaction of a job that ran alone and failed, and leaves
// nothing of it.
func (w *writer) abandon() error {
	if err := w.session.exec("ROLLBACK"); err != nil {
		w.drop() // and with it goes the transaction
	}
	return nil
}

// drop closes the connection, and with it whatever was open on it.
func (w *writer) drop() {
	if w.session != nil {
		w.session.close()
		w.session = nil
	}
}

// runAll runs the jobs, then numbers what they have changed. Its failure means
// that the transaction is gone.
func (w *writer) runAll(jobs []*job, g *group) error {
	t := &Tx{store: w.store, session: w.session, group: g, writes: true}
	for _, c := range communitiesOf(jobs) {
		if err := t.hold([]any{c}); err != nil {
			return err
		}
	}
	for _, j := range jobs {
		if j.err = withdrawn(j.ctx); j.err != nil {
			continue
		}
		if err := w.runOne(j, g); err != nil {
			return err
		}
	}
	return t.number(g.changes)
}

// communitiesOf lists the communities that jobs are about, in order.
func communitiesOf(jobs []*job) []muster.CommunityID {
	var list []muster.CommunityID
	for _, j := range jobs {
		if j.in != "" {
			list = append(list, j.in)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// runOne runs one job in its savepoint. The job's own failure stands in j.err;
// what is returned means that the transaction is gone. A job that is alone has
// the transaction for its savepoint: SQLite would keep a journal of another in
// memory, and go through it from its beginning at every statement.
func (w *writer) runOne(j *job, g *group) error {
	if !g.alone {
		if err := w.session.exec("SAVEPOINT job"); err != nil {
			return err
		}
	}
	t := &Tx{store: w.store, session: w.session, group: g, writes: true}
	j.err = call(j.fn, t)
	if errors.Is(t.err, errLost) {
		return t.err
	}
	if j.err == nil {
		j.err = t.err
	}
	if j.err == nil {
		g.changes = append(g.changes, t.changes...)
	}
	switch {
	case g.alone: // what failed is abandoned with the transaction
		return nil
	case j.err == nil:
		return w.session.exec("RELEASE job")
	}
	g.forget()
	return w.session.rollbackTo("job")
}

func call(fn func(*Tx) error, t *Tx) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicked{v, string(debug.Stack())}
		}
	}()
	return fn(t)
}
