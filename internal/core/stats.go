package core

import (
	"context"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// Stats are a community in numbers.
type Stats struct {
	Accounts, Joined, Active, Archived, Banned int64 // living accounts
	Changes                                    int64 // the number of the newest
}

// Stats counts. What has run out is over before it is counted.
func (c *Core) Stats(ctx context.Context, caller muster.Caller) (s Stats, err error) {
	if err := caller.MayReadAll(); err != nil {
		return s, err
	}
	if err := c.lapse(ctx, caller.Community); err != nil {
		return s, err
	}
	yes := muster.Some(true)
	err = c.store.Read(ctx, func(t *store.Tx) error {
		for _, n := range []struct {
			of store.Standing
			at *int64
		}{
			{store.Standing{}, &s.Accounts}, {store.Standing{Joined: yes}, &s.Joined}, {store.Standing{Active: yes}, &s.Active},
			{store.Standing{Archived: yes}, &s.Archived}, {store.Standing{Banned: yes}, &s.Banned},
		} {
			if *n.at, err = t.CountAccounts(caller.Community, n.of, 0); err != nil {
				return err
			}
		}
		s.Changes, err = t.LastSeq(caller.Community)
		return err
	})
	return s, err
}
