package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

type accountList struct {
	reach
	output
	Search   string          `placeholder:"TEXT" help:"Only those with this in their username or name, in any case."`
	Rank     []muster.RankID `sep:"none" placeholder:"RANK" help:"Only who holds it, by id or label; of several: one of them."`
	Value    []string        `sep:"none" placeholder:"FIELD=VALUE" help:"Only those with this value, of a list among others; nothing after the = for those without. May be repeated."`
	Joined   *bool           `negatable:"" help:"Only those who are members, or are not."`
	Active   *bool           `negatable:"" help:"Only the active, or the pending."`
	Archived *bool           `negatable:"" help:"Only the archived, or the others."`
	Banned   *bool           `negatable:"" help:"Only the banned, or the others."`
	Deleted  bool            `help:"The deleted accounts instead."`
	After    int64           `placeholder:"N" help:"Begin after this number (default: at the first)."`
	Limit    int             `default:"50" placeholder:"N" help:"How many, at most 1000 (default: 50)."`
}

// Run lists accounts, and says on stderr how to go on.
func (cmd *accountList) Run(p *program) error {
	if cmd.Limit < 1 {
		return misuse("--limit must be at least 1")
	}
	q, err := cmd.query()
	if err != nil {
		return err
	}
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		list, next, err := query(p.ctx, c, caller, q)
		if err != nil {
			return err
		}
		shown, rows := []accountView{}, [][]string{}
		for _, v := range list {
			shown = append(shown, viewAccount(v))
			rows = append(rows, []string{
				strconv.FormatInt(v.Number, 10), string(v.ID), v.Username, standing(v.Standing), shorten(heldRanks(v), 60), v.Name,
			})
		}
		if err := cmd.list(p.out, shown, "NUMBER ID USERNAME STANDING RANKS NAME", rows); err != nil {
			return err
		}
		if next != 0 && !cmd.JSON {
			_, err = fmt.Fprintf(p.err, "There may be more: --after %d\n", next)
		}
		return err
	})
}

func (cmd *accountList) query() (core.Query, error) {
	q := core.Query{
		Search: cmd.Search, AnyRank: cmd.Rank, Joined: opt(cmd.Joined), Active: opt(cmd.Active), Archived: opt(cmd.Archived),
		Banned: opt(cmd.Banned), Deleted: cmd.Deleted, After: cmd.After, Limit: min(cmd.Limit, 1000), Values: map[muster.FieldID][]string{},
	}
	for _, v := range cmd.Value {
		field, value, ok := strings.Cut(v, "=")
		if !ok || field == "" {
			return q, misuse("--value " + muster.Quote(v) + ": must be FIELD=VALUE")
		}
		if _, twice := q.Values[muster.FieldID(field)]; twice {
			return q, misuse("--value " + muster.Quote(v) + ": the field has a value already")
		}
		q.Values[muster.FieldID(field)] = []string{value}
	}
	return q, nil
}

// query asks until there are as many as are wanted, or no more.
func query(ctx context.Context, c deeds, caller muster.Caller, q core.Query) (list []core.View, next int64, err error) {
	for limit := q.Limit; ; {
		page, err := c.Query(ctx, caller, q)
		if err != nil {
			return nil, 0, err
		}
		list, next = append(list, page.Accounts...), page.Next
		if next == 0 || len(list) == limit {
			return list, next, nil
		}
		q.After, q.Limit = next, limit-len(list)
	}
}
