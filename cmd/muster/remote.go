package main

import (
	"cmp"
	"context"
	"errors"
	"path"
	"slices"
	"strconv"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/client"
	"github.com/muster-accounts/muster/internal/core"
)

// remote does the deeds of commands by asking a server, whose answers it puts as the core would. Who calls is the key's
// business, so that callers are not looked at.
type remote struct {
	client *client.Client
	fields []muster.Field // those that the key may see, once they were asked for
}

var _ deeds = (*remote)(nil)

// plain is an error as the core would have it: the server's words are those of package muster.
func plain(err error) error {
	if e, ok := errors.AsType[*muster.Error](err); ok {
		return e
	}
	return err
}

// community is the key's own. It has to be the one that was named.
func (r *remote) community(ctx context.Context, name string) (out muster.Community, err error) {
	list, err := r.client.Communities(ctx)
	if err != nil {
		return out, plain(err)
	}
	for _, c := range list {
		if name == "" || name == string(c.ID) || name == c.UUID {
			return muster.Community{ID: c.ID, UUID: c.UUID, Name: c.Name, CreatedAt: c.CreatedAt}, nil
		}
	}
	return out, misuse("the key is not one of the community " + strconv.Quote(name))
}

// find reads the account that a ref leads to, as the core does: one handle after the other.
func (r *remote) find(ctx context.Context, ref muster.Ref) (client.Account, error) {
	for _, h := range ref {
		if h.By == muster.ByEmail {
			for a, err := range r.client.Accounts(ctx, client.AccountFilter{Email: h.Value}) {
				return a, plain(err)
			}
			continue
		}
		at, ok := refOf(h)
		if !ok {
			continue
		}
		a, err := r.client.Account(ctx, at)
		if !errors.Is(err, client.ErrNotFound) {
			return a, plain(err)
		}
	}
	return client.Account{}, nobody()
}

func nobody() error {
	return muster.Errorf(muster.NotFound, "ref", "no account answers to this reference")
}

// refOf is a handle as the API has it; ok is false where it can be none.
func refOf(h muster.Handle) (ref client.Ref, ok bool) {
	switch h.By {
	case muster.ByID:
		return client.Ref(h.Value), len(h.Value) == len("00000000-0000-4000-8000-000000000000")
	case muster.ByNumber:
		n, err := strconv.ParseInt(h.Value, 10, 64)
		return client.Number(n), err == nil && n >= 0
	case muster.ByUsername:
		return client.Username(h.Value), h.Value != ""
	case muster.ByIdentity:
		return client.Identity(h.Provider, h.Value), h.Provider != "" && h.Value != ""
	}
	return "", false
}

// view is an account as the core shows it.
func (r *remote) view(ctx context.Context, a client.Account) (v core.View, err error) {
	if r.fields == nil {
		if r.fields, err = r.client.Fields(ctx); err != nil {
			return v, plain(err)
		}
	}
	v = core.View{Fields: r.fields, Owner: a.Owner, Account: muster.Account{
		ID: a.ID, Number: a.Number, CustomNumber: a.CustomNumber, Username: a.Username, Email: a.Email, Name: a.Name, Bio: a.Bio,
		Language: a.Language, Values: muster.Values{}, Clock: a.Clock, JoinedAt: a.JoinedAt, LastLogin: a.LastLogin, CreatedAt: a.CreatedAt,
		UpdatedAt: a.UpdatedAt, DeletedAt: a.DeletedAt, Rev: a.Rev,
		Standing: muster.Standing{
			Joined: a.Standing.Joined, Active: a.Standing.Active, Archived: a.Standing.Archived, Ban: a.Standing.Ban, SignIn: a.Standing.SignIn,
		},
	}}
	if a.Standing.Level != muster.LevelUser { // which is that of those of whom nothing was said
		v.Standing.Level = a.Standing.Level
	}
	if a.Picture != muster.DefaultPicture && a.Picture != "" { // its path is .../COMMUNITY/ID/NAME
		v.Picture = path.Base(a.Picture)
		v.Community = muster.CommunityID(path.Base(path.Dir(path.Dir(a.Picture))))
	}
	for key, value := range a.Values {
		id := key
		if i := slices.IndexFunc(r.fields, func(f muster.Field) bool { return f.Key == string(key) }); i >= 0 {
			id = r.fields[i].ID
		}
		v.Values[id] = value
	}
	for _, held := range a.Ranks {
		v.Held = append(v.Held, held.Rank)
		v.Ranks = append(v.Ranks, muster.Grant{Rank: held.ID, Expires: held.Expires})
	}
	slices.SortFunc(v.Ranks, func(a, b muster.Grant) int { return cmp.Compare(a.Rank, b.Rank) })
	for _, held := range a.Identities {
		held.Identity.Shared = held.Shared
		v.Identities = append(v.Identities, held.Identity)
	}
	return v, nil
}

// viewed is view for what an account was answered by.
func (r *remote) viewed(ctx context.Context, a client.Account, err error) (core.Result, error) {
	if err != nil {
		return core.Result{}, plain(err)
	}
	v, err := r.view(ctx, a)
	return core.Result{View: v, Seq: a.Change}, err
}

func (r *remote) Account(ctx context.Context, _ muster.Caller, ref muster.Ref) (core.View, error) {
	a, err := r.find(ctx, ref)
	if err != nil {
		return core.View{}, err
	}
	return r.view(ctx, a)
}

