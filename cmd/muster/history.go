package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

type historyCmd struct {
	List historyList `cmd:"" help:"List changes, the newest first."`
	Show historyShow `cmd:"" help:"Show one change."`
	Undo historyUndo `cmd:"" help:"Take one change back, or all that a filter finds."`
}

type historyList struct {
	reach
	output
	changeFilter
	Limit int `default:"50" placeholder:"N" help:"How many, at most 1000 (default: 50)."`
}

// Run lists the changes.
func (cmd *historyList) Run(p *program) error {
	if cmd.Limit < 1 {
		return misuse("--limit must be at least 1")
	}
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		list, err := history(p.ctx, c, caller, cmd.query(min(cmd.Limit, 1000)))
		if err != nil {
			return named(cmd.Account, err)
		}
		if cmd.JSON {
			shown := []changeView{}
			for _, ch := range list {
				shown = append(shown, viewChange(ch))
			}
			return printJSON(p.out, shown)
		}
		rows, err := historyRows(p.ctx, c, caller, list)
		if err != nil {
			return err
		}
		return cmd.list(p.out, nil, "SEQ TIME WHO DEED WHOSE WHAT", rows)
	})
}

func historyRows(ctx context.Context, c deeds, caller muster.Caller, list []muster.Change) ([][]string, error) {
	who, err := people(ctx, c, caller, list)
	if err != nil {
		return nil, err
	}
	rows := [][]string{}
	for _, ch := range list {
		what := strings.Join(describe(ch.Before, ch.After, who.names), "; ")
		if ch.Account != "" && ch.Subject != "" { // of which nothing more is told
			what = ch.Subject
		}
		rows = append(rows, []string{
			strconv.FormatInt(ch.Seq, 10), moment(ch.At), who.actor(ch.By), deed(ch), who.subject(ch), shorten(what, 160),
		})
	}
	return rows, nil
}

type historyShow struct {
	reach
	output
	Seq int64 `arg:"" help:"Number of the change."`
}

// Run shows the change.
func (cmd *historyShow) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		page, err := c.Changes(p.ctx, caller, core.HistoryQuery{Before: cmd.Seq + 1, Limit: 1})
		list := page.Changes
		if err != nil {
			return err
		}
		if len(list) == 0 || list[0].Seq != cmd.Seq {
			return muster.Errorf(muster.NotFound, "", "there is no change %d", cmd.Seq)
		}
		ch := list[0]
		who, err := people(p.ctx, c, caller, list)
		if err != nil {
			return err
		}
		rows := [][]string{
			{"Change", strconv.FormatInt(ch.Seq, 10)},
			{"Time", moment(ch.At)},
			{"Who", who.actor(ch.By)},
			{"Through", ch.By.Dialect},
			{"Request", ch.By.RequestID},
			{"Deed", deed(ch)},
			{"Whose", who.subject(ch)},
			{"Batch", ch.Batch},
		}
		for _, line := range describe(ch.Before, ch.After, who.names) {
			rows = append(rows, []string{"What", line})
		}
		return cmd.one(p.out, viewChange(ch), rows)
	})
}

type historyUndo struct {
	reach
	output
	changeFilter
	Seq    int64 `arg:"" optional:"" help:"Number of the change to take back; else all that the filter finds, the newest first."`
	DryRun bool  `help:"Show what would become, and change nothing."`
	Force  bool  `help:"Even where later changes touched the same members, which are lost."`
	Each   bool  `help:"Of many: take back those that can be, where others cannot (default: all or none)."`
}

