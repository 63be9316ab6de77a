package main

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// defining is what the commands of one kind of definition have in common.
type defining[T interface{ DefinitionID() string }] struct {
	kind    string
	list    func(deeds, context.Context, muster.Caller) ([]T, error)
	put     func(deeds, context.Context, muster.Caller, T) error
	remove  func(deeds, context.Context, muster.Caller, string) error
	heading string
	row     func(T) []string
}

var (
	clockTypes = defining[muster.ClockType]{
		"clock type", ownList((*core.Core).ClockTypes), own((*core.Core).PutClockType), own((*core.Core).DeleteClockType), "ID LABEL",
		func(c muster.ClockType) []string { return []string{c.ID, c.Label} },
	}
	departments = defining[muster.Department]{
		"department", definedDepartments, deeds.PutDepartment, deeds.DeleteDepartment, "ID LABEL LABEL-TWO",
		func(d muster.Department) []string { return []string{d.ID, d.Label, d.LabelTwo} },
	}
	flows = defining[muster.Flow]{
		"flow", ownList((*core.Core).Flows), own((*core.Core).PutFlow), own((*core.Core).DeleteFlow), "ID FROM TO ADDS TAKES DIRECTION",
		func(f muster.Flow) []string {
			return []string{f.ID, f.LabelFrom, f.LabelTo, joinRanks(f.Add), joinRanks(f.Remove), string(f.Direction)}
		},
	}
)

// definedDepartments has those that ranks name as well; they can be given a
// definition under the id that they have.
func definedDepartments(c deeds, ctx context.Context, caller muster.Caller) (list []muster.Department, err error) { //nolint:revive // as a method's expression is
	all, err := c.Departments(ctx, caller)
	for _, d := range all {
		if d.Label != "" {
			list = append(list, d.Department)
		}
	}
	return list, err
}

func (d defining[T]) find(p *program, c deeds, caller muster.Caller, id string) (found T, err error) {
	list, err := d.list(c, p.ctx, caller)
	if err != nil {
		return found, err
	}
	i := slices.IndexFunc(list, func(has T) bool { return has.DefinitionID() == id })
	if i < 0 {
		return found, muster.Errorf(muster.NotFound, "", "there is no %s %q", d.kind, id)
	}
	return list[i], nil
}

func (d defining[T]) save(p *program, c deeds, caller muster.Caller, o output, v T) error {
	err := d.put(c, p.ctx, caller, v)
	if err == nil {
		v, err = d.find(p, c, caller, v.DefinitionID()) // with ids for labels
	}
	if err != nil {
		return err
	}
	return o.list(p.out, v, d.heading, [][]string{d.row(v)})
}

// free refuses an id that is taken, and makes one where none was given.
func (d defining[T]) free(p *program, c deeds, caller muster.Caller, id string) (string, error) {
	if id == "" {
		return uuid.NewString(), nil
	}
	_, err := d.find(p, c, caller, id)
	switch {
	case muster.CodeOf(err) == muster.NotFound:
		return id, nil
	case err == nil:
		err = muster.Errorf(muster.Conflict, "id", "there is a %s %q already", d.kind, id)
	}
	return "", err
}

func (d defining[T]) show(p *program, l reach, o output) error {
	return l.do(p, func(c deeds, caller muster.Caller) error {
		list, err := d.list(c, p.ctx, caller)
		if err != nil {
			return err
		}
		rows := make([][]string, len(list))
		for i, v := range list {
			rows[i] = d.row(v)
		}
		return o.list(p.out, append([]T{}, list...), d.heading, rows)
	})
}

func (d defining[T]) delete(p *program, l reach, o output, id string) error {
	return l.do(p, func(c deeds, caller muster.Caller) error {
		if err := d.remove(c, p.ctx, caller, id); err != nil {
			return err
		}
		return o.say(p.out, map[string]string{"deleted": id}, "The %s %s is deleted.", d.kind, id)
	})
}
