package core

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/seal"
	"github.com/muster-accounts/muster/internal/store"
)

// TokenLife is how long a token is good, unless something ends it before.
const TokenLife = 7 * 24 * time.Hour

// SignIn is an attempt to sign in with a password.
type SignIn struct {
	Visitor
	Name     string // username, e-mail address, number or id, in any case
	Password string
	Code     string // one-time, where the account asks for one

	// Check may refuse by the community's switches, before the password is
	// looked at; nil refuses nobody.
	Check func(switches map[string]string) error
}

// errNoSecret is a mistake of the program: it serves without BindSecret.
var errNoSecret = errors.New("there are no tokens without the server's secret")

// errSignIn does not tell whether it was the name or the password.
var errSignIn = muster.Errorf(muster.Unauthenticated, "sign_in", "nobody signs in by this name and password")

// SignIn checks a password, and gives the caller that it makes. It fails with
// Unauthenticated where name or password is wrong, at the same cost whichever
// it is; and with Forbidden and the part of the standing at fault where the
// account is kept from signing in, which only the right password is told. Field
// "mfa" says so of the one-time code: Forbidden where it is missing.
func (c *Core) SignIn(ctx context.Context, in SignIn) (muster.Caller, error) {
	community, err := c.entered(ctx, in.Community, in.Dialect)
	if err != nil {
		return muster.Caller{}, err
	}
	if in.Check != nil {
		if err := in.Check(community.Settings.Switches); err != nil {
			return muster.Caller{}, err
		}
	}
	id, hash, err := c.passwordOf(ctx, community.ID, in.Name)
	if err != nil {
		return muster.Caller{}, err
	}
	ok, outdated, err := seal.VerifyPassword(ctx, hash, in.Password)
	if err != nil {
		return muster.Caller{}, err
	}
	if !ok || c.barred[seal.HashCredential(in.Password)] {
		return muster.Caller{}, errSignIn
	}
	fresh := ""
	if outdated {
		if fresh, err = seal.HashPassword(ctx, in.Password); err != nil {
			return muster.Caller{}, err
		}
	}
	caller := callerIn(community, in.Dialect, in.RequestID)
	caller.Account = id
	err = c.store.WriteIn(ctx, community.ID, func(t *store.Tx) error {
		now, _, err := t.Password(community.ID, id)
		if err != nil {
			return err
		}
		if now != hash {
			return errSignIn // it was changed meanwhile
		}
		if err := c.signedIn(t, &caller); err != nil {
			return err
		}
		a, err := t.Account(community.ID, id)
		if err == nil {
			err = c.askCode(t, a, in.Code)
		}
		if err != nil {
			return err
		}
		if fresh != "" {
			if err := t.Rehash(community.ID, id, hash, fresh); err != nil {
				return err
			}
		}
		return t.TouchLogin(community.ID, id, c.time())
	})
	return caller, err
}

// entered is the community that somebody without a credential means.
func (c *Core) entered(ctx context.Context, name, dialect string) (community muster.Community, err error) {
	err = c.store.Read(ctx, func(t *store.Tx) error {
		if name != "" {
			community, err = t.CommunityNamed(name)
			if err == nil && !community.Serves(dialect) {
				err = muster.Errorf(muster.NotFound, "dialect", "the community does not serve %s", dialect)
			}
			return err
		}
		all, err := t.Communities()
		if err != nil {
			return err
		}
		served := 0
		for _, one := range all {
			if one.Serves(dialect) {
				community, served = one, served+1
			}
		}
		switch served {
		case 0:
			return muster.Errorf(muster.NotFound, "dialect", "no community serves %s", dialect)
		case 1:
			return nil
		}
		return muster.Errorf(muster.Invalid, "community", "several communities are served here: put /c/ and the community's id before the path")
	})
	return community, err
}

// passwordOf finds whoever goes by a name, and the hash of their password;
// both are empty where there is nobody.
func (c *Core) passwordOf(ctx context.Context, community muster.CommunityID, name string) (id muster.AccountID, hash string, err error) {
	name = strings.TrimSpace(name)
	ref := muster.Ref{
		{By: muster.ByUsername, Value: name}, {By: muster.ByEmail, Value: name},
		{By: muster.ByNumber, Value: name}, {By: muster.ByID, Value: name},
	}
	err = c.store.Read(ctx, func(t *store.Tx) error {
		a, err := find(t, muster.Caller{Community: community}, ref)
		if muster.CodeOf(err) == muster.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		id = a.ID
		hash, _, err = t.Password(community, id)
		return err
	})
	return id, hash, err
}

