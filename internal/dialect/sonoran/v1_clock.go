package sonoran

import (
	"context"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// notClockedIn is the vendor's text for nobody's row.
const notClockedIn = "Not Clocked In"

// clockInOut answers the row, by which its clients tell in from out: the
// vendor's pages promise texts that none of them reads.
func (d *Dialect) clockInOut(ctx context.Context, c muster.Caller, e entry) (any, error) {
	wish, err := clockWish(e.object)
	if err != nil {
		return nil, err
	}
	done, err := d.core.Clock(ctx, c, e.ref, wish)
	switch {
	case err != nil:
		return nil, err
	case done.Row != nil:
		return clockRowOf(*done.Row), nil
	case len(done.View.Clock) > 0: // out already: since the newest row ended
		return clockRowOf(done.View.Clock[0]), nil
	default:
		return plain(notClockedIn), nil
	}
}

func (d *Dialect) getCurrentClockIn(ctx context.Context, c muster.Caller, e entry) (any, error) {
	row, err := d.core.Running(ctx, c, e.ref)
	if err != nil || row == nil {
		return plain(notClockedIn), err
	}
	return clockRowOf(*row), nil
}

func (d *Dialect) getClockInTypes(ctx context.Context, c muster.Caller, _ entry) (any, error) {
	return d.clockTypes(ctx, c)
}

func (d *Dialect) clockTypes(ctx context.Context, c muster.Caller) (any, error) {
	types, err := d.core.ClockTypes(ctx, c)
	return append([]muster.ClockType{}, types...), err
}

func (d *Dialect) getLatestActivity(ctx context.Context, c muster.Caller, e entry) (any, error) {
	return d.latest(ctx, c, e.ref, e.object)
}

// latestRows is how many rows of activity are answered.
const latestRows = 3

// latest answers the newest rows of duty, or of time on game servers.
func (d *Dialect) latest(ctx context.Context, c muster.Caller, ref muster.Ref, o object) (any, error) {
	kind, err := o.text("type")
	if err != nil {
		return nil, err
	}
	q := core.ClockQuery{Limit: latestRows}
	switch kind {
	case "", "clockin":
		q.Type, err = o.text("clockInType")
	case "activity":
		q.Servers = true
		q.Server, err = o.integer("serverId")
	default:
		err = muster.Errorf(muster.Invalid, "type", "must be clockin or activity")
	}
	if err != nil {
		return nil, err
	}
	v, rows, err := d.core.ClockRows(ctx, c, ref, q)
	if err != nil {
		return nil, err
	}
	if !q.Servers {
		return clockOf(rows), nil
	}
	list := make([]serverTime, len(rows))
	for i, row := range rows {
		list[i] = serverTimeOf(v.ID, row)
	}
	return list, nil
}

// trackActivity starts and stops somebody's time on a game server.
func (d *Dialect) trackActivity(ctx context.Context, c muster.Caller, e entry) (any, error) {
	server, err := e.server()
	if err != nil {
		return nil, err
	}
	out, err := d.track(ctx, c, e.ref, server, e.object)
	return success{true, out}, err
}

// success frames what v1 answers of servers.
type success struct {
	Success bool `json:"success"`
	Data    any  `json:"data"`
}

func (d *Dialect) track(ctx context.Context, c muster.Caller, ref muster.Ref, server int64, o object) (any, error) {
	wish := muster.ClockWish{Server: server}
	for _, name := range []string{"forceStart", "forceClear"} {
		force, err := o.boolean(name)
		if err != nil {
			return nil, err
		}
		if force.Value {
			wish.To, wish.Force = muster.ClockIn, true
		}
	}
	d.core.Contact(c, server)
	done, err := d.core.Clock(ctx, c, ref, wish)
	if err != nil || done.Row == nil {
		return nil, err
	}
	return serverTimeOf(done.View.ID, *done.Row), nil
}

func (d *Dialect) serverStarted(ctx context.Context, c muster.Caller, e entry) (any, error) {
	server, err := e.server()
	if err != nil {
		return nil, err
	}
	out, err := d.started(ctx, c, server)
	return success{true, out}, err
}

// started ends everybody's time on a game server that has just started.
func (d *Dialect) started(ctx context.Context, c muster.Caller, server int64) (any, error) {
	d.core.Contact(c, server)
	ended, err := d.core.ServerStarted(ctx, c, server)
	list := make([]serverTime, len(ended))
	for i, e := range ended {
		list[i] = serverTimeOf(e.Account, e.ClockRow)
		list[i].ClearReason = orNull("All server activity stopped that were in progress")
	}
	return list, err
}
