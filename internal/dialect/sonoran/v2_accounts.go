package sonoran

import (
	"context"
	"net/http"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

func (d *Dialect) v2Accounts(ctx context.Context, c muster.Caller, in request) (any, error) {
	q, err := listQuery(in.query)
	if err != nil {
		return nil, err
	}
	list, err := d.core.List(ctx, c, q)
	return struct {
		Items []summary `json:"items"`
		Total int64     `json:"total"`
		Skip  int64     `json:"skip"`
		Take  int       `json:"take"`
	}{summariesOf(list.Accounts), list.Total, q.Skip, q.Take}, err
}

// found are the accounts that a search has found: one or none, since it goes
// by identifiers alone and these are matched whole.
type found struct {
	Items []summary `json:"items"`
	Total int       `json:"total"`
}

func (d *Dialect) v2Search(ctx context.Context, c muster.Caller, in request) (any, error) {
	ref, _, err := refOf(in.query)
	if err != nil {
		return nil, err
	}
	if len(ref) == 0 {
		return nil, muster.Errorf(muster.Invalid, "accountId", "is missing, and so are apiId, accId, username, discord, discordId and uniqueId")
	}
	v, err := d.core.Account(ctx, c, ref)
	if muster.CodeOf(err) == muster.NotFound {
		return found{Items: []summary{}}, nil
	}
	return found{[]summary{summaryOf(v)}, 1}, err
}

func (d *Dialect) v2AccountByDiscord(ctx context.Context, c muster.Caller, in request) (any, error) {
	v, err := d.core.Account(ctx, c, discordHandles(in.path("discordId")))
	return accountOf(v), err
}

func (d *Dialect) v2Account(ctx context.Context, c muster.Caller, in request) (any, error) {
	v, err := d.core.Account(ctx, c, in.ref())
	return accountOf(v), err
}

func (d *Dialect) v2Ranks(ctx context.Context, c muster.Caller, in request) (any, error) {
	v, err := d.core.Account(ctx, c, in.ref())
	return ranksOf(v), err
}

func (d *Dialect) v2SetRanks(ctx context.Context, c muster.Caller, in request) (any, error) {
	target, err := d.rankTarget(ctx, c, in.ref(), in.body)
	if err != nil {
		return nil, err
	}
	if target.Edit.Standing.Active, err = in.body.boolean("active"); err != nil {
		return nil, err
	}
	results, err := d.core.Change(ctx, c, []core.Target{target}, core.Options{Atomic: true})
	if err != nil {
		return nil, err
	}
	return outcome{data: accountOf(results[0].View), undo: results[0].Seq}, nil
}

func (d *Dialect) v2EditProfileFields(ctx context.Context, c muster.Caller, in request) (any, error) {
	return d.editFields(ctx, c, in.ref(), in.body)
}

func (d *Dialect) v2SetName(ctx context.Context, c muster.Caller, in request) (any, error) {
	return d.setName(ctx, c, in.ref(), in.body)
}

func (d *Dialect) v2Identifiers(ctx context.Context, c muster.Caller, in request) (any, error) {
	v, err := d.core.Account(ctx, c, in.ref())
	return identsOf(v.Account), err
}

func (d *Dialect) v2RegisterIdentifiers(ctx context.Context, c muster.Caller, in request) (any, error) {
	list, err := d.registerIdentifiers(ctx, c, in.ref(), in.body)
	return outcome{data: list, status: http.StatusCreated}, err
}

func (d *Dialect) v2Clock(ctx context.Context, c muster.Caller, in request) (any, error) {
	wish, err := clockWish(in.body)
	if err != nil {
		return nil, err
	}
	done, err := d.core.Clock(ctx, c, in.ref(), wish)
	if err != nil || done.Seq == 0 {
		return true, err // nothing had to be written
	}
	return clockRowOf(*done.Row), nil
}

func (d *Dialect) v2CurrentClock(ctx context.Context, c muster.Caller, in request) (any, error) {
	row, err := d.core.Running(ctx, c, in.ref())
	if err != nil || row == nil {
		return notClockedIn, err
	}
	return clockRowOf(*row), nil
}

func (d *Dialect) v2LatestActivity(ctx context.Context, c muster.Caller, in request) (any, error) {
	return d.latest(ctx, c, in.ref(), in.query)
}

func (d *Dialect) v2Sync(ctx context.Context, c muster.Caller, in request) (any, error) {
	return d.sync(ctx, c, in.ref())
}
