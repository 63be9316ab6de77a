package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"sync"

	"github.com/muster-accounts/muster"
)

// AccountEdit is one of many edits.
type AccountEdit struct {
	Account Ref   `json:"account"`
	Edit    Edit  `json:"edit"`
	IfRev   int64 `json:"if_rev,omitempty"` // refused while the account has another Rev; 0: whatever it has
}

// EditResult is what became of one of many edits, or would become in a dry run.
type EditResult struct {
	Index   int              `json:"index"`   // which, from 0
	Outcome string           `json:"outcome"` // changed, unchanged or refused
	Account muster.AccountID `json:"account,omitempty"`
	Rev     int64            `json:"rev,omitempty"`
	Change  int64            `json:"seq,omitempty"`    // the number of the change
	Before  *muster.Members  `json:"before,omitempty"` // of a dry run: what would be touched, as it is
	After   *muster.Members  `json:"after,omitempty"`  // and as it would be
	Code    muster.Code      `json:"code,omitempty"`   // why it was refused
	Error   *Fault           `json:"error,omitempty"`
}

// EditSummary is what became of many edits in all.
type EditSummary struct {
	Batch  string         `json:"batch,omitempty"` // of all the changes; empty: nothing was written
	DryRun bool           `json:"dry_run"`
	Counts map[string]int `json:"counts"` // by outcome
}

// EditAll does up to 100,000 edits in one transaction: the first that is refused ends it, as the error, and nothing is
// written. Edits are sent as they come, and what became of each is told in their order, so that memory stays small; each
// may be nil. An error of each ends the reading, not the deed.
//
// It is not tried again by itself once it was begun, unless the server was too busy to begin.
func (c *Client) EditAll(ctx context.Context, edits iter.Seq[AccountEdit], each func(EditResult) error, options ...CallOption) (EditSummary, error) {
	return c.bulk(ctx, "atomic", edits, each, options)
}

// EditEach is EditAll where each edit stands for itself: one that is refused keeps no other from being done, and what
// became of each is told when it is durable.
func (c *Client) EditEach(ctx context.Context, edits iter.Seq[AccountEdit], each func(EditResult) error, options ...CallOption) (EditSummary, error) {
	return c.bulk(ctx, "each", edits, each, options)
}

func (c *Client) bulk(ctx context.Context, mode string, edits iter.Seq[AccountEdit], each func(EditResult) error, options []CallOption) (out EditSummary, err error) {
	ctx, cancel := within(ctx, c.pace.bulk)
	defer cancel()
	r := newCall(http.MethodPost, nil, options, "changes")
	r.query.Set("mode", mode)
	r.header.Set("Content-Type", typeNDJSON)
	r.header.Set("Expect", "100-continue") // so that edits are taken from their source when the server wants them
	err = c.repeat(ctx, false, func() error {
		body := newLines(edits)
		defer func() { _ = body.Close() }()
		out, err = c.bulkOnce(ctx, r, body, each)
		if err != nil && body.hasBegun() { // the edits may not come a second time
			err = final{err}
		}
		return err
	})
	if last, ok := err.(final); ok { //nolint:errorlint // it was put around it right above
		err = last.error
	}
	return out, err
}

func (c *Client) bulkOnce(ctx context.Context, r *call, body *lines, each func(EditResult) error) (out EditSummary, err error) {
	res, err := c.send(ctx, r, body)
	if err != nil {
		return out, err
	}
	defer func() { _ = res.Body.Close() }()
	if err := isJSON(res); err != nil {
		return out, err
	}
	err = readResults(res.Body, each, &out)
	return out, err
}

// lines is a body of one edit a line, which is written while it is read. It is closed by more than one goroutine.
type lines struct {
	mu    sync.Mutex
	next  func() (AccountEdit, bool)
	stop  func()
	begun bool
	line  bytes.Buffer
}

func newLines(edits iter.Seq[AccountEdit]) *lines {
	l := &lines{}
	l.next, l.stop = iter.Pull(edits)
	return l
}

// Read gives the rest of the line at hand, or the next.
func (l *lines) Read(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.begun = true; l.line.Len() < len(b); {
		edit, ok := l.next()
		if !ok {
			break
		}
		text, err := encode(edit)
		if err != nil {
			return 0, fmt.Errorf("client: an edit cannot be written: %w", err)
		}
		l.line.Write(text)
		l.line.WriteByte('\n')
	}
	return l.line.Read(b)
}

// Close lets go of the edits that are left.
func (l *lines) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stop()
	return nil
}

func (l *lines) hasBegun() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.begun
}

// maxItem is how much of an answer of many results is read for one of them.
const maxItem = 16 << 20

// allowance lets so much be read, until it is given more.
type allowance struct {
	io.Reader
	left int
}

func (a *allowance) Read(b []byte) (int, error) {
	if a.left <= 0 {
		return 0, fmt.Errorf("client: a part of the answer is larger than %d bytes", maxItem)
	}
	n, err := a.Reader.Read(b[:min(len(b), a.left)])
	a.left -= n
	return n, err
}

// readResults reads results one by one, and what follows them.
func readResults(body io.Reader, each func(EditResult) error, out *EditSummary) error {
	from := &allowance{body, maxItem}
	decoder := json.NewDecoder(from)
	for _, want := range []json.Token{json.Delim('{'), "results", json.Delim('[')} {
		got, err := decoder.Token()
		if err == nil && got != want {
			err = fmt.Errorf("%v stands where %v should", got, want)
		}
		if err != nil {
			return unread(err)
		}
	}
	for decoder.More() {
		from.left = maxItem
		var one EditResult
		if err := decoder.Decode(&one); err != nil {
			return unread(err)
		}
		if each == nil {
			continue
		}
		if err := each(one); err != nil {
			return err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return unread(err)
	}
	from.left = maxItem
	members := map[string]any{"mode": new(string), "dry_run": &out.DryRun, "batch": &out.Batch, "counts": &out.Counts}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return unread(err)
		}
		text, _ := name.(string)
		into := members[text]
		if into == nil {
			into = new(any)
		}
		if err := decoder.Decode(into); err != nil {
			return unread(err)
		}
	}
	_, err := decoder.Token()
	return unread(err)
}

// unread words why results could not be read to their end.
func unread(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("client: the results ended early, whether the rest was done is unknown: %w", err)
}
