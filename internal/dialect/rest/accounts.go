package rest

import (
	"context"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

func (d *Dialect) accountRoutes() []route {
	const one = root + "/accounts/{ref}"
	return []route{
		{method: http.MethodGet, pattern: root + "/me", class: classRead, do: d.me},
		{method: http.MethodGet, pattern: root + "/accounts", class: classRead, query: accountFilters, do: d.listAccounts},
		{method: http.MethodPost, pattern: root + "/accounts", class: classWrite, do: d.createAccount},
		{method: http.MethodGet, pattern: one, class: classRead, query: []string{"fields", "at"}, do: d.readAccount},
		{method: http.MethodPatch, pattern: one, class: classWrite, do: d.patchAccount},
		{method: http.MethodDelete, pattern: one, class: classWrite, do: d.deleteAccount},
		{method: http.MethodPost, pattern: one + "/restore", class: classWrite, do: d.restoreAccount},
		{method: http.MethodPost, pattern: one + "/erase", class: classWrite, do: d.eraseAccount},
		{method: http.MethodPost, pattern: one + "/kick", class: classWrite, do: d.kickAccount},
		{method: http.MethodPost, pattern: one + "/ban", class: classWrite, do: d.banAccount},
		{method: http.MethodPost, pattern: one + "/readmit", class: classWrite, do: d.readmitAccount},
		{method: http.MethodPost, pattern: one + "/ranks", class: classWrite, do: d.editRanks},
		{method: http.MethodPost, pattern: one + "/identities", class: classWrite, do: d.editIdentities},
	}
}

// me tells who is calling.
func (d *Dialect) me(ctx context.Context, c muster.Caller, _ request) (reply, error) {
	out := struct {
		Community muster.CommunityID `json:"community"`
		Key       muster.KeyID       `json:"key"`
		Level     muster.Level       `json:"level"`
		Areas     []muster.Area      `json:"areas"`
		RankPower *int64             `json:"rank_power"` // null: any
		Account   any                `json:"account"`
	}{c.Community, c.Key, c.Level, c.Areas, powerOf(c.RankPower), nil}
	if len(c.Areas) == 0 {
		out.Areas = muster.Areas
	}
	if c.Account == "" {
		return reply{body: out}, nil
	}
	v, err := d.core.Account(ctx, c, muster.RefID(c.Account))
	out.Account = accountOf(v)
	return reply{body: out}, err
}

// powerOf is a rank power as it is read: none where it is that of any rank,
// which is no number that all clients know.
func powerOf(power int64) *int64 {
	if power == muster.AnyRankPower {
		return nil
	}
	return &power
}

// shown is an account with its tag.
func shown(v core.View, as any) reply {
	return reply{body: as, header: map[string]string{"ETag": etag(v.Rev)}}
}

func (d *Dialect) readAccount(ctx context.Context, c muster.Caller, in request) (reply, error) {
	ref, err := in.ref()
	if err != nil {
		return reply{}, err
	}
	fields, err := in.sparse()
	if err != nil {
		return reply{}, err
	}
	if in.query.Has("at") {
		return d.readThen(ctx, c, in, ref, fields)
	}
	v, err := d.core.Account(ctx, c, ref)
	return shown(v, fields.of(v)), err
}

// readThen reads an account as it was. It has no tag: nobody can change the
// past.
func (d *Dialect) readThen(ctx context.Context, c muster.Caller, in request, ref muster.Ref, fields sparse) (reply, error) {
	var then core.Moment
	var err error
	if then.Seq, err = strconv.ParseInt(in.query.Get("at"), 10, 64); err != nil {
		if then.At, err = in.time("at"); err != nil {
			return reply{}, wrongQuery("at", "must be the number of a change or a time such as 2026-11-02T12:00:00Z")
		}
	} else if then.Seq < 1 {
		return reply{}, wrongQuery("at", "must be at least 1")
	}
	v, err := d.core.AccountThen(ctx, c, ref, then)
	return reply{body: fields.of(v)}, asThen(err)
}

// asThen says that the moment at fault stands in the query.
func asThen(err error) error {
	if e, ok := asError(err); ok && e.Field == "at" {
		return muster.Within(inQuery, err)
	}
	return err
}

func (d *Dialect) createAccount(ctx context.Context, c muster.Caller, in request) (reply, error) {
	body, err := in.object(typeJSON)
	if err != nil {
		return reply{}, err
	}
	n, err := body.newAccount()
	if err != nil {
		return reply{}, err
	}
	views, err := d.core.Create(ctx, c, []core.NewAccount{n})
	if err != nil {
		return reply{}, body.listed(err)
	}
	out := shown(views[0], accountOf(views[0]))
	out.status = http.StatusCreated
	out.header["Location"] = root + "/accounts/" + string(views[0].ID)
	return out, nil
}

// newAccount reads an account to be made, and nothing else.
func (o object) newAccount() (n core.NewAccount, err error) {
	id, err := o.text("id")
	if err != nil {
		return n, err
	}
	number, err := o.integer("number")
	if err != nil {
		return n, err
	}
	custom, err := o.bool("custom_number")
	if err != nil {
		return n, err
	}
	joined, err := o.time("joined_at")
	if err != nil {
		return n, err
	}
	n = core.NewAccount{ID: muster.AccountID(id.Value), Number: number.Value, Custom: custom.Or(number.Value != 0), JoinedAt: joined.Value}
	n.Edit, err = o.whole()
	return n, err
}

// target is the account that a request is about, and the state in which it is
// expected. Where the community asks for that, it must be said.
func (d *Dialect) target(ctx context.Context, c muster.Caller, in request) (t core.Target, err error) {
	if t.Ref, err = in.ref(); err != nil {
		return t, err
	}
	revs, anything, err := in.revs()
	switch {
	case err != nil || anything:
	case len(revs) == 0 && switchIfMatch.Of(c.Switches) == "yes":
		const detail = "this community wants If-Match with the ETag that was read"
		err = problem{status: http.StatusPreconditionRequired, code: "precondition_required", detail: detail, at: []fault{{Header: headerMatch, Detail: detail}}}
	case len(revs) == 1:
		t.IfRev = revs[0]
	case len(revs) > 1: // any of them will do, so the current one is expected where it is among them
		var v core.View
		if v, err = d.core.Account(ctx, c, t.Ref); err == nil && slices.Contains(revs, v.Rev) {
			t.IfRev = v.Rev
		} else {
			t.IfRev = core.NoRev
		}
	}
	return t, err
}

// change does one edit of one account.
func (d *Dialect) change(ctx context.Context, c muster.Caller, t core.Target) (reply, error) {
	results, err := d.core.Change(ctx, c, []core.Target{t}, core.Options{Atomic: true})
	if err != nil {
		return reply{}, err
	}
	return done(results[0]), nil
}

// done is an account after a deed, with the number of the change.
func done(r core.Result) reply {
	out := shown(r.View, accountOf(r.View))
	out.header = numbered(out.header, r.Seq)
	return out
}

// numbered adds the number of the change to a header, where there is one.
func numbered(header map[string]string, seq int64) map[string]string {
	if seq != 0 {
		header["Muster-Change"] = strconv.FormatInt(seq, 10)
	}
	return header
}

func (d *Dialect) patchAccount(ctx context.Context, c muster.Caller, in request) (reply, error) {
	body, err := in.object(typePatch)
	if err != nil {
		return reply{}, err
	}
	t, err := d.target(ctx, c, in)
	if err != nil {
		return reply{}, err
	}
	if t.Edit, err = body.whole(); err != nil {
		return reply{}, err
	}
	out, err := d.change(ctx, c, t)
	return out, body.listed(err)
}

// listed names a rank of an error as the client did, where its edit has a list
// of ranks.
func (o object) listed(err error) error {
	e, ok := asError(err)
	_, list := o.members["ranks"].([]any)
	if !ok || !list || len(e.Path) < 2 || e.Path[0] != "ranks" || e.Path[1] != "set" {
		return err
	}
	path := append([]string{"ranks"}, e.Path[2:]...)
	return &muster.Error{Code: e.Code, Field: strings.Join(path, "."), Path: path, Message: e.Message}
}

func (d *Dialect) editRanks(ctx context.Context, c muster.Caller, in request) (reply, error) {
	return d.editPart(ctx, c, in, "ranks", func(o object, e *muster.Edit) (err error) {
		e.Ranks, err = o.rankEdit()
		return err
	})
}

func (d *Dialect) editIdentities(ctx context.Context, c muster.Caller, in request) (reply, error) {
	return d.editPart(ctx, c, in, "identities", func(o object, e *muster.Edit) (err error) {
		e.Identities, err = o.identityEdit()
		return err
	})
}

// editPart does an edit of one part of an account, which is all of the body.
func (d *Dialect) editPart(ctx context.Context, c muster.Caller, in request, part string, read func(object, *muster.Edit) error) (reply, error) {
	body, err := in.object(typeJSON)
	if err != nil {
		return reply{}, err
	}
	t, err := d.target(ctx, c, in)
	if err != nil {
		return reply{}, err
	}
	if err := either(read(body, &t.Edit), body.rest()); err != nil {
		return reply{}, err
	}
	out, err := d.change(ctx, c, t)
	if e, ok := asError(err); ok && len(e.Path) > 1 && e.Path[0] == part {
		err = &muster.Error{Code: e.Code, Field: strings.TrimPrefix(e.Field, part+"."), Path: e.Path[1:], Message: e.Message}
	}
	return out, err
}

func (d *Dialect) deleteAccount(ctx context.Context, c muster.Caller, in request) (reply, error) {
	return d.live(ctx, c, in, d.core.Remove)
}

func (d *Dialect) restoreAccount(ctx context.Context, c muster.Caller, in request) (reply, error) {
	if err := in.nothing(); err != nil {
		return reply{}, err
	}
	return d.live(ctx, c, in, d.core.Restore)
}

// eraseAccount removes an account for good, so that there is nothing to show.
func (d *Dialect) eraseAccount(ctx context.Context, c muster.Caller, in request) (reply, error) {
	if err := in.nothing(); err != nil {
		return reply{}, err
	}
	t, err := d.target(ctx, c, in)
	if err != nil {
		return reply{}, err
	}
	seq, err := d.core.Erase(ctx, c, t.Ref, t.IfRev)
	return reply{status: http.StatusNoContent, header: numbered(map[string]string{}, seq)}, err
}

func (d *Dialect) live(ctx context.Context, c muster.Caller, in request, do func(context.Context, muster.Caller, muster.Ref, int64) (core.Result, error)) (reply, error) {
	t, err := d.target(ctx, c, in)
	if err != nil {
		return reply{}, err
	}
	result, err := do(ctx, c, t.Ref, t.IfRev)
	return done(result), err
}

// accountFilters are the parameters of a list of accounts.
var accountFilters = []string{
	"limit", "cursor", "fields", "after", "id", "number", "identity", "username", "email", "search", "name", "bio", "language", "rank", "all_ranks",
	"joined", "active", "archived", "banned", "owner", "sign_in", "level", "deleted", "values.",
	"joined_since", "joined_until", "created_since", "created_until", "updated_since", "updated_until", "login_since", "login_until",
}

func (d *Dialect) listAccounts(ctx context.Context, c muster.Caller, in request) (reply, error) {
	q, err := in.accountQuery()
	if err != nil {
		return reply{}, err
	}
	fields, err := in.sparse()
	if err != nil {
		return reply{}, err
	}
	found, err := d.core.Query(ctx, c, q)
	if err != nil {
		return reply{}, asQuery(err)
	}
	items := []any{}
	for _, v := range found.Accounts {
		items = append(items, fields.of(v))
	}
	return in.page(items, "a", found.Next), nil
}

// page is a page of a list. There is another one where next is not 0: its
// cursor stands in the body, its URL in the header Link.
func (in request) page(items any, kind string, next int64) reply {
	body := struct {
		Items any    `json:"items"`
		Next  string `json:"next,omitempty"`
	}{Items: items}
	out := reply{header: map[string]string{}}
	if next != 0 {
		body.Next = base64.RawURLEncoding.EncodeToString([]byte(kind + strconv.FormatInt(next, 10)))
		query := in.URL.Query()
		query.Set("cursor", body.Next)
		out.header["Link"] = "<" + in.URL.EscapedPath() + "?" + query.Encode() + `>; rel="next"`
	}
	out.body = body
	return out
}

// cursor is where a list of a kind goes on; 0 at its beginning.
func (in request) cursor(kind string) (int64, error) {
	text := in.query.Get("cursor")
	if text == "" {
		return 0, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	number, ok := strings.CutPrefix(string(b), kind)
	n, e := strconv.ParseInt(number, 10, 64)
	if err != nil || e != nil || !ok || n <= 0 {
		return 0, wrongQuery("cursor", "is none that this list has given out")
	}
	return n, nil
}
