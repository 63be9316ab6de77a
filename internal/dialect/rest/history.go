package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// historyFilters are the parameters that say which changes are meant, and the
// members of the same names in the body of an undo.
var historyFilters = []string{"account", "key", "by", "batch", "dialect", "deed", "member", "since", "until", "after", "before"}

func (d *Dialect) historyRoutes() []route {
	return []route{
		{method: http.MethodGet, pattern: root + "/changes", class: classRead, query: append([]string{"limit", "cursor"}, historyFilters...), do: d.listChanges},
		{method: http.MethodGet, pattern: root + "/changes/{seq}", class: classRead, do: d.readChange},
		{method: http.MethodPost, pattern: root + "/changes/{seq}/undo", class: classWrite, query: []string{"dry_run", "force"}, do: d.undo},
		{method: http.MethodPost, pattern: root + "/changes/undo", class: classBulk, do: d.undoAll},
	}
}

// change is a change as it is read.
type change struct {
	Seq      int64            `json:"seq,omitempty"`
	At       time.Time        `json:"at"`
	Deed     muster.Deed      `json:"deed"`
	Account  muster.AccountID `json:"account,omitempty"`
	Subject  string           `json:"subject,omitempty"`
	By       actor            `json:"by"`
	Batch    string           `json:"batch,omitempty"`
	Undoes   int64            `json:"undoes,omitempty"`
	UndoneBy int64            `json:"undone_by,omitempty"`
	Touched  []string         `json:"touched"`
	Before   muster.Members   `json:"before"`
	After    muster.Members   `json:"after"`
}

type actor struct {
	Key       muster.KeyID     `json:"key,omitempty"`
	Account   muster.AccountID `json:"account,omitempty"`
	Dialect   string           `json:"dialect"`
	RequestID string           `json:"request_id,omitempty"`
}

func changeOf(ch muster.Change) change {
	touched := ch.Touched()
	if touched == nil {
		touched = []string{}
	}
	return change{
		Seq: ch.Seq, At: ch.At, Deed: ch.Deed, Account: ch.Account, Subject: ch.Subject, Batch: ch.Batch, Undoes: ch.Undoes,
		By:      actor{ch.By.Key, ch.By.Account, ch.By.Dialect, ch.By.RequestID},
		Touched: touched, Before: asKey(ch, ch.Before), After: asKey(ch, ch.After),
	}
}

// asKey shows the definition of a key with the rank power that keys are shown
// with: null is any.
func asKey(ch muster.Change, m muster.Members) muster.Members {
	if m.Definition != nil && strings.HasPrefix(ch.Subject, "key ") {
		anyPower := []byte(`"rank_power":` + strconv.FormatInt(muster.AnyRankPower, 10))
		m.Definition = bytes.ReplaceAll(m.Definition, anyPower, []byte(`"rank_power":null`))
	}
	return m
}

func (d *Dialect) listChanges(ctx context.Context, c muster.Caller, in request) (reply, error) {
	members := map[string]any{}
	for _, name := range historyFilters {
		if !in.query.Has(name) {
			continue
		}
		members[name] = in.query.Get(name)
		if name == "after" || name == "before" {
			members[name] = json.Number(in.query.Get(name))
		}
	}
	q, err := object{members, map[string]bool{}}.historyQuery()
	if err != nil {
		return reply{}, muster.Within(inQuery, err)
	}
	limit, err := in.number("limit", 1, 1000, 100)
	if err != nil {
		return reply{}, err
	}
	cursor, err := in.cursor("c")
	if err != nil {
		return reply{}, err
	}
	if q.Limit = int(limit); cursor != 0 {
		q.Before = cursor // which lies below what was asked for
	}
	page, err := d.core.Changes(ctx, c, q)
	if err != nil {
		return reply{}, asQuery(asAccount(err))
	}
	items := []change{}
	for _, ch := range page.Changes {
		items = append(items, changeOf(ch))
	}
	return in.page(items, "c", page.Next), nil
}

