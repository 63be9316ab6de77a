package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

type historyUndo struct {
	reach
	output
	changeFilter
	Seq    int64 `arg:"" optional:"" help:"Number of the change to take back; else all that the filter finds, the newest first."`
	DryRun bool  `help:"Show what would become, and change nothing."`
	Force  bool  `help:"Even where that loses later changes: of the same members, or of an account that was created and would be deleted."`
	Each   bool  `help:"Of many: take back those that can be, where others cannot (default: all or none)."`
}

// Help tells what can be undone.
func (historyUndo) Help() string {
	return `Edits, creations and deletions of accounts can be undone. Ranks that were given or taken later stay as they are.
With --member edits alone are taken back: accounts stay.

Everything that a key did in the last three hours: muster history undo --by-key bot --since 3h --dry-run`
}

// Run takes the change back, or the changes.
func (cmd *historyUndo) Run(p *program) error {
	if filtered := cmd.changeFilter != (changeFilter{}); filtered == (cmd.Seq != 0) {
		return misuse("give either the number of one change, or a filter for many: --by-key, --since and so on")
	} else if filtered {
		return cmd.many(p)
	}
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		result, err := c.Undo(p.ctx, caller, cmd.Seq, core.UndoOptions{DryRun: cmd.DryRun, Force: cmd.Force})
		if err != nil {
			return err
		}
		if cmd.DryRun && result.View.ID != "" {
			return cmd.showDry(p, result.View)
		}
		answer := map[string]int64{"seq": result.Seq, "undoes": cmd.Seq}
		switch {
		case cmd.DryRun:
			return cmd.say(p.out, answer, "Dry run, nothing was written. Change %d can be taken back.", cmd.Seq)
		case result.Seq == 0:
			return cmd.say(p.out, answer, "Nothing had to be changed: change %d has no effect any more.", cmd.Seq)
		default:
			return cmd.say(p.out, answer, "Change %d is taken back, by change %d.", cmd.Seq, result.Seq)
		}
	})
}

func (cmd *historyUndo) showDry(p *program, v core.View) error {
	become := "The account would be:"
	if !v.DeletedAt.IsZero() {
		become = "The account would be deleted:"
	}
	if !cmd.JSON {
		if _, err := fmt.Fprintln(p.out, "Dry run, nothing was written. "+become); err != nil {
			return err
		}
	}
	return showAccount(p, cmd.output, v)
}

// many takes back all that the filter finds.
func (cmd *historyUndo) many(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		out := undone{DryRun: cmd.DryRun, Results: []undoneOne{}}
		many := core.UndoMany{Filter: cmd.query(0), DryRun: cmd.DryRun, Force: cmd.Force, Atomic: !cmd.Each, Done: out.add}
		count, err := c.UndoAll(p.ctx, caller, many)
		if err != nil {
			return named(cmd.Account, err)
		}
		out.Batch, out.Matched, out.Counts = count.Batch, count.Matched, count.By
		switch {
		case cmd.JSON:
			err = printJSON(p.out, out)
		case cmd.DryRun || count.Refused:
			err = cmd.preview(p, c, caller, out)
		default:
			err = printTable(p.out, append(out.counted("Taken back"), out.refused(0)...))
		}
		if count.Refused {
			became := map[bool]string{true: "would be", false: "was"}[cmd.DryRun]
			err = errors.Join(err, fmt.Errorf("%d of %d changes cannot be taken back; nothing %s written", count.By[core.OutcomeRefused], out.Matched, became))
		}
		return err
	})
}

// How many lines people are shown of an undo of many: of what would become of
// each change, and of refusals beside that.
const (
	maxPreviewed = 100
	maxRefusals  = 30
)

