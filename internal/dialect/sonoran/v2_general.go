package sonoran

import (
	"context"

	"github.com/muster-accounts/muster"
)

func (d *Dialect) v2Community(ctx context.Context, c muster.Caller, _ request) (any, error) {
	return d.community(ctx, c)
}

func (d *Dialect) v2Lookup(ctx context.Context, c muster.Caller, in request) (any, error) {
	return d.lookup(ctx, c, in.query)
}

func (d *Dialect) v2SubVersion(context.Context, muster.Caller, request) (any, error) {
	return struct {
		SubVersion int    `json:"subVersion"`
		Tier       string `json:"tier"`
	}{subVersion, tier}, nil
}

func (d *Dialect) v2Departments(ctx context.Context, c muster.Caller, _ request) (any, error) {
	return d.getDepartments(ctx, c, entry{})
}

func (d *Dialect) v2ProfileFields(ctx context.Context, c muster.Caller, _ request) (any, error) {
	return d.getProfileFields(ctx, c, entry{})
}

func (d *Dialect) v2ClockInTypes(ctx context.Context, c muster.Caller, _ request) (any, error) {
	return d.clockTypes(ctx, c)
}

func (d *Dialect) v2PromotionFlows(ctx context.Context, c muster.Caller, _ request) (any, error) {
	return d.flows(ctx, c)
}

func (d *Dialect) v2TriggerPromotionFlows(ctx context.Context, c muster.Caller, in request) (any, error) {
	list, err := in.body.list("data")
	if err != nil {
		return nil, err
	}
	return d.trigger(ctx, c, list)
}

func (d *Dialect) v2UndoRankChange(ctx context.Context, c muster.Caller, in request) (any, error) {
	return d.undo(ctx, c, in.path("undoId"), in.body)
}
