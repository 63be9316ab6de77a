package sonoran

import (
	"context"
	"fmt"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

func (d *Dialect) getComAccount(ctx context.Context, c muster.Caller, e entry) (any, error) {
	v, err := d.core.Account(ctx, c, e.ref)
	account := v1AccountOf(v)
	if switchComAccount.Of(c.Switches) == "array" {
		return []any{account}, err
	}
	return account, err
}

func (d *Dialect) getAccounts(ctx context.Context, c muster.Caller, e entry) (any, error) {
	q, err := listQuery(e.object)
	if err != nil {
		return nil, err
	}
	list, err := d.core.List(ctx, c, q)
	return struct {
		Total    int64     `json:"total"`
		Skip     int64     `json:"skip"`
		Take     int       `json:"take"`
		Accounts []summary `json:"accounts"`
	}{list.Total, q.Skip, q.Take, summariesOf(list.Accounts)}, err
}

func (d *Dialect) checkAPIID(ctx context.Context, c muster.Caller, e entry) (any, error) {
	id, err := e.text("apiId")
	if err != nil {
		return nil, err
	}
	v, err := d.core.Account(ctx, c, apiHandles(id))
	return plain(v.Username), err
}

func (d *Dialect) setAccountName(ctx context.Context, c muster.Caller, e entry) (any, error) {
	out, err := d.setName(ctx, c, e.ref, e.object)
	if err != nil {
		return nil, err
	}
	out.data = plain(out.data.(string))
	return out, nil
}

// setName gives an account its name in the community, and says so in the
// vendor's words.
func (d *Dialect) setName(ctx context.Context, c muster.Caller, ref muster.Ref, o object) (outcome, error) {
	name, err := o.text("newName")
	if err != nil {
		return outcome{}, err
	}
	if !o.has("newName") {
		return outcome{}, muster.Errorf(muster.Invalid, "newName", "is missing")
	}
	result, err := d.change(ctx, c, ref, muster.Edit{Name: muster.Some(name)})
	if err != nil {
		return outcome{}, err
	}
	return outcome{data: fmt.Sprintf("New Community Name (%s): %s", result.View.ID, result.View.Name), undo: result.Seq}, nil
}

// change edits one account and tells by which change.
func (d *Dialect) change(ctx context.Context, c muster.Caller, ref muster.Ref, e muster.Edit) (core.Result, error) {
	results, err := d.core.Change(ctx, c, []core.Target{{Ref: ref, Edit: e}}, core.Options{Atomic: true})
	if err != nil {
		return core.Result{}, err
	}
	return results[0], nil
}

func (d *Dialect) kickAccount(ctx context.Context, c muster.Caller, e entry) (any, error) {
	result, err := d.core.Kick(ctx, c, e.ref, 0)
	return outcome{data: plain("KICKED: " + result.View.Username), undo: result.Seq}, err
}

// banAccount takes a reason and an end, which the vendor's call does not have.
func (d *Dialect) banAccount(ctx context.Context, c muster.Caller, e entry) (any, error) {
	var ban muster.Ban
	var err error
	if ban.Reason, err = e.text("banInfo"); err != nil {
		return nil, err
	}
	until, err := e.text("banExpiration")
	if err == nil && until != "" {
		if ban.Until, err = time.Parse(time.RFC3339, until); err != nil {
			err = muster.Errorf(muster.Invalid, "banExpiration", "must be a time such as 2026-04-15T00:00:00Z")
		}
	}
	if err != nil {
		return nil, err
	}
	result, err := d.core.Ban(ctx, c, e.ref, ban, 0)
	return outcome{data: plain("BANNED: " + result.View.Username), undo: result.Seq}, err
}

// unbanAccount takes back a ban or a kick, and gives back the ranks where
// restoreRanks asks for it.
func (d *Dialect) unbanAccount(ctx context.Context, c muster.Caller, e entry) (any, error) {
	restore, err := e.boolean("restoreRanks")
	if err != nil {
		return nil, err
	}
	out, err := d.core.Readmit(ctx, c, e.ref, restore.Value, 0)
	former := make([]string, len(out.Former))
	for i, r := range out.Former {
		former[i] = string(r.ID)
	}
	return outcome{undo: out.Seq, data: struct {
		summary
		Former []string `json:"formerRanks"`
	}{summaryOf(out.View), former}}, err
}

func (d *Dialect) forceSync(ctx context.Context, c muster.Caller, e entry) (any, error) {
	said, err := d.sync(ctx, c, e.ref)
	return plain(said), err
}

func (d *Dialect) sync(ctx context.Context, c muster.Caller, ref muster.Ref) (string, error) {
	v, _, err := d.core.Sync(ctx, c, ref)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("Sync triggered for: %s (%s - %s)", c.Community, v.Name, v.ID), nil
}

// noteIdentifiers is what the game server's security centre has seen.
func (d *Dialect) noteIdentifiers(ctx context.Context, c muster.Caller, e entry) (any, error) {
	return d.registerIdentifiers(ctx, c, e.ref, e.object)
}

func (d *Dialect) registerIdentifiers(ctx context.Context, c muster.Caller, ref muster.Ref, o object) (any, error) {
	seen, err := identitiesOf(o)
	if err != nil {
		return nil, err
	}
	if _, err := d.change(ctx, c, ref, muster.Edit{Identities: muster.IdentityEdit{Seen: seen}}); err != nil {
		return nil, err
	}
	type registered struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	}
	list := make([]registered, len(seen))
	for i, s := range seen {
		list[i] = registered{s.Provider, s.Value}
	}
	return list, nil
}