// asAccount says that the member at fault is the account.
func asAccount(err error) error {
	if e, ok := asError(err); ok && e.Field == "ref" {
		return muster.Errorf(e.Code, "account", "%s", e.Message)
	}
	return err
}

// historyQuery reads which changes are meant.
func (o object) historyQuery() (q core.HistoryQuery, err error) {
	var deed string
	for _, m := range []named[string]{
		{"key", (*string)(&q.Key)}, {"batch", &q.Batch}, {"dialect", &q.Dialect}, {"deed", &deed}, {"member", &q.Member},
	} {
		text, err := o.text(m.name)
		if err != nil {
			return q, err
		}
		if text.Set && text.Value == "" {
			return q, wrong(m.name, "must not be empty")
		}
		*m.at = text.Value
	}
	q.Deed = muster.Deed(deed)
	for _, m := range []named[muster.Ref]{{"account", &q.Account}, {"by", &q.By}} {
		if *m.at, err = o.ref(m.name); err != nil {
			return q, err
		}
	}
	for _, m := range []named[time.Time]{{"since", &q.Since}, {"until", &q.Till}} {
		moment, err := o.time(m.name)
		if err != nil {
			return q, err
		}
		if moment.Set && moment.Value.IsZero() { // or it would bound nothing
			return q, wrong(m.name, "must not be empty")
		}
		*m.at = moment.Value
	}
	for _, m := range []struct {
		name  string
		least int64
		at    *int64
	}{{"after", 0, &q.After}, {"before", 1, &q.Before}} {
		n, err := o.integer(m.name)
		if err != nil {
			return q, err
		}
		if n.Set && n.Value < m.least {
			return q, wrong(m.name, "must be at least "+strconv.FormatInt(m.least, 10))
		}
		*m.at = n.Value
	}
	return q, nil
}

// ref is a member that points at an account, nil where it is not there.
func (o object) ref(name string) (muster.Ref, error) {
	v, ok := o.take(name)
	if !ok {
		return nil, nil
	}
	text, _ := v.(string)
	if n, ok := v.(json.Number); ok {
		text = n.String()
	}
	ref, err := parseRef(text)
	return ref, muster.WithinMember(name, err)
}

// seq is the number of a change that the path names.
func (in request) seq() (int64, error) {
	n, err := strconv.ParseInt(in.PathValue("seq"), 10, 64)
	if err != nil || n < 1 {
		return 0, muster.Errorf(muster.NotFound, "seq", "there is no such change")
	}
	return n, nil
}

func (d *Dialect) readChange(ctx context.Context, c muster.Caller, in request) (reply, error) {
	seq, err := in.seq()
	if err != nil {
		return reply{}, err
	}
	ch, undoneBy, err := d.core.ChangeBy(ctx, c, seq)
	out := changeOf(ch)
	out.UndoneBy = undoneBy
	return reply{body: out}, err
}

// undo takes one change back. What it should do stands in the body or in the
// query, since a request of so little need not have a body.
func (d *Dialect) undo(ctx context.Context, c muster.Caller, in request) (reply, error) {
	seq, err := in.seq()
	if err != nil {
		return reply{}, err
	}
	dry, err := in.flag("dry_run")
	if err != nil {
		return reply{}, err
	}
	force, err := in.flag("force")
	if err != nil {
		return reply{}, err
	}
	if err := in.nothing(); err != nil {
		return reply{}, err
	}
	result, err := d.core.Undo(ctx, c, seq, core.UndoOptions{DryRun: dry.Value, Force: force.Value})
	if err != nil {
		return reply{}, ofAccount(err)
	}
	out := done(result)
	if dry.Value {
		out.header[muster.HeaderDryRun] = "true"
	}
	return out, err
}

