package core

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// The methods of this file, but for Deliveries and Rehearse, answer the
// server's own machine only: they are how events get out.

// Committed is closed when this process next commits changes. Whoever asks for
// it before reading what there is misses none.
func (c *Core) Committed() <-chan struct{} { return c.store.Committed() }

// WithEvents lists the communities that have events to be sent on their way,
// or on it.
func (c *Core) WithEvents(ctx context.Context) (list []muster.CommunityID, err error) {
	err = c.store.Read(ctx, func(t *store.Tx) error {
		list, err = t.WithEvents()
		return err
	})
	return list, err
}

// Waiting counts the deliveries that have not ended.
func (c *Core) Waiting(ctx context.Context) (n int64, err error) {
	err = c.store.Read(ctx, func(t *store.Tx) error {
		n, err = t.Waiting()
		return err
	})
	return n, err
}

// ClaimEvents lets holder, and nobody else, deliver a community's events until
// a time, or tells that another does. It writes only where the holder's claim
// is not good for half of lease any more.
func (c *Core) ClaimEvents(ctx context.Context, community muster.CommunityID, holder string, lease time.Duration) (until time.Time, err error) {
	now := c.time()
	var by string
	err = c.store.Read(ctx, func(t *store.Tx) error {
		by, until, err = t.Claimed(community)
		return err
	})
	switch {
	case err != nil:
		return time.Time{}, err
	case by == holder && until.Sub(now) > lease/2:
		return until, nil
	case by != "" && by != holder && until.After(now):
		return time.Time{}, nil
	}
	until = now.Add(lease)
	granted := false
	err = c.store.WriteIn(ctx, community, func(t *store.Tx) error {
		granted, err = t.Claim(community, holder, now, until)
		return err
	})
	if err != nil || !granted {
		return time.Time{}, err
	}
	return until, nil
}

// UnclaimEvents ends holder's claim, so that another need not wait.
func (c *Core) UnclaimEvents(ctx context.Context, community muster.CommunityID, holder string) error {
	return c.store.WriteIn(ctx, community, func(t *store.Tx) error { return t.Unclaim(community, holder) })
}

// SendEvents empties a community's outbox: each event becomes a delivery to
// each destination that there is now. more says that some are left.
func (c *Core) SendEvents(ctx context.Context, community muster.CommunityID) (more bool, err error) {
	var last int64
	err = c.store.Read(ctx, func(t *store.Tx) error {
		last, err = t.OutboxEnd(community)
		return err
	})
	if err != nil || last == 0 {
		return false, err
	}
	err = c.store.WriteIn(ctx, community, func(t *store.Tx) error {
		more, err = c.fanOut(t, community)
		return err
	})
	return more && err == nil, err
}

// fanOut does so within a transaction, for as many events as it can take
// without making others wait.
func (c *Core) fanOut(t *store.Tx, community muster.CommunityID) (more bool, err error) {
	followers, err := followersOf(t, community)
	if err != nil {
		return false, err
	}
	last, err := t.OutboxEnd(community)
	if err != nil || last == 0 {
		return false, err
	}
	if len(followers) == 0 {
		return false, t.ClearOutbox(community, last)
	}
	changes, err := t.Outbox(community)
	if err != nil {
		return false, err
	}
	for _, change := range changes {
		for _, to := range followers {
			event := to.told(change)
			if event == "" {
				continue
			}
			err := t.InsertDelivery(muster.Delivery{
				Community: community, Destination: to.destination, Seq: change.Seq, Account: change.Account, Event: event, Since: c.time(),
			})
			if err != nil {
				return false, err
			}
		}
	}
	end := changes[len(changes)-1].Seq
	return end < last, t.ClearOutbox(community, end)
}

// follow sees to it that a game server that begins to be told of events is not
// told of those that were before: they leave the outbox first.
func (c *Core) follow(t *store.Tx, community muster.CommunityID, before, after muster.Server) error {
	if !after.Follows() || before.Follows() {
		return nil
	}
	return c.sendAll(t, community)
}

// sendAll empties the outbox into deliveries.
func (c *Core) sendAll(t *store.Tx, community muster.CommunityID) (err error) {
	for more := true; more && err == nil; {
		more, err = c.fanOut(t, community)
	}
	return err
}

// follower is a destination, and what a change is to it: nothing where it is
// not told.
type follower struct {
	destination string
	told        func(muster.Change) muster.EventKind
}

// followersOf lists who is told of events.
func followersOf(t *store.Tx, community muster.CommunityID) (list []follower, err error) {
	servers, err := t.Servers(community)
	for _, s := range servers {
		if s.Follows() {
			list = append(list, follower{s.Destination(), muster.Change.Event})
		}
	}
	if err != nil {
		return nil, err
	}
	hooks, err := webhookFollowers(t, community)
	return append(list, hooks...), err
}

// destinationsOf lists the destinations whose deliveries are kept: the
// followers, and webhooks that are switched off.
func destinationsOf(t *store.Tx, community muster.CommunityID) (list []string, err error) {
	followers, err := followersOf(t, community)
	for _, f := range followers {
		list = append(list, f.destination)
	}
	if err != nil {
		return nil, err
	}
	hooks, err := t.Webhooks(community)
	for _, w := range hooks {
		list = append(list, w.Destination())
	}
	return list, err
}

