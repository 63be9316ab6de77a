package main

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// changeFilter is which changes of history are meant: those for which all that
// was given holds.
type changeFilter struct {
	Account string       `placeholder:"REF" help:"Only changes of this account: UUID, number, username, e-mail address or provider:value."`
	ByKey   muster.KeyID `placeholder:"ID" help:"Only changes by this key."`
	By      string       `placeholder:"REF" help:"Only changes by this account, signed in or by a key of its own."`
	Batch   string       `placeholder:"ID" help:"Only changes of this batch."`
	Dialect string       `placeholder:"NAME" help:"Only changes through this API: sonoran, communifire, freesewing, rest, or command."`
	Deed    muster.Deed  `placeholder:"DEED" help:"Only deeds of this kind: edit, create, delete and so on."`
	Member  string       `placeholder:"NAME" help:"Only changes that touched this: username, ranks, standing.ban, values.KEY, identities.PROVIDER."`
	Since   *when        `placeholder:"WHEN" help:"Only changes from then on: a date, a time, or how long ago, such as 36h or 90d."`
	Until   *when        `placeholder:"WHEN" help:"Only changes before then."`
	After   int64        `placeholder:"SEQ" help:"Only changes after this one."`
	Before  int64        `placeholder:"SEQ" help:"Only changes before this one."`
}

// emptyFilter refuses a flag of history that is given and empty: --by-key "$KEY"
// of a variable that is not set would mean every key, and undo what all did.
func emptyFilter(command *kong.Context) error {
	if !strings.HasPrefix(command.Command(), "history ") {
		return nil
	}
	for _, step := range command.Path {
		f := step.Flag
		if f == nil || f.Target.Kind() != reflect.String || f.Target.Len() > 0 {
			continue
		}
		if slices.Contains([]string{"account", "by-key", "by", "batch", "dialect", "deed", "member"}, f.Name) {
			return misuse("--" + f.Name + " is empty; leave it out to mean all")
		}
	}
	return nil
}

// query is the filter as the core takes it.
func (f changeFilter) query(limit int) core.HistoryQuery {
	q := core.HistoryQuery{
		Key: f.ByKey, Batch: f.Batch, Dialect: f.Dialect, Deed: f.Deed, Member: f.Member, After: f.After, Before: f.Before, Limit: limit,
	}
	if f.Account != "" {
		q.Account = parseRef(f.Account)
	}
	if f.By != "" {
		q.By = parseRef(f.By)
	}
	now := time.Now()
	if f.Since != nil {
		q.Since = f.Since.before(now)
	}
	if f.Until != nil {
		q.Till = f.Until.before(now)
	}
	return q
}

// history lists as many changes of a filter as were asked for, though one page
// of a large history may be short.
func history(ctx context.Context, c deeds, caller muster.Caller, q core.HistoryQuery) (list []muster.Change, err error) {
	for limit := q.Limit; ; {
		q.Limit = limit - len(list)
		page, err := c.Changes(ctx, caller, q)
		list = append(list, page.Changes...)
		if err != nil || page.Next == 0 || len(list) >= limit {
			return list, err
		}
		q.Before = page.Next
	}
}
