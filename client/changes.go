package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/muster-accounts/muster"
)

// Change is something that was done.
type Change struct {
	Seq      int64            `json:"seq"` // counts the community's changes, without gaps
	At       time.Time        `json:"at"`
	Deed     muster.Deed      `json:"deed"`
	Account  muster.AccountID `json:"account,omitempty"` // whose; empty for the catalogue and keys
	Subject  string           `json:"subject,omitempty"` // of other deeds: "field ID", "rank ID", "key ID", "community", "password"
	By       Actor            `json:"by"`
	Batch    string           `json:"batch,omitempty"`     // the same for all changes of one request
	Undoes   int64            `json:"undoes,omitempty"`    // the change that this one takes back
	UndoneBy int64            `json:"undone_by,omitempty"` // the change that takes this one back, where it is read by itself
	Touched  []string         `json:"touched"`             // the members that became different
	Before   muster.Members   `json:"before"`              // as they were; values by the id of their field
	After    muster.Members   `json:"after"`               // as they became
}

// Actor is who did it.
type Actor struct {
	Key       muster.KeyID     `json:"key,omitempty"`
	Account   muster.AccountID `json:"account,omitempty"`
	Dialect   string           `json:"dialect"` // through which API: rest, sonoran, communifire, freesewing or command
	RequestID string           `json:"request_id,omitempty"`
}

// ChangeFilter says which changes are meant: those for which all of it holds. What is empty filters nothing.
type ChangeFilter struct {
	Account Ref          `json:"account,omitempty"` // whose; it may be a deleted one
	Key     muster.KeyID `json:"key,omitempty"`     // by this key
	By      Ref          `json:"by,omitempty"`      // by this account, signed in or by a key of its own
	Batch   string       `json:"batch,omitempty"`
	Dialect string       `json:"dialect,omitempty"`
	Deed    muster.Deed  `json:"deed,omitempty"`
	Member  string       `json:"member,omitempty"` // that touched this: username, ranks, standing.ban, values.KEY, identities.PROVIDER. An undo takes edits alone back then
	Since   time.Time    `json:"since,omitzero"`
	Until   time.Time    `json:"until,omitzero"`
	After   int64        `json:"after,omitempty"`  // only greater numbers
	Before  int64        `json:"before,omitempty"` // only smaller numbers

	PageSize int `json:"-"` // how many changes a request fetches, at most 1,000; 0: 100
}

func (f ChangeFilter) query() url.Values {
	q := url.Values{}
	for name, text := range map[string]string{
		"account": string(f.Account), "key": string(f.Key), "by": string(f.By), "batch": f.Batch, "dialect": f.Dialect,
		"deed": string(f.Deed), "member": f.Member,
	} {
		if text != "" {
			q.Set(name, text)
		}
	}
	moments(q, map[string]time.Time{"since": f.Since, "until": f.Until})
	numbers(q, map[string]int64{"after": f.After, "before": f.Before})
	pageSize(q, f.PageSize)
	return q
}

// Changes lists history, the newest change first.
func (c *Client) Changes(ctx context.Context, f ChangeFilter) iter.Seq2[Change, error] {
	return pages[Change](ctx, c, f.query(), "changes")
}

// Change reads one change by its number.
func (c *Client) Change(ctx context.Context, seq int64) (Change, error) {
	return read[Change](ctx, c, "changes", strconv.FormatInt(seq, 10))
}

// UndoOptions say how changes are taken back.
type UndoOptions struct {
	Force bool // even where later changes touched the same members, which are lost
	Each  bool // of many: those that can be, where others cannot; else all or none
}

// Undo takes one change back, by a change of its own, and shows the account as it is then. Where later changes touched
// the same members it is [ErrConflict], and so it is where an account would be deleted that was edited since, and where
// the change was taken back already.
func (c *Client) Undo(ctx context.Context, seq int64, how UndoOptions, options ...CallOption) (Account, error) {
	r := newCall(http.MethodPost, nil, options, "changes", strconv.FormatInt(seq, 10), "undo")
	if how.Force {
		r.query.Set("force", "true")
	}
	return c.changed(ctx, r)
}

// UndoneMany is what became of many changes, or would become in a dry run.
type UndoneMany struct {
	Batch   string         `json:"batch,omitempty"` // of the changes that take back; empty: nothing was written
	DryRun  bool           `json:"dry_run"`
	Matched int            `json:"matched"` // how many changes the filter found
	Counts  map[string]int `json:"counts"`  // by outcome
	Results []Undone       `json:"results"` // the newest change first
}

// Undone is what became of one of many changes.
type Undone struct {
	Seq     int64            `json:"seq"`
	Account muster.AccountID `json:"account,omitempty"`
	Outcome string           `json:"outcome"`          // undone, nothing_left, undone_before, cannot_be_undone or refused
	Deed    muster.Deed      `json:"deed,omitempty"`   // what takes it back: edit, delete or restore; empty where nothing is done
	By      int64            `json:"by,omitempty"`     // the change that takes it back; 0 in a preview
	Before  *muster.Members  `json:"before,omitempty"` // what it touches, as it was
	After   *muster.Members  `json:"after,omitempty"`  // and as it is to be
	Error   *Fault           `json:"error,omitempty"`  // why it is refused
}

// UndoAll takes back all changes that a filter finds, the newest first, in one transaction. With DryRun it tells what that
// would be. The filter must not be empty.
func (c *Client) UndoAll(ctx context.Context, f ChangeFilter, how UndoOptions, options ...CallOption) (out UndoneMany, err error) {
	body := struct {
		ChangeFilter
		Mode  string `json:"mode"`
		Force bool   `json:"force"`
	}{f, "atomic", how.Force}
	if how.Each {
		body.Mode = "each"
	}
	r := newCall(http.MethodPost, &out, options, "changes", "undo").with(body)
	r.slow = true
	_, err = c.do(ctx, r)
	return out, err
}