// undone is what became of one of many changes.
type undone struct {
	Seq     int64            `json:"seq"`
	Account muster.AccountID `json:"account,omitempty"`
	Outcome core.UndoOutcome `json:"outcome"`
	Deed    muster.Deed      `json:"deed,omitempty"` // what takes it back
	By      int64            `json:"by,omitempty"`   // the number of the change that does
	Before  *muster.Members  `json:"before,omitempty"`
	After   *muster.Members  `json:"after,omitempty"`
	Error   *fault           `json:"error,omitempty"`
}

// undoAll takes back all that a filter means.
func (d *Dialect) undoAll(ctx context.Context, c muster.Caller, in request) (reply, error) {
	body, err := in.object(typeJSON)
	if err != nil {
		return reply{}, err
	}
	var results, refused list
	u, err := body.undoMany()
	if err != nil {
		return reply{}, err
	}
	u.Done = func(from int, some []core.Undone) error {
		if from == 0 {
			results, refused = list{}, list{}
		}
		for _, r := range some {
			one := undoneOf(r)
			if results.add(one); r.Outcome == core.OutcomeRefused && refused.len < maxConflicts {
				refused.add(one)
			}
		}
		return nil
	}
	count, err := d.core.UndoAll(ctx, c, u)
	if err != nil {
		return reply{}, asAccount(err)
	}
	if count.Refused && !u.DryRun && !c.DryRun {
		return reply{}, problem{
			status: http.StatusConflict, code: string(muster.Conflict), conflicts: &refused,
			detail: strconv.Itoa(count.By[core.OutcomeRefused]) + " of " + strconv.Itoa(count.Matched) + " changes cannot be taken back; nothing was written",
		}
	}
	return reply{body: struct {
		Batch   string                   `json:"batch,omitempty"`
		DryRun  bool                     `json:"dry_run"`
		Matched int                      `json:"matched"`
		Counts  map[core.UndoOutcome]int `json:"counts"`
		Results *list                    `json:"results"`
	}{count.Batch, u.DryRun || c.DryRun, count.Matched, count.By, &results}}, nil
}

// maxConflicts is how many conflicts a refusal names.
const maxConflicts = 1000

func (o object) undoMany() (u core.UndoMany, err error) {
	if u.Filter, err = o.historyQuery(); err != nil {
		return u, err
	}
	mode, err := o.text("mode")
	if err != nil {
		return u, err
	}
	if u.Atomic, err = atomic(mode.Or("atomic")); err != nil {
		return u, muster.Within("mode", err)
	}
	for _, m := range []named[bool]{{"dry_run", &u.DryRun}, {"force", &u.Force}} {
		flag, err := o.bool(m.name)
		if err != nil {
			return u, err
		}
		*m.at = flag.Value
	}
	return u, o.rest()
}

// atomic reads a mode.
func atomic(mode string) (bool, error) {
	switch mode {
	case "atomic":
		return true, nil
	case "each":
		return false, nil
	}
	return false, muster.Errorf(muster.Invalid, "", `must be "atomic" or "each"`)
}

func undoneOf(r core.Undone) undone {
	out := undone{Seq: r.Change.Seq, Account: r.Change.Account, Outcome: r.Outcome}
	if r.By != nil {
		out.Deed, out.By, out.Before, out.After = r.By.Deed, r.By.Seq, &r.By.Before, &r.By.After
	}
	if r.Err != nil {
		p := problemOf(ofAccount(r.Err))
		out.Error = &fault{Detail: p.detail}
		if len(p.at) > 0 {
			out.Error = &p.at[0]
		}
	}
	return out
}

// list is a JSON array that is written item by item, so that of many items no
// more is kept than their text.
type list struct {
	len  int
	text bytes.Buffer
}

func (l *list) add(item any) {
	if l.len++; l.len > 1 {
		l.text.WriteByte(',')
	}
	l.text.Write(encode(item))
}

// MarshalJSON writes the array.
func (l *list) MarshalJSON() ([]byte, error) {
	return append(append([]byte{'['}, l.text.Bytes()...), ']'), nil
}