// DueEvents lists the deliveries of a community that are to be tried now, of
// each destination some: those due for longest, one of each account. Those to
// destinations that are told nothing any more are dropped.
func (c *Core) DueEvents(ctx context.Context, community muster.CommunityID) (due []muster.Delivery, err error) {
	var gone []string
	err = c.store.Read(ctx, func(t *store.Tx) error {
		there, err := destinationsOf(t, community)
		if err != nil {
			return err
		}
		destinations, err := t.Destinations(community)
		if err != nil {
			return err
		}
		for _, to := range destinations {
			if !slices.Contains(there, to) {
				gone = append(gone, to)
				continue
			}
			list, err := t.DueDeliveries(community, to, c.time())
			if err != nil {
				return err
			}
			due = append(due, list...)
		}
		return nil
	})
	if err != nil || len(gone) == 0 {
		return due, err
	}
	return due, c.store.WriteIn(ctx, community, func(t *store.Tx) error { return drop(t, community, gone) })
}

func drop(t *store.Tx, community muster.CommunityID, gone []string) error {
	there, err := destinationsOf(t, community)
	for _, to := range gone {
		if err == nil && !slices.Contains(there, to) {
			err = t.DropDeliveries(community, to)
		}
	}
	return err
}

// Telling is whom to tell what.
type Telling struct {
	Server muster.Server
	Secret string // by which the server knows who tells it
	View   View   // the account as it is now; zero for a test
}

// Tell is what a delivery has to say: the account as it is now, as a
// community's key that may read sees it. An account that is deleted is one
// that has left.
func (c *Core) Tell(ctx context.Context, d muster.Delivery) (telling Telling, err error) {
	caller := muster.Caller{Community: d.Community, Level: muster.LevelReadAll}
	err = c.read(ctx, caller, func(t *store.Tx, rules muster.Rules, s muster.Settings) error {
		servers, err := t.Servers(d.Community)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(servers, func(s muster.Server) bool { return s.Destination() == d.Destination && s.Follows() })
		if at < 0 {
			return muster.Errorf(muster.NotFound, "destination", "there is no %s that is told of changes", d.Destination)
		}
		telling.Server = servers[at]
		if d.Account == "" {
			return nil
		}
		a, err := t.Account(d.Community, d.Account)
		if !a.DeletedAt.IsZero() {
			a.Ranks, a.Standing.Joined, a.Standing.Active = nil, false, false
		}
		telling.View = c.view(caller, a, rules, s)
		return err
	})
	if err == nil {
		telling.Secret, err = c.PushSecret(ctx, d.Community, telling.Server.ID)
	}
	return telling, err
}

// Rehearse is what Tell would be for a test of a game server.
func (c *Core) Rehearse(ctx context.Context, caller muster.Caller, server int64) (Telling, error) {
	if err := caller.MayManage(muster.AreaCatalogue); err != nil {
		return Telling{}, err
	}
	s, err := c.Server(ctx, caller, server)
	if err != nil {
		return Telling{}, err
	}
	if !s.Follows() {
		return Telling{}, muster.Errorf(muster.Conflict, "server", "the server %d is told nothing: it needs an address, a port and a push secret", server)
	}
	return c.Tell(ctx, muster.Delivery{Community: caller.Community, Destination: s.Destination(), Event: muster.EventTest})
}

// Delivered ends a delivery that arrived.
func (c *Core) Delivered(ctx context.Context, d muster.Delivery, server int64) error {
	return c.store.WriteIn(ctx, d.Community, func(t *store.Tx) error {
		if err := t.TouchServer(d.Community, server, c.time()); err != nil || d.Event == muster.EventTest {
			return err
		}
		return t.EndDelivery(d, c.time())
	})
}

// Undelivered writes how a delivery stands after an attempt that failed.
func (c *Core) Undelivered(ctx context.Context, d muster.Delivery) error {
	return c.store.WriteIn(ctx, d.Community, func(t *store.Tx) error { return t.UpdateDelivery(d) })
}

// Deliveries lists the events that a game server has not taken, the latest
// first: those that wait, and those given up lately. limit is at most 1,000.
func (c *Core) Deliveries(ctx context.Context, caller muster.Caller, server int64, limit int) (list []muster.Delivery, err error) {
	if err := caller.MayManage(muster.AreaCatalogue); err != nil {
		return nil, err
	}
	err = c.store.Read(ctx, func(t *store.Tx) error {
		s, err := t.Server(caller.Community, server)
		if err != nil {
			return err
		}
		list, err = t.Deliveries(caller.Community, s.Destination(), page(limit))
		return err
	})
	return list, err
}

// ForgetEnded removes what was given up, or arrived, before a time.
func (c *Core) ForgetEnded(ctx context.Context, before time.Time) error {
	var communities []muster.CommunityID
	err := c.store.Read(ctx, func(t *store.Tx) (err error) {
		communities, err = t.WithDeliveries()
		return err
	})
	for _, id := range communities {
		if err == nil {
			err = c.store.WriteIn(ctx, id, func(t *store.Tx) error {
				return errors.Join(t.ForgetGivenUp(id, before), t.ForgetArrived(id, before))
			})
		}
	}
	return err
}
