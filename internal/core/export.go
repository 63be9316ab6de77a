package core

import (
	"context"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// Export is all that is kept of an account and that whoever asked may see. It
// holds no secrets and no hashes.
type Export struct {
	ExportedAt time.Time        `json:"exported_at"`
	Community  string           `json:"community"` // its name
	Account    ExportedAccount  `json:"account"`
	Keys       []muster.Key     `json:"keys"`
	Changes    []ExportedChange `json:"changes"` // the newest first
}

// ExportedAccount is an account's members.
type ExportedAccount struct {
	ID         muster.AccountID    `json:"id"`
	Number     int64               `json:"number"`
	Username   string              `json:"username"`
	Email      string              `json:"email,omitempty"`
	Name       string              `json:"name,omitempty"`
	Bio        string              `json:"bio,omitempty"`
	Language   string              `json:"language,omitempty"`
	Picture    []byte              `json:"picture,omitempty"` // the file, in base64
	Values     []ExportedValue     `json:"values"`
	Ranks      []muster.Rank       `json:"ranks"`
	Identities []muster.Identity   `json:"identities"`
	Standing   muster.StandingEdit `json:"standing"`
	Password   bool                `json:"password"` // it has one
	MFA        bool                `json:"mfa"`
	Clock      []muster.ClockRow   `json:"clock"`
	Servers    []muster.ClockRow   `json:"servers"` // times on game servers
	JoinedAt   time.Time           `json:"joined_at,omitzero"`
	LastLogin  time.Time           `json:"last_login,omitzero"`
	CreatedAt  time.Time           `json:"created_at"`
	UpdatedAt  time.Time           `json:"updated_at"`
}

// ExportedValue is what the account holds for a field.
type ExportedValue struct {
	Key   string       `json:"key"`
	Label string       `json:"label"`
	Value muster.Value `json:"value"`
}

// ExportedChange is something that was done to the account.
type ExportedChange struct {
	Seq     int64            `json:"seq"`
	At      time.Time        `json:"at"`
	Deed    muster.Deed      `json:"deed"`
	Subject string           `json:"subject,omitempty"`
	By      muster.AccountID `json:"by,omitempty"` // an account; nothing for a key of the community's
	Dialect string           `json:"dialect"`
	Before  muster.Members   `json:"before"`
	After   muster.Members   `json:"after"`
}

// Export is all of an account, for whoever it is of, from LevelUser on, or an
// administrator.
func (c *Core) Export(ctx context.Context, caller muster.Caller, ref muster.Ref) (out Export, err error) {
	err = c.read(ctx, caller, func(t *store.Tx, rules muster.Rules, s muster.Settings) error {
		a, err := find(t, caller, ref)
		if err != nil {
			return err
		}
		if caller.Account == "" || caller.Account != a.ID {
			err = caller.MayManage(muster.AreaAccounts)
		} else {
			_, err = own(t, caller)
		}
		if err != nil {
			return err
		}
		community, err := t.Community(caller.Community)
		if err != nil {
			return err
		}
		out = Export{ExportedAt: c.time(), Community: community.Name}
		if out.Account, err = exportAccount(t, c.view(caller, a, rules, s)); err != nil {
			return err
		}
		if out.Keys, err = t.KeysOf(a.Community, a.ID); err != nil {
			return err
		}
		out.Changes, err = exportChanges(t, caller, a.ID, rules)
		return err
	})
	return out, err
}

func exportAccount(t *store.Tx, v View) (out ExportedAccount, err error) {
	_, all := muster.Diff(muster.Account{}, v.Account)
	out = ExportedAccount{
		ID: v.ID, Number: v.Number, Username: v.Username, Email: v.Email, Name: v.Name, Bio: v.Bio, Language: v.Language,
		Ranks: v.Held, Identities: v.Identities, Standing: all.Standing, MFA: v.MFA,
		JoinedAt: v.JoinedAt, LastLogin: v.LastLogin, CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt,
	}
	for _, f := range v.Fields {
		if value := v.Values[f.ID]; value != nil {
			out.Values = append(out.Values, ExportedValue{f.Key, f.Label, value})
		}
	}
	hash, _, err := t.Password(v.Community, v.ID)
	if err != nil {
		return out, err
	}
	out.Password = hash != ""
	if v.Picture != "" {
		if out.Picture, err = t.Image(v.Community, v.ID, v.Picture); err != nil {
			return out, err
		}
	}
	out.Clock, out.Servers, err = t.AllClock(v.Community, v.ID)
	return out, err
}

// exportAtOnce is how many changes are read at a time.
const exportAtOnce = 1000

func exportChanges(t *store.Tx, caller muster.Caller, id muster.AccountID, rules muster.Rules) (out []ExportedChange, err error) {
	for before := int64(0); ; {
		list, err := t.Changes(caller.Community, id, before, exportAtOnce)
		if err != nil || len(list) == 0 {
			return out, err
		}
		for _, ch := range list {
			before = ch.Seq
			shown := seen(caller, ch, rules)
			if unseen(ch, shown) {
				continue
			}
			out = append(out, ExportedChange{ch.Seq, ch.At, ch.Deed, ch.Subject, ch.By.Account, ch.By.Dialect, shown.Before, shown.After})
		}
	}
}
