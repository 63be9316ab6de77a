package core

import (
	"context"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/seal"
	"github.com/muster-accounts/muster/internal/store"
)

// Restrict closes the caller's own account to all use, its data kept: nobody
// can sign in, and tokens and keys are dead. An administrator can open it
// again.
func (c *Core) Restrict(ctx context.Context, caller muster.Caller) (v View, err error) {
	err = c.write(ctx, caller, func(t *store.Tx) error {
		a, err := own(t, caller)
		if err != nil {
			return err
		}
		e := muster.Edit{Standing: muster.StandingEdit{SignIn: muster.Some(muster.DisabledBySelf)}}
		if _, err := c.edit(t, ownDeeds(caller), Target{Ref: muster.RefID(a.ID), Edit: e}, deedEdit{}, &v); err != nil {
			return err
		}
		return t.DeleteLinks(a.Community, a.ID, "")
	})
	return v, err
}

// Impersonate gives an administrator the caller that signing in as an account
// would make, without its password. History tells of it.
func (c *Core) Impersonate(ctx context.Context, caller muster.Caller, ref muster.Ref) (as muster.Caller, err error) {
	if err := caller.MayManage(muster.AreaKeys); err != nil {
		return as, err
	}
	err = c.write(ctx, caller, func(t *store.Tx) error {
		a, err := find(t, caller, ref)
		if err != nil {
			return err
		}
		community, err := t.Community(caller.Community)
		if err != nil {
			return err
		}
		as = callerIn(community, caller.Dialect, caller.RequestID)
		as.Account = a.ID
		if err := c.signedIn(t, &as); err != nil {
			return err
		}
		if as.Level > caller.Level || as.RankPower > caller.RankPower {
			return muster.Errorf(muster.Forbidden, "level", "the account may do more than this credential")
		}
		c.record(t, caller, &muster.Change{Deed: muster.DeedCredential, Account: a.ID, Subject: "impersonation"})
		return nil
	})
	return as, err
}

// ForeignTokens are those that another server made and that are good here
// while they live.
type ForeignTokens struct {
	Issuer, Audience string
	Secret           string // of their HMAC; empty: they are good no more
}

// tokensName is under what a community's ForeignTokens.Secret is kept.
const tokensName = "tokens"

// SetForeignTokens has a community's members stay signed in with the tokens of
// the server that they come from.
func (c *Core) SetForeignTokens(ctx context.Context, caller muster.Caller, f ForeignTokens) error {
	if err := caller.MayManage(muster.AreaKeys); err != nil {
		return err
	}
	if f.Secret != "" && (f.Issuer == "" || f.Audience == "") {
		return muster.Errorf(muster.Invalid, "issuer", "is required, and so is the audience: other servers may use the same secret")
	}
	return c.manage(ctx, caller, muster.AreaCatalogue, func(t *store.Tx) error {
		before, err := t.Community(caller.Community)
		if err != nil {
			return err
		}
		after := before
		after.Settings.TokenIssuer, after.Settings.TokenAudience = f.Issuer, f.Audience
		if f.Secret == "" {
			after.Settings.TokenIssuer, after.Settings.TokenAudience = "", ""
		}
		if err := after.Validate(); err != nil {
			return err
		}
		if err := t.Entrust(caller.Community, tokensName, f.Secret); err != nil {
			return err
		}
		if err := t.UpdateCommunity(after); err != nil {
			return err
		}
		return c.recordDefinition(t, caller, muster.DeedCatalogue, "community", before, after)
	})
}

// foreignToken is the account of a token that another server made; NotFound
// where it is none, and where something has voided it since.
func (c *Core) foreignToken(t *store.Tx, community muster.Community, token string) (muster.AccountID, error) {
	gone := muster.Errorf(muster.NotFound, "token", "the token is not good")
	secret, err := t.Entrusted(community.ID, tokensName)
	if err != nil || secret == "" {
		return "", orError(err, gone)
	}
	claims, err := seal.ReadForeignToken(token, []byte(secret), community.Settings.TokenIssuer, community.Settings.TokenAudience, c.now)
	if err != nil {
		return "", gone
	}
	for _, by := range []muster.HandleKind{muster.ByID, muster.ByNumber} {
		id, found, err := t.Find(community.ID, muster.Handle{By: by, Value: claims.Account})
		if err != nil {
			return "", err
		}
		if !found {
			continue
		}
		voided, err := t.VoidedAt(community.ID, id)
		if err == nil && !claims.IssuedAt.After(voided) {
			err = gone
		}
		return id, err
	}
	return "", gone
}

func orError(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}