// Query asks for as much as the commands do.
func (r *remote) Query(ctx context.Context, _ muster.Caller, q core.Query) (found core.Found, err error) {
	f := client.AccountFilter{
		Search: q.Search, Rank: q.AnyRank, Joined: q.Joined, Active: q.Active, Archived: q.Archived, Banned: q.Banned, Deleted: q.Deleted,
		After: q.After, PageSize: q.Limit, Values: map[string]string{},
	}
	for field, texts := range q.Values {
		f.Values[string(field)] = texts[0]
	}
	for a, err := range r.client.Accounts(ctx, f) {
		if err != nil {
			return core.Found{}, plain(err)
		}
		v, err := r.view(ctx, a)
		if err != nil {
			return core.Found{}, err
		}
		if found.Accounts = append(found.Accounts, v); len(found.Accounts) == q.Limit {
			found.Next = a.Number
			break
		}
	}
	return found, nil
}

// Create makes accounts, which is not all or nothing here where there are several.
func (r *remote) Create(ctx context.Context, _ muster.Caller, list []core.NewAccount) (views []core.View, err error) {
	for _, n := range list {
		wish := client.NewAccount{ID: n.ID, Number: n.Number, JoinedAt: n.JoinedAt, Edit: editOf(n.Edit)}
		if n.Number != 0 {
			wish.CustomNumber = muster.Some(n.Custom)
		}
		a, err := r.client.CreateAccount(ctx, wish)
		made, err := r.viewed(ctx, a, err)
		if err != nil {
			return nil, err
		}
		views = append(views, made.View)
	}
	return views, nil
}

// editOf is an edit as the client has it.
func editOf(e muster.Edit) client.Edit {
	out := client.Edit{
		Username: e.Username, Email: e.Email, Name: e.Name, Bio: e.Bio, Language: e.Language, Values: e.Values, Ranks: e.Ranks, Standing: e.Standing,
		Identities: client.IdentityEdit{Remove: e.Identities.Remove},
	}
	for _, i := range e.Identities.Add {
		out.Identities.Add = append(out.Identities.Add, client.NewIdentity{
			Provider: i.Provider, Value: i.Value, Verified: i.Verified, Metadata: i.Metadata, Flag: i.Flag,
		})
	}
	return out
}

// Change edits accounts, each for itself.
func (r *remote) Change(ctx context.Context, _ muster.Caller, targets []core.Target, opts core.Options) (results []core.Result, err error) {
	for _, t := range targets {
		a, err := r.find(ctx, t.Ref)
		if err != nil {
			return nil, err
		}
		a, err = r.client.EditAccount(ctx, client.ID(a.ID), editOf(t.Edit), append(dryRun(opts.DryRun), ifRev(t.IfRev))...)
		result, err := r.viewed(ctx, a, err)
		if err != nil {
			return nil, err
		}
		if opts.DryRun {
			result.Seq = 0
		}
		results = append(results, result)
	}
	return results, nil
}

func dryRun(dry bool) []client.CallOption {
	if dry {
		return []client.CallOption{client.DryRun()}
	}
	return nil
}

func ifRev(rev int64) client.CallOption {
	if rev == 0 {
		return client.AnyRev()
	}
	return client.IfRev(rev)
}

func (r *remote) Kick(ctx context.Context, _ muster.Caller, ref muster.Ref, rev int64) (core.Result, error) {
	a, err := r.find(ctx, ref)
	if err == nil {
		a, err = r.client.KickAccount(ctx, client.ID(a.ID), ifRev(rev))
	}
	return r.viewed(ctx, a, err)
}

func (r *remote) Ban(ctx context.Context, _ muster.Caller, ref muster.Ref, ban muster.Ban, rev int64) (core.Result, error) {
	a, err := r.find(ctx, ref)
	if err == nil {
		a, err = r.client.BanAccount(ctx, client.ID(a.ID), ban, ifRev(rev))
	}
	return r.viewed(ctx, a, err)
}

func (r *remote) Readmit(ctx context.Context, _ muster.Caller, ref muster.Ref, ranks bool, rev int64) (core.Readmitted, error) {
	a, err := r.find(ctx, ref)
	var in client.Readmitted
	if err == nil {
		in, err = r.client.ReadmitAccount(ctx, client.ID(a.ID), ranks, ifRev(rev))
	}
	result, err := r.viewed(ctx, in.Account, err)
	return core.Readmitted{Result: result, Former: in.Former}, err
}

func (r *remote) Delete(ctx context.Context, _ muster.Caller, ref muster.Ref) (int64, error) {
	a, err := r.find(ctx, ref)
	if err == nil {
		a, err = r.client.DeleteAccount(ctx, client.ID(a.ID), client.AnyRev())
	}
	return a.Change, plain(err)
}

// Restore tries one handle after the other, as accounts that are deleted cannot be read.
func (r *remote) Restore(ctx context.Context, _ muster.Caller, ref muster.Ref, rev int64) (core.Result, error) {
	for _, h := range ref {
		at, ok := refOf(h)
		if !ok {
			continue
		}
		a, err := r.client.RestoreAccount(ctx, at, ifRev(rev))
		if !errors.Is(err, client.ErrNotFound) {
			return r.viewed(ctx, a, err)
		}
	}
	return core.Result{}, nobody()
}