// preview prints what would become of each change, and how many of each kind.
func (cmd *historyUndo) preview(p *program, c deeds, caller muster.Caller, out undone) error {
	shown := out.Results[:min(len(out.Results), maxPreviewed)]
	by := make([]muster.Change, len(shown))
	for i, r := range shown {
		by[i] = muster.Change{Account: r.Account}
	}
	who, err := people(p.ctx, c, caller, by)
	if err != nil {
		return err
	}
	rows := [][]string{strings.Split("SEQ WHOSE DEED WHAT", " ")}
	for i, r := range shown {
		rows = append(rows, []string{strconv.FormatInt(r.Seq, 10), who.subject(by[i]), string(r.Deed), shorten(r.what(who.names), 160)})
	}
	heading := "Nothing was written. What it would have been:"
	if cmd.DryRun {
		heading = "Dry run, nothing was written."
	}
	if _, err = fmt.Fprintln(p.out, heading); err == nil && len(shown) > 0 {
		err = printTable(p.out, rows)
	}
	if more := len(out.Results) - len(shown); err == nil && more > 0 {
		_, err = fmt.Fprintf(p.out, "and %d more\n", more)
	}
	return errors.Join(err, printTable(p.out, append(out.counted("Would be taken back"), out.refused(len(shown))...)))
}

// undone is what became of many changes, as JSON.
type undone struct {
	Batch   string                   `json:"batch,omitempty"`
	DryRun  bool                     `json:"dry_run"`
	Matched int                      `json:"matched"`
	Counts  map[core.UndoOutcome]int `json:"counts"`
	Results []undoneOne              `json:"results"`
}

type undoneOne struct {
	Seq     int64            `json:"seq"`
	Account muster.AccountID `json:"account,omitempty"`
	Outcome core.UndoOutcome `json:"outcome"`
	Deed    muster.Deed      `json:"deed,omitempty"` // what takes it back
	By      int64            `json:"by,omitempty"`
	Before  *muster.Members  `json:"before,omitempty"`
	After   *muster.Members  `json:"after,omitempty"`
	Error   string           `json:"error,omitempty"`
}

func (u *undone) add(from int, some []core.Undone) error {
	u.Results = u.Results[:from]
	for _, r := range some {
		one := undoneOne{Seq: r.Change.Seq, Account: r.Change.Account, Outcome: r.Outcome}
		if r.By != nil {
			one.Deed, one.By, one.Before, one.After = r.By.Deed, r.By.Seq, &r.By.Before, &r.By.After
		}
		if r.Err != nil {
			one.Error = r.Err.Error()
		}
		u.Results = append(u.Results, one)
	}
	return nil
}

// outcomes are the ends to which a change can come, as people call them.
var outcomes = []struct {
	outcome core.UndoOutcome
	name    string
}{
	{core.OutcomeUndone, "Taken back"}, {core.OutcomeNothing, "Nothing left"}, {core.OutcomeAlready, "Taken back before"},
	{core.OutcomeNoUndo, "Cannot be undone"}, {core.OutcomeRefused, "Refused"},
}

// counted is how many changes came to which end. done is what those are called
// that are taken back.
func (u *undone) counted(done string) [][]string {
	rows := [][]string{{"Changes", strconv.Itoa(u.Matched)}}
	for _, o := range outcomes {
		if o.outcome == core.OutcomeUndone {
			o.name = done
		}
		if n := u.Counts[o.outcome]; n > 0 {
			rows = append(rows, []string{o.name, strconv.Itoa(n)})
		}
	}
	if u.Batch != "" {
		rows = append(rows, []string{"Batch", u.Batch})
	}
	return rows
}

// refused names the first refusals from a result on.
func (u *undone) refused(from int) (rows [][]string) {
	for _, r := range u.Results[from:] {
		if r.Error != "" && len(rows) < maxRefusals {
			rows = append(rows, []string{fmt.Sprint("Change ", r.Seq), r.Error})
		}
	}
	return rows
}

// what is what takes a change back, or why nothing does.
func (r undoneOne) what(n names) string {
	if r.Before != nil {
		return strings.Join(describe(*r.Before, *r.After, n), "; ")
	}
	for _, o := range outcomes {
		if o.outcome == r.Outcome && r.Error == "" {
			return strings.ToLower(o.name)
		}
	}
	return "refused: " + r.Error
}
