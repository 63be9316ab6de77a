package core

import (
	"context"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// Clocked is what became of a wish for an account's clock.
type Clocked struct {
	View View
	Row  *muster.ClockRow // the row that began, else the one that ended, else the one that runs; nil: none
	Seq  int64            // the number of the Change; 0 where nothing had to be changed
}

// Clock turns an account's clock: on or off duty, on or off a game server.
// Nobody who is banned, archived or has left begins a row; what runs can
// always be ended.
func (c *Core) Clock(ctx context.Context, caller muster.Caller, ref muster.Ref, wish muster.ClockWish) (Clocked, error) {
	var out Clocked
	var change *muster.Change
	err := c.write(ctx, caller, func(t *store.Tx) (err error) {
		out = Clocked{}
		change, err = c.clock(t, caller, ref, wish, &out)
		return err
	})
	if err != nil {
		return Clocked{}, err
	}
	if change != nil {
		out.Seq = change.Seq
	}
	return out, nil
}

func (c *Core) clock(t *store.Tx, caller muster.Caller, ref muster.Ref, wish muster.ClockWish, out *Clocked) (*muster.Change, error) {
	a, err := find(t, caller, ref)
	if err != nil {
		return nil, err
	}
	if err := caller.MayEdit(a.ID, muster.AreaClock); err != nil {
		return nil, err
	}
	if wish.Type, err = clockType(t, caller.Community, wish); err != nil {
		return nil, err
	}
	running, err := t.RunningClock(a.Community, a.ID, wish.Server)
	if err != nil {
		return nil, err
	}
	var change *muster.Change
	ends, begins := wish.Turn(running)
	out.Row = running
	if ends || begins {
		if change, out.Row, err = c.turn(t, caller, a, wish, running, begins); err != nil {
			return nil, err
		}
	}
	return change, c.viewNow(t, caller, a.ID, &out.View)
}

// turn writes what a wish makes of a clock: the row that ran ends, if one did,
// and another begins, if it should.
func (c *Core) turn(t *store.Tx, caller muster.Caller, a muster.Account, wish muster.ClockWish, running *muster.ClockRow, begins bool) (*muster.Change, *muster.ClockRow, error) {
	change := &muster.Change{Deed: muster.DeedClock, Account: a.ID}
	var row *muster.ClockRow
	if running != nil {
		ended, err := c.endClock(t, a, *running, wish.Force, change)
		if err != nil {
			return nil, nil, err
		}
		row = &ended
	}
	if begins {
		if a.At(c.now(), muster.Rules{}).Standing.Out() {
			return nil, nil, muster.Errorf(muster.Conflict, "clock", "the account is banned, archived or has left")
		}
		var err error
		if wish.Type == "" && wish.Server == 0 {
			wish.Type, err = firstClockType(t, a.Community)
		}
		if err != nil {
			return nil, nil, err
		}
		row = &muster.ClockRow{ID: newID(), Type: wish.Type, Server: wish.Server, Start: c.time(), Notes: []string{}, Forced: wish.Force}
		if err := t.InsertClock(a.Community, a.ID, *row); err != nil {
			return nil, nil, err
		}
		change.After.Clock = append(change.After.Clock, *row)
	}
	c.record(t, caller, change)
	return change, row, nil
}

// endClock ends a row that runs, and notes it in a change.
func (c *Core) endClock(t *store.Tx, a muster.Account, row muster.ClockRow, forced bool, change *muster.Change) (muster.ClockRow, error) {
	ended := row
	ended.End, ended.Forced = c.time(), row.Forced || forced
	change.Before.Clock, change.After.Clock = append(change.Before.Clock, row), append(change.After.Clock, ended)
	return ended, t.EndClock(a.Community, a.ID, ended)
}

// stopClocks ends whatever runs of an account that an edit has just put out.
func (c *Core) stopClocks(t *store.Tx, caller muster.Caller, before, after muster.Account, deed deedEdit) (muster.Account, error) {
	if before.Standing.Out() || !after.Standing.Out() {
		return after, nil
	}
	rows, err := t.RunningClocks(after.Community, after.ID)
	if err != nil || len(rows) == 0 {
		return after, err
	}
	change := &muster.Change{Deed: muster.DeedClock, Account: after.ID, Batch: deed.batch}
	for _, row := range rows {
		if _, err := c.endClock(t, after, row, true, change); err != nil {
			return after, err
		}
	}
	c.record(t, caller, change)
	return t.Account(after.Community, after.ID)
}

// clockType is the id of the type that a wish names, or nothing.
func clockType(t *store.Tx, c muster.CommunityID, wish muster.ClockWish) (string, error) {
	if wish.Server != 0 {
		_, err := t.Server(c, wish.Server)
		return "", err
	}
	if wish.Type == "" {
		return "", nil
	}
	types, err := store.Defined[muster.ClockType](t, c)
	if err != nil {
		return "", err
	}
	found, err := muster.FindClockType(types, wish.Type)
	return found.ID, err
}

// firstClockType is what a row is of where nobody said; nothing where the
// community has no types.
func firstClockType(t *store.Tx, c muster.CommunityID) (string, error) {
	types, err := store.Defined[muster.ClockType](t, c)
	if err != nil || len(types) == 0 {
		return "", err
	}
	return types[0].ID, nil
}

// viewNow is an account as it stands within a transaction, as the caller may
// see it.
func (c *Core) viewNow(t *store.Tx, caller muster.Caller, id muster.AccountID, out *View) error {
	a, err := t.Account(caller.Community, id)
	if err != nil {
		return err
	}
	rules, err := t.Rules(caller.Community)
	if err != nil {
		return err
	}
	community, err := t.Community(caller.Community)
	*out = c.view(caller, a, rules, community.Settings)
	return err
}

// ClockQuery asks for rows of an account's clocks, the newest first.
type ClockQuery struct {
	Servers bool   // of game servers, not of duty
	Server  int64  // with Servers: of this one; 0: of all
	Type    string // of duty: of this type, by id or label; empty: of all
	Limit   int    // at most 1,000
}

// ClockRows lists rows of an account's clocks.
func (c *Core) ClockRows(ctx context.Context, caller muster.Caller, ref muster.Ref, q ClockQuery) (v View, list []muster.ClockRow, err error) {
	err = c.read(ctx, caller, func(t *store.Tx, rules muster.Rules, s muster.Settings) error {
		a, err := find(t, caller, ref)
		if err == nil {
			err = caller.MayRead()
		}
		if err != nil {
			return err
		}
		v = c.view(caller, a, rules, s)
		if q.Servers && q.Server == 0 {
			list, err = t.ServerClockRows(a.Community, a.ID, page(q.Limit))
			return err
		}
		kind, err := clockType(t, a.Community, muster.ClockWish{Type: q.Type, Server: q.Server})
		if err == nil {
			list, err = t.ClockRows(a.Community, a.ID, q.Server, kind, page(q.Limit))
		}
		return err
	})
	return v, list, err
}

// Running is the row that runs of an account's duty; nil where it is off duty.
func (c *Core) Running(ctx context.Context, caller muster.Caller, ref muster.Ref) (row *muster.ClockRow, err error) {
	err = c.read(ctx, caller, func(t *store.Tx, _ muster.Rules, _ muster.Settings) error {
		a, err := find(t, caller, ref)
		if err == nil {
			err = caller.MayRead()
		}
		if err == nil {
			row, err = t.RunningClock(a.Community, a.ID, 0)
		}
		return err
	})
	return row, err
}

// ServerStarted ends the time of everybody on a game server: it has just
// started, so nobody is on it.
func (c *Core) ServerStarted(ctx context.Context, caller muster.Caller, server int64) (ended []ServerTime, err error) {
	if err := caller.MayEdit("", muster.AreaClock); err != nil {
		return nil, err
	}
	err = c.write(ctx, caller, func(t *store.Tx) error {
		ended = nil
		if _, err := t.Server(caller.Community, server); err != nil {
			return err
		}
		list, err := t.OnServer(caller.Community, server)
		if err != nil {
			return err
		}
		batch := newID()
		for _, id := range list {
			running, err := t.RunningClock(caller.Community, id, server)
			if err != nil {
				return err
			}
			change := &muster.Change{Deed: muster.DeedClock, Account: id, Batch: batch}
			row, err := c.endClock(t, muster.Account{Community: caller.Community, ID: id}, *running, true, change)
			if err != nil {
				return err
			}
			c.record(t, caller, change)
			ended = append(ended, ServerTime{id, row})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return ended, nil
}

// ServerTime is somebody's time on a game server.
type ServerTime struct {
	Account muster.AccountID
	muster.ClockRow
}
