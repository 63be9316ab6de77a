package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"

	"github.com/muster-accounts/muster"
)

type rankCmd struct {
	Create rankCreate `cmd:"" help:"Create a rank."`
	List   rankList   `cmd:"" help:"List the ranks."`
	Set    rankSet    `cmd:"" help:"Change a rank."`
	Delete rankDelete `cmd:"" help:"Take a rank from all who hold it, and delete it."`
}

// rankFlags are the parts of a rank beside its id and label.
type rankFlags struct {
	Department *string `help:"Department that it belongs to."`
	Power      *int64  `placeholder:"N" help:"Compares ranks: nobody gives or takes one above the own power (default: 0)."`
	Colour     *string `help:"Colour, as clients understand it: #c0392b."`
}

func (g rankFlags) apply(r *muster.Rank) {
	put(&r.Department, g.Department)
	put(&r.Power, g.Power)
	put(&r.Colour, g.Colour)
}

type rankCreate struct {
	reach
	output
	Label string        `arg:"" help:"Name for people."`
	ID    muster.RankID `help:"Keep the id that clients are configured with (default: a new UUID)."`
	rankFlags
}

// Help gives an example.
func (rankCreate) Help() string {
	return `Example: muster rank create Sergeant --department Police --power 40`
}

// Run creates the rank.
func (cmd *rankCreate) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		catalogue, err := c.Catalogue(p.ctx, caller)
		if err != nil {
			return err
		}
		for _, r := range catalogue.Ranks {
			if r.ID == cmd.ID {
				return muster.Errorf(muster.Conflict, "id", "there is a rank %q already; change it with: muster rank set", cmd.ID)
			}
			if r.Label == cmd.Label {
				_, _ = fmt.Fprintf(p.err, "muster: warning: the rank %s has this label too; both are found by id only\n", r.ID)
			}
		}
		r := muster.Rank{ID: cmd.ID, Label: cmd.Label}
		if r.ID == "" {
			r.ID = muster.RankID(uuid.NewString())
		}
		cmd.apply(&r)
		return putRank(p, c, caller, cmd.output, r)
	})
}

type rankList struct {
	reach
	output
}

// Run lists the ranks.
func (cmd *rankList) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		catalogue, err := c.Catalogue(p.ctx, caller)
		if err != nil {
			return err
		}
		shown, rows := []muster.Rank{}, [][]string{}
		for _, r := range catalogue.Ranks {
			shown = append(shown, r)
			rows = append(rows, []string{string(r.ID), strconv.FormatInt(r.Power, 10), r.Label, r.Department})
		}
		return cmd.list(p.out, shown, "ID POWER LABEL DEPARTMENT", rows)
	})
}

type rankSet struct {
	reach
	output
	ID    string  `arg:"" help:"Id, or a label that only one rank has."`
	Label *string `help:"Name for people."`
	rankFlags
}

// Run changes what was given.
func (cmd *rankSet) Run(p *program) error {
	if cmd.Label == nil && cmd.rankFlags == (rankFlags{}) {
		return errNothingGiven
	}
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		r, err := readRank(p.ctx, c, caller, cmd.ID)
		if err != nil {
			return err
		}
		put(&r.Label, cmd.Label)
		cmd.apply(&r)
		return putRank(p, c, caller, cmd.output, r)
	})
}

type rankDelete struct {
	reach
	output
	ID string `arg:"" help:"Id, or a label that only one rank has."`
}

// Run deletes the rank.
func (cmd *rankDelete) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		r, err := readRank(p.ctx, c, caller, cmd.ID)
		if err != nil {
			return err
		}
		if err := c.DeleteRank(p.ctx, caller, r.ID); err != nil {
			return err
		}
		return cmd.say(p.out, map[string]muster.RankID{"deleted": r.ID}, "The rank %q (%s) is deleted.", r.Label, r.ID)
	})
}

func putRank(p *program, c deeds, caller muster.Caller, o output, r muster.Rank) error {
	if err := c.PutRank(p.ctx, caller, r); err != nil {
		return err
	}
	return o.one(p.out, r, [][]string{
		{"ID", string(r.ID)},
		{"Label", r.Label},
		{"Department", r.Department},
		{"Power", strconv.FormatInt(r.Power, 10)},
		{"Colour", r.Colour},
	})
}

func readRank(ctx context.Context, c deeds, caller muster.Caller, name string) (muster.Rank, error) {
	catalogue, err := c.Catalogue(ctx, caller)
	if err != nil {
		return muster.Rank{}, err
	}
	return findRank(catalogue.Ranks, name)
}

// findRank finds a rank by id, then by a label that only one has.
func findRank(ranks []muster.Rank, name string) (found muster.Rank, err error) {
	labelled := 0
	for _, r := range ranks {
		if string(r.ID) == name {
			return r, nil
		}
		if r.Label == name {
			found = r
			labelled++
		}
	}
	switch labelled {
	case 1:
		return found, nil
	case 0:
		return muster.Rank{}, muster.Errorf(muster.NotFound, "", "there is no rank %q", name)
	default:
		return muster.Rank{}, muster.Errorf(muster.Invalid, "", "%d ranks are labelled %q; use an id", labelled, name)
	}
}