// Help tells what can be undone.
func (historyUndo) Help() string {
	return `Edits, creations and deletions of accounts can be undone. Ranks that were given or taken later stay as they are.

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
		refused := count.By[core.OutcomeRefused]
		rows := [][]string{{"Changes", strconv.Itoa(out.Matched)}}
		for _, o := range []struct {
			name    string
			outcome core.UndoOutcome
		}{
			{"Taken back", core.OutcomeUndone}, {"Nothing left", core.OutcomeNothing}, {"Taken back before", core.OutcomeAlready},
			{"Cannot be undone", core.OutcomeNoUndo}, {"Refused", core.OutcomeRefused},
		} {
			if n := count.By[o.outcome]; n > 0 {
				rows = append(rows, []string{o.name, strconv.Itoa(n)})
			}
		}
		for _, r := range out.Results {
			if r.Error != "" && len(rows) < maxShown {
				rows = append(rows, []string{fmt.Sprint("Change ", r.Seq), r.Error})
			}
		}
		if rows = append(rows, []string{"Batch", out.Batch}); cmd.DryRun && !cmd.JSON {
			_, err = fmt.Fprintln(p.out, "Dry run, nothing was written.")
		}
		err = errors.Join(err, cmd.one(p.out, out, rows))
		if count.Refused && !cmd.DryRun {
			err = errors.Join(err, fmt.Errorf("%d of %d changes cannot be taken back; nothing was written", refused, out.Matched))
		}
		return err
	})
}

// maxShown is how many lines people are shown of an undo of many.
const maxShown = 30

func (cmd *historyUndo) showDry(p *program, v core.View) error {
	if !cmd.JSON {
		if _, err := fmt.Fprintln(p.out, "Dry run, nothing was written. The account would be:"); err != nil {
			return err
		}
	}
	return showAccount(p, cmd.output, v)
}

// deed is what was done, with the change that it took back.
func deed(ch muster.Change) string {
	if ch.Undoes != 0 {
		return fmt.Sprintf("%s (undoes %d)", ch.Deed, ch.Undoes)
	}
	return string(ch.Deed)
}

// registry is what people call those whom history names by id.
type registry struct {
	names
	keys     map[muster.KeyID]string
	accounts map[muster.AccountID]string
}

// people looks up whom the changes speak of. Who is not there any more is
// called by id.
func people(ctx context.Context, c deeds, caller muster.Caller, list []muster.Change) (registry, error) {
	r := registry{keys: map[muster.KeyID]string{}, accounts: map[muster.AccountID]string{}}
	catalogue, err := c.Catalogue(ctx, caller)
	if err != nil {
		return r, err
	}
	r.names = namesOf(catalogue.Fields, catalogue.Ranks)
	keys, err := c.Keys(ctx, caller)
	if err != nil && muster.CodeOf(err) != muster.Forbidden { // keys are called by id where their names may not be seen
		return r, err
	}
	for _, k := range keys {
		r.keys[k.ID] = k.Name
	}
	for _, ch := range list {
		for _, id := range []muster.AccountID{ch.Account, ch.By.Account} {
			if _, known := r.accounts[id]; known || id == "" {
				continue
			}
			v, err := c.Account(ctx, caller, muster.RefID(id))
			if err != nil && muster.CodeOf(err) != muster.NotFound {
				return r, err
			}
			r.accounts[id] = v.Username
		}
	}
	return r, nil
}

func (r registry) actor(by muster.Actor) string {
	switch {
	case r.accounts[by.Account] != "":
		return r.accounts[by.Account]
	case r.keys[by.Key] != "":
		return r.keys[by.Key]
	case by.Key != "":
		return "key " + string(by.Key)
	default:
		return by.Dialect
	}
}

func (r registry) subject(ch muster.Change) string {
	if ch.Account == "" {
		return ch.Subject
	}
	if name := r.accounts[ch.Account]; name != "" {
		return name
	}
	return string(ch.Account)
}

// changeView is a change as JSON.
type changeView struct {
	Seq     int64            `json:"seq"`
	At      time.Time        `json:"at"`
	Deed    muster.Deed      `json:"deed"`
	Account muster.AccountID `json:"account,omitempty"`
	Subject string           `json:"subject,omitempty"`
	By      actorView        `json:"by"`
	Batch   string           `json:"batch,omitempty"`
	Undoes  int64            `json:"undoes,omitempty"`
	Before  muster.Members   `json:"before"`
	After   muster.Members   `json:"after"`
}

type actorView struct {
	Key       muster.KeyID     `json:"key,omitempty"`
	Account   muster.AccountID `json:"account,omitempty"`
	Dialect   string           `json:"dialect,omitempty"`
	RequestID string           `json:"request_id,omitempty"`
}

func viewChange(ch muster.Change) changeView {
	return changeView{
		Seq: ch.Seq, At: ch.At, Deed: ch.Deed, Account: ch.Account, Subject: ch.Subject, By: actorView(ch.By),
		Batch: ch.Batch, Undoes: ch.Undoes, Before: ch.Before, After: ch.After,
	}
}
