package rest

import (
	"context"

	"github.com/muster-accounts/muster"
)

// kickAccount takes a body or none, in which nothing stands.
func (d *Dialect) kickAccount(ctx context.Context, c muster.Caller, in request) (reply, error) {
	body, err := in.optional()
	if err := either(err, body.rest()); err != nil {
		return reply{}, err
	}
	t, err := d.target(ctx, c, in)
	if err != nil {
		return reply{}, err
	}
	result, err := d.core.Kick(ctx, c, t.Ref, t.IfRev)
	return done(result), err
}

// banAccount takes a ban, of which nothing need be said.
func (d *Dialect) banAccount(ctx context.Context, c muster.Caller, in request) (reply, error) {
	body, err := in.optional()
	if err != nil {
		return reply{}, err
	}
	ban, err := body.ban()
	if err != nil {
		return reply{}, err
	}
	t, err := d.target(ctx, c, in)
	if err != nil {
		return reply{}, err
	}
	result, err := d.core.Ban(ctx, c, t.Ref, *ban.Value, t.IfRev)
	if e, ok := asError(err); ok && len(e.Path) == 3 && e.Path[0] == "standing" { // which is the body
		err = muster.Errorf(e.Code, e.Path[2], "%s", e.Message)
	}
	return done(result), err
}

// readmitAccount takes back a kick or a ban.
func (d *Dialect) readmitAccount(ctx context.Context, c muster.Caller, in request) (reply, error) {
	body, err := in.optional()
	if err != nil {
		return reply{}, err
	}
	ranks, err := body.bool("ranks")
	if err := either(err, body.rest()); err != nil {
		return reply{}, err
	}
	t, err := d.target(ctx, c, in)
	if err != nil {
		return reply{}, err
	}
	result, err := d.core.Readmit(ctx, c, t.Ref, ranks.Value, t.IfRev)
	out := done(result.Result)
	if result.Former == nil {
		result.Former = []muster.Rank{}
	}
	out.body = struct {
		Account account       `json:"account"`
		Former  []muster.Rank `json:"former_ranks"`
	}{accountOf(result.View), result.Former}
	return out, err
}
