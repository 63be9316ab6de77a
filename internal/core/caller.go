package core

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/seal"
	"github.com/muster-accounts/muster/internal/store"
)

// Credential is what a client showed of itself.
type Credential struct {
	Secret    string
	Key       muster.KeyID // whose secret it is, where the client names it; else empty
	Community string       // short id or UUID, where the client names one; else empty
	Dialect   string
	RequestID string
	Address   string // from where, as http.Request.RemoteAddr has it; empty: unknown
	DryRun    string // the text of the header of that name: "true" makes a Caller who writes nothing
}

func (c Credential) dry() (bool, error) { return dry(c.DryRun) }

// dry reads the header. What says neither is refused: nothing must be written
// that somebody wanted to look at.
func dry(header string) (bool, error) {
	switch strings.ToLower(header) {
	case "", "false", "?0":
		return false, nil
	case "true", "?1":
		return true, nil
	default:
		return false, muster.Errorf(muster.Invalid, muster.HeaderDryRun, "must be true or false")
	}
}

// Authenticate turns a key's secret into a Caller. It fails with
// Unauthenticated, and Field "community" where the client named one that is
// not there, or "key" where the secret is unknown, expired, revoked, frozen or of
// another community; and with NotFound where the community has not switched
// the dialect on.
func (c *Core) Authenticate(ctx context.Context, cred Credential) (caller muster.Caller, err error) {
	err = c.store.Read(ctx, func(t *store.Tx) error {
		caller, err = c.authenticate(t, cred)
		return err
	})
	if cred.Key != "" && muster.CodeOf(err) == muster.Unauthenticated {
		adopted, e := c.adoptKey(ctx, cred)
		if e != nil {
			return muster.Caller{}, e
		}
		if adopted {
			err = c.store.Read(ctx, func(t *store.Tx) error {
				caller, err = c.authenticate(t, cred)
				return err
			})
		}
	}
	if err == nil {
		caller.DryRun, err = cred.dry()
	}
	if err != nil {
		return muster.Caller{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.used[keyRef{caller.Community, caller.Key}] = c.time()
	return caller, nil
}

func (c *Core) authenticate(t *store.Tx, cred Credential) (muster.Caller, error) {
	named, err := c.named(t, cred.Community)
	if err != nil {
		return muster.Caller{}, err
	}
	unknown := muster.Errorf(muster.Unauthenticated, "key", "the key is unknown, expired, revoked or frozen")
	hash := seal.HashCredential(cred.Secret)
	id, keyID, found, err := t.KeyEntry(hash)
	if err != nil {
		return muster.Caller{}, err
	}
	old := false
	if !found {
		id, keyID, old, err = t.OldKeyEntry(hash)
		if found = old; err != nil {
			return muster.Caller{}, err
		}
	}
	if !found || c.barred[hash] || named != "" && id != named {
		return muster.Caller{}, unknown
	}
	key, err := t.Key(id, keyID)
	if err != nil {
		return muster.Caller{}, err
	}
	if old && !c.now().Before(key.OldSecretEnds) || !key.Live(c.now()) || cred.Key != "" && !strings.EqualFold(string(cred.Key), string(key.ID)) {
		return muster.Caller{}, unknown
	}
	if !key.OpensFrom(cred.Address) {
		return muster.Caller{}, muster.Errorf(muster.Forbidden, "", "this key may not be used from this address")
	}
	community, err := t.Community(id)
	if err != nil {
		return muster.Caller{}, err
	}
	if !community.Serves(cred.Dialect) {
		return muster.Caller{}, muster.Errorf(muster.NotFound, "dialect", "the community %q does not serve %s", id, cred.Dialect)
	}
	caller := callerIn(community, cred.Dialect, cred.RequestID)
	caller.Key, caller.Account, caller.Level, caller.Areas, caller.RankPower = key.ID, key.Owner, key.Level, key.Areas, key.RankPower
	caller.Limits.PerMinute = key.PerMinute
	if key.Owner != "" {
		var owner muster.Account
		owner, err = c.actFor(t, &caller)
		caller.Level = min(caller.Level, owner.Standing.SignsInAt()) // whoever was lowered has no key to rise again
	}
	return caller, err
}

// named resolves the community that a client named, if it did.
func (c *Core) named(t *store.Tx, name string) (muster.CommunityID, error) {
	if name == "" {
		return "", nil
	}
	community, err := t.CommunityNamed(name)
	if muster.CodeOf(err) == muster.NotFound {
		err = muster.Errorf(muster.Unauthenticated, "community", "there is no community %s", muster.Quote(name))
	}
	return community.ID, err
}

// actFor fills in what a person's credential has through the account, which is
// returned as it stands now. The keys of an account that is deleted, banned,
// archived, disabled or has left are dead while it is.
func (c *Core) actFor(t *store.Tx, caller *muster.Caller) (muster.Account, error) {
	a, err := t.Account(caller.Community, caller.Account)
	if err != nil {
		return a, err
	}
	a = a.At(c.now(), muster.Rules{})
	if !a.DeletedAt.IsZero() || caller.Key != "" && a.Standing.Dead() {
		return a, muster.Errorf(muster.Unauthenticated, "key", "the key's account is deleted, banned, archived, disabled or has left")
	}
	for _, g := range a.Ranks {
		caller.Ranks = append(caller.Ranks, g.Rank)
	}
	return a, nil
}

// WriteLastUses writes down which keys were used, and which game servers have
// called, since the last call. It is
// called now and then, so that a request costs no write of its own.
func (c *Core) WriteLastUses(ctx context.Context) error {
	c.mu.Lock()
	used, contacts, limited := c.used, c.contacts, c.limited
	c.used, c.contacts, c.limited = map[keyRef]time.Time{}, map[serverRef]time.Time{}, map[keyRef]int64{}
	c.mu.Unlock()
	if len(used) == 0 && len(contacts) == 0 && len(limited) == 0 {
		return nil
	}
	err := c.store.Write(ctx, func(t *store.Tx) error {
		var err error
		for ref, at := range used {
			err = errors.Join(err, t.TouchKey(ref.community, ref.key, at))
		}
		for ref, at := range contacts {
			err = errors.Join(err, t.TouchServer(ref.community, ref.server, at))
		}
		for ref, n := range limited {
			err = errors.Join(err, t.CountLimitHits(ref.community, ref.key, n))
		}
		return err
	})
	if err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		maps.Copy(used, c.used) // the newer ones
		maps.Copy(contacts, c.contacts)
		for ref, n := range limited {
			c.limited[ref] += n
		}
		c.used, c.contacts = used, contacts
	}
	return err
}
