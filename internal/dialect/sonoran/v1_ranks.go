package sonoran

import (
	"context"
	"strconv"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

func (d *Dialect) getAccountRanks(ctx context.Context, c muster.Caller, e entry) (any, error) {
	v, err := d.core.Account(ctx, c, e.ref)
	return ranksOf(v), err
}

func (d *Dialect) setAccountRanks(ctx context.Context, c muster.Caller, e entry) (any, error) {
	if !e.has("set") && !e.has("add") && !e.has("remove") {
		return nil, muster.Errorf(muster.Invalid, "set", "is missing, and so are add and remove")
	}
	target, err := d.rankTarget(ctx, c, e.ref, e.object)
	if err != nil {
		return nil, err
	}
	results, err := d.core.Change(ctx, c, []core.Target{target}, core.Options{Atomic: true})
	if err != nil {
		return nil, err
	}
	return outcome{data: ranksOf(results[0].View), undo: results[0].Seq}, nil
}

// rankTarget reads set, add and remove, and whose. A set of before 2023, which
// has a primary rank and secondary ones, may name one half only; the other is
// then as the account holds it, and is not to change meanwhile.
func (d *Dialect) rankTarget(ctx context.Context, c muster.Caller, ref muster.Ref, o object) (core.Target, error) {
	ranks, old, err := rankEdit(o)
	if err != nil || old == nil {
		return core.Target{Ref: ref, Edit: muster.Edit{Ranks: ranks}}, err
	}
	v, err := d.core.Account(ctx, c, ref)
	if err != nil {
		return core.Target{}, err
	}
	primary, secondary := old.over(v.Held)
	ranks.Set = muster.Some(append(primary, secondary...))
	return core.Target{Ref: muster.RefID(v.ID), Edit: muster.Edit{Ranks: ranks}, IfRev: v.Rev}, nil
}

func (d *Dialect) undoRankChange(ctx context.Context, c muster.Caller, e entry) (any, error) {
	id, err := e.text("undoId")
	if err != nil {
		return nil, err
	}
	return d.undo(ctx, c, id, e.object)
}

// undone is the answer to an undo.
type undone struct {
	UndoID         string   `json:"undoId"`
	Account        account  `json:"account"`
	PreviousRanks  []string `json:"previousRanks"`
	CurrentRanks   []string `json:"currentRanks"`
	OriginalLogID  string   `json:"originalLogId"`
	ReversalUndoID string   `json:"reversalUndoId"` // takes back the undo; empty where nothing had to be changed
}

// undo takes back a change of ranks, by its number; what else it changed goes
// with it.
func (d *Dialect) undo(ctx context.Context, c muster.Caller, id string, o object) (any, error) {
	c, err := d.onBehalf(ctx, c, o)
	if err != nil {
		return nil, err
	}
	unknown := muster.Errorf(muster.NotFound, "undoId", "there is no change of ranks %q", id)
	seq, err := strconv.ParseInt(id, 10, 64)
	if err != nil || seq < 1 {
		return nil, unknown
	}
	done, err := d.changeOf(ctx, c, seq)
	if err != nil {
		return nil, err
	}
	if !done.After.Ranks.Set {
		return nil, unknown
	}
	result, err := d.core.Undo(ctx, c, seq, core.UndoOptions{})
	if err != nil {
		return nil, err
	}
	answer := undone{UndoID: id, Account: accountOf(result.View), CurrentRanks: ranksOf(result.View), OriginalLogID: id}
	answer.PreviousRanks = answer.CurrentRanks
	if result.Seq != 0 {
		answer.ReversalUndoID = strconv.FormatInt(result.Seq, 10)
		reversal, err := d.changeOf(ctx, c, result.Seq)
		if err != nil {
			return nil, err
		}
		answer.PreviousRanks = []string{}
		for _, g := range reversal.Before.Ranks.Value {
			answer.PreviousRanks = append(answer.PreviousRanks, string(g.Rank))
		}
	}
	return outcome{data: answer, undo: result.Seq}, nil
}

// changeOf is a change by its number; an empty one where there is none.
func (d *Dialect) changeOf(ctx context.Context, c muster.Caller, seq int64) (muster.Change, error) {
	list, err := d.core.History(ctx, c, core.HistoryQuery{Before: seq + 1, Limit: 1})
	if err != nil || len(list) == 0 || list[0].Seq != seq {
		return muster.Change{}, err
	}
	return list[0], nil
}

// onBehalf reads userId: for whom the key acts.
func (d *Dialect) onBehalf(ctx context.Context, c muster.Caller, o object) (muster.Caller, error) {
	user, err := o.text("userId")
	if err != nil || user == "" {
		return c, err
	}
	c, err = d.core.OnBehalf(ctx, c, userHandles(user))
	if e, ok := asError(err); ok && e.Field == "for" {
		err = muster.Errorf(e.Code, "userId", "%s", e.Message)
	}
	return c, err
}

func (d *Dialect) getPromotionFlows(ctx context.Context, c muster.Caller, _ entry) (any, error) {
	return d.flows(ctx, c)
}

// triggerPromotionFlows does each entry of data for itself.
func (d *Dialect) triggerPromotionFlows(ctx context.Context, c muster.Caller, e entry) (any, error) {
	list, err := e.body.list("data")
	if err != nil {
		return nil, err
	}
	return d.trigger(ctx, c, list)
}

// triggered is what became of one entry.
type triggered struct {
	Users     []string `json:"users"`
	Flow      string   `json:"flow"`
	Promote   bool     `json:"promote"`
	Succeeded bool     `json:"succeeded"`
	Message   string   `json:"message"`
}

func (d *Dialect) trigger(ctx context.Context, c muster.Caller, list []object) ([]triggered, error) {
	if len(list) == 0 || len(list) > maxTriggers {
		return nil, muster.Errorf(muster.Invalid, "data", "must list 1 to %d {flowId, users, promote}", maxTriggers)
	}
	results := make([]triggered, len(list))
	for i, o := range list {
		result, err := d.triggerOne(ctx, c, o)
		if e, ok := asError(err); ok {
			result.Message = wireError(e).Error()
		} else if err != nil {
			return nil, err
		}
		results[i] = result
	}
	return results, nil
}

// maxTriggers is how many entries one call may have.
const maxTriggers = 100

func (d *Dialect) triggerOne(ctx context.Context, c muster.Caller, o object) (triggered, error) {
	out := triggered{Users: []string{}}
	flow, err := o.text("flowId")
	if err != nil {
		return out, err
	}
	out.Flow = flow
	promote, err := o.boolean("promote")
	if err != nil {
		return out, err
	}
	out.Promote = promote.Or(true)
	users, _, err := o.texts("users")
	if err != nil {
		return out, err
	}
	refs := make([]muster.Ref, len(users))
	for i, user := range users {
		out.Users, refs[i] = append(out.Users, string(user)), userHandles(string(user))
	}
	if c, err = d.onBehalf(ctx, c, o); err != nil {
		return out, err
	}
	if _, err := d.core.TriggerFlow(ctx, c, flow, out.Promote, refs); err != nil {
		return out, err
	}
	out.Succeeded, out.Message = true, "OK"
	return out, nil
}
