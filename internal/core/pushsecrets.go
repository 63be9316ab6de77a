package core

import (
	"context"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/seal"
	"github.com/muster-accounts/muster/internal/store"
)

// errNoRing is what there is to say before BindSecret.
var errNoRing = muster.Errorf(muster.Unavailable, "", "the server's own secret is not loaded")

func pushPlace(community muster.CommunityID, id int64) seal.Place {
	return seal.Place{Community: community, Subject: serverSubject(id), Member: "push secret"}
}

func (c *Core) sealPush(community muster.CommunityID, id int64, secret string) ([]byte, error) {
	if c.ring == nil {
		return nil, errNoRing
	}
	sealed, err := c.ring.Seal(pushPlace(community, id), secret)
	return []byte(sealed), err
}

func (c *Core) openPush(community muster.CommunityID, id int64, sealed []byte) (string, error) {
	if c.ring == nil {
		return "", errNoRing
	}
	if seal.IsSealed(string(sealed)) {
		return c.ring.Open(pushPlace(community, id), string(sealed))
	}
	return c.openOldPush(community, id, sealed)
}

// openOldPush opens what was sealed before there were rings.
func (c *Core) openOldPush(community muster.CommunityID, id int64, sealed []byte) (text string, err error) {
	for _, part := range c.secret.Parts() {
		key, e := part.Key("push secret")
		if e != nil {
			return "", e
		}
		var open []byte
		if open, err = seal.Open(key, sealed, string(community)+" "+serverSubject(id)); err == nil {
			return string(open), nil
		}
	}
	return "", err
}

// resealPushSecrets seals with the newest key the push secrets that are not.
func (c *Core) resealPushSecrets(ctx context.Context) error {
	list, err := c.Communities(ctx)
	for _, community := range list {
		if err == nil {
			err = c.store.WriteIn(ctx, community.ID, func(t *store.Tx) error { return c.resealPush(t, community.ID) })
		}
	}
	return err
}

func (c *Core) resealPush(t *store.Tx, community muster.CommunityID) error {
	servers, err := t.Servers(community)
	if err != nil {
		return err
	}
	for _, s := range servers {
		sealed, err := t.PushSecret(community, s.ID)
		if err != nil {
			return err
		}
		if sealed == nil || c.ring.Newest(string(sealed)) {
			continue
		}
		secret, err := c.openPush(community, s.ID, sealed)
		if err == nil {
			sealed, err = c.sealPush(community, s.ID, secret)
		}
		if err == nil {
			err = t.SetPushSecret(community, s.ID, sealed)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
