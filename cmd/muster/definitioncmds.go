package main

import (
	"github.com/muster-accounts/muster"
)

type definitionArg struct {
	reach
	output
	ID string `arg:"" help:"Its id."`
}

type definitionList struct {
	reach
	output
}

type clockTypeCmd struct {
	Create clockTypeCreate `cmd:"" help:"Create a clock type."`
	List   clockTypeList   `cmd:"" help:"List the clock types; the first counts where a client names none."`
	Set    clockTypeSet    `cmd:"" help:"Change a clock type."`
	Delete clockTypeDelete `cmd:"" help:"Delete a clock type; times of it stay."`
}

type clockTypeCreate struct {
	reach
	output
	Label string `arg:"" help:"Name for people."`
	ID    string `help:"Keep the id that clients are configured with (default: a new UUID)."`
}

// Run creates the clock type.
func (cmd *clockTypeCreate) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		id, err := clockTypes.free(p, c, caller, cmd.ID)
		if err != nil {
			return err
		}
		return clockTypes.save(p, c, caller, cmd.output, muster.ClockType{ID: id, Label: cmd.Label})
	})
}

type clockTypeList struct{ definitionList }

// Run lists the clock types.
func (cmd *clockTypeList) Run(p *program) error {
	return clockTypes.show(p, cmd.reach, cmd.output)
}

type clockTypeSet struct {
	definitionArg
	Label string `required:"" help:"Name for people."`
}

// Run changes the label.
func (cmd *clockTypeSet) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		d, err := clockTypes.find(p, c, caller, cmd.ID)
		if err != nil {
			return err
		}
		d.Label = cmd.Label
		return clockTypes.save(p, c, caller, cmd.output, d)
	})
}

type clockTypeDelete struct{ definitionArg }

// Run deletes the clock type.
func (cmd *clockTypeDelete) Run(p *program) error {
	return clockTypes.delete(p, cmd.reach, cmd.output, cmd.ID)
}

type departmentCmd struct {
	Create departmentCreate `cmd:"" help:"Define a department. Ranks name it by its label."`
	List   departmentList   `cmd:"" help:"List the departments, those that ranks alone name too."`
	Set    departmentSet    `cmd:"" help:"Change a department; its ranks follow its label."`
	Delete departmentDelete `cmd:"" help:"Delete a department's definition; ranks go on naming it."`
}

type departmentCreate struct {
	reach
	output
	Label    string `arg:"" help:"Name for people, and for the ranks of it."`
	LabelTwo string `help:"Second name."`
	ID       string `help:"Keep the id that clients are configured with (default: a new UUID)."`
}

// Run defines the department.
func (cmd *departmentCreate) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		id, err := departments.free(p, c, caller, cmd.ID)
		if err != nil {
			return err
		}
		return departments.save(p, c, caller, cmd.output, muster.Department{ID: id, Label: cmd.Label, LabelTwo: cmd.LabelTwo})
	})
}

type departmentList struct{ definitionList }

// Run lists the departments.
func (cmd *departmentList) Run(p *program) error {
	return departments.show(p, cmd.reach, cmd.output)
}

type departmentSet struct {
	definitionArg
	Label    *string `help:"Name for people, and for the ranks of it."`
	LabelTwo *string `help:"Second name."`
}

// Run changes what was given.
func (cmd *departmentSet) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		d, err := departments.find(p, c, caller, cmd.ID)
		if err != nil {
			return err
		}
		put(&d.Label, cmd.Label)
		put(&d.LabelTwo, cmd.LabelTwo)
		return departments.save(p, c, caller, cmd.output, d)
	})
}

type departmentDelete struct{ definitionArg }

// Run deletes the definition.
func (cmd *departmentDelete) Run(p *program) error {
	return departments.delete(p, cmd.reach, cmd.output, cmd.ID)
}

type flowCmd struct {
	Create flowCreate `cmd:"" help:"Create a promotion flow."`
	List   flowList   `cmd:"" help:"List the promotion flows."`
	Set    flowSet    `cmd:"" help:"Change a promotion flow."`
	Delete flowDelete `cmd:"" help:"Delete a promotion flow."`
}

// flowFlags are the parts of a promotion flow.
type flowFlags struct {
	From      *string `help:"Name of where it leads from."`
	To        *string `help:"Name of where it leads to."`
	Add       *words  `placeholder:"RANKS" help:"Ranks that are given on the way up, by id or label."`
	Take      *words  `placeholder:"RANKS" help:"Ranks that are taken on the way up; who lacks one cannot go."`
	Direction *string `placeholder:"WAY" help:"Which ways it goes: both, promote or demote (default: both)."`
}

func (g flowFlags) apply(f *muster.Flow) {
	put(&f.LabelFrom, g.From)
	put(&f.LabelTo, g.To)
	put((*string)(&f.Direction), g.Direction)
	if g.Add != nil {
		f.Add = rankIDs(*g.Add)
	}
	if g.Take != nil {
		f.Remove = rankIDs(*g.Take)
	}
}

type flowCreate struct {
	reach
	output
	ID string `help:"Keep the id that clients are configured with (default: a new UUID)."`
	flowFlags
}

// Help gives an example.
func (flowCreate) Help() string {
	return `Example: muster flow create --from Cadet --to Officer --take 'Police Cadet' --add 'Patrol Officer'`
}

// Run creates the flow.
func (cmd *flowCreate) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		id, err := flows.free(p, c, caller, cmd.ID)
		if err != nil {
			return err
		}
		f := muster.Flow{ID: id, Direction: muster.FlowBoth}
		cmd.apply(&f)
		return flows.save(p, c, caller, cmd.output, f)
	})
}

type flowList struct{ definitionList }

// Run lists the flows.
func (cmd *flowList) Run(p *program) error { return flows.show(p, cmd.reach, cmd.output) }

type flowSet struct {
	definitionArg
	flowFlags
}

// Run changes what was given.
func (cmd *flowSet) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		f, err := flows.find(p, c, caller, cmd.ID)
		if err != nil {
			return err
		}
		cmd.apply(&f)
		return flows.save(p, c, caller, cmd.output, f)
	})
}

type flowDelete struct{ definitionArg }

// Run deletes the flow.
func (cmd *flowDelete) Run(p *program) error {
	return flows.delete(p, cmd.reach, cmd.output, cmd.ID)
}
