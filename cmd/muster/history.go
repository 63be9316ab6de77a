package main

import (
	"context"
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