// callerIn is a caller in a community, with no rights yet.
func callerIn(community muster.Community, dialect, requestID string) muster.Caller {
	return muster.Caller{
		Community: community.ID, Limits: muster.Limits{Preset: community.Settings.Limits},
		Switches: community.Settings.Switches, Dialect: dialect, RequestID: requestID,
	}
}

// signedIn gives a caller the rights of who has signed in as its account: the
// account's level, and the power of the ranks that it holds, or any power if
// it owns the community.
func (c *Core) signedIn(t *store.Tx, caller *muster.Caller) error {
	a, err := c.actFor(t, caller)
	if err != nil {
		return err
	}
	if err := a.Standing.MaySignIn(); err != nil {
		return err
	}
	rules, err := t.Rules(caller.Community)
	if err != nil {
		return err
	}
	community, err := t.Community(caller.Community)
	if err != nil {
		return err
	}
	caller.Level = a.Standing.SignsInAt()
	for _, r := range a.Held(rules) {
		caller.RankPower = max(caller.RankPower, r.Power)
	}
	if community.Settings.Owner == a.ID {
		caller.RankPower = muster.AnyRankPower
	}
	return nil
}

// Token makes a token for who has signed in. Shown are further claims, for
// clients that look into their token; nothing here reads them.
func (c *Core) Token(ctx context.Context, caller muster.Caller, shown map[string]any) (token string, err error) {
	if c.tokens == nil {
		return "", errNoSecret
	}
	err = c.store.Read(ctx, func(t *store.Tx) error {
		community, err := t.Community(caller.Community)
		if err != nil {
			return err
		}
		_, epoch, err := t.Password(caller.Community, caller.Account)
		if err != nil {
			return err
		}
		token, err = c.tokens.Make(seal.Claims{Community: community.UUID, Account: caller.Account, Epoch: epoch}, TokenLife, shown)
		return err
	})
	return token, err
}

// AuthenticateToken turns a token into a Caller. The account is looked at
// anew each time: a token dies with its account's right to sign in, and for
// good with the password that it was made for. Where the client names a
// community, it must be the token's. Tokens of another server are good where
// the community took that one's place, see SetForeignTokens.
func (c *Core) AuthenticateToken(ctx context.Context, cred Credential) (caller muster.Caller, err error) {
	if c.tokens == nil {
		return muster.Caller{}, errNoSecret
	}
	claims, unread := c.tokens.Read(cred.Secret)
	foreign := muster.Community{}
	if unread != nil {
		if foreign, err = c.entered(ctx, cred.Community, cred.Dialect); err != nil || foreign.Settings.TokenIssuer == "" {
			return muster.Caller{}, unread
		}
	}
	dead := muster.Errorf(muster.Unauthenticated, "token", "the token is not good any more")
	err = c.store.Read(ctx, func(t *store.Tx) error {
		community, account, err := foreign, muster.AccountID(""), error(nil)
		if unread == nil {
			community, account, err = c.ownToken(t, cred, claims, dead)
		} else {
			account, err = c.foreignToken(t, community, cred.Secret)
		}
		if err != nil {
			return err
		}
		caller = callerIn(community, cred.Dialect, cred.RequestID)
		caller.Account = account
		return c.signedIn(t, &caller)
	})
	if e, ok := errors.AsType[*muster.Error](err); ok && (e.Code == muster.Forbidden || e.Code == muster.NotFound && e.Field != "dialect") {
		err = dead
	}
	if err == nil {
		caller.DryRun, err = cred.dry()
	}
	if err != nil {
		return muster.Caller{}, err
	}
	return caller, nil
}

// ownToken is the community and the account of a token that was made here.
func (c *Core) ownToken(t *store.Tx, cred Credential, claims seal.Claims, dead error) (community muster.Community, id muster.AccountID, err error) {
	named, err := c.named(t, cred.Community)
	if err != nil {
		return community, "", err
	}
	community, err = t.CommunityNamed(claims.Community)
	if muster.CodeOf(err) == muster.NotFound || err == nil && named != "" && named != community.ID {
		return community, "", dead
	}
	if err != nil {
		return community, "", err
	}
	if !community.Serves(cred.Dialect) {
		return community, "", muster.Errorf(muster.NotFound, "dialect", "the community %q does not serve %s", community.ID, cred.Dialect)
	}
	_, epoch, err := t.Password(community.ID, claims.Account)
	if err == nil && epoch != claims.Epoch {
		err = dead
	}
	return community, claims.Account, err
}
