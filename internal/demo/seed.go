package demo

import (
	"context"
	"fmt"
	"slices"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// keyID marks a finished world: the key is made last, and nobody else makes
// one of this id.
const keyID muster.KeyID = "demo"

// batch is how many accounts are created at once.
const batch = 200

// Dialect is a foreign API to switch on: its name, and the fields that its
// clients expect an account to have.
type Dialect struct {
	Name   string
	Fields []muster.Field
}

// Seed makes the world, which serves dialects, with the given credentials, or
// does the part of it that is missing. In a finished world it makes no more
// than keys, whose secrets are in no use and never were. The core's clock
// should be [Now], so that every world is the same.
func Seed(ctx context.Context, c *core.Core, dialects []Dialect, creds Credentials) error {
	by := muster.Operator(ID)
	if err := ensureCommunity(ctx, c, dialects); err != nil {
		return err
	}
	keys, err := c.Keys(ctx, by)
	if err != nil {
		return err
	}
	id := keyID
	if slices.ContainsFunc(keys, func(k muster.Key) bool { return k.ID == keyID }) {
		id = ""
	} else if err := populate(ctx, c, by, creds); err != nil {
		return err
	}
	if err := ensureMakerKey(ctx, c, by, creds); err != nil {
		return err
	}
	return ensureKey(ctx, c, by, id, creds.Secret)
}

// Fits refuses a database that holds other communities and not the demo: a
// key that everybody knows does not belong among other people's accounts.
func Fits(list []muster.Community) error {
	isDemo := func(community muster.Community) bool { return community.UUID == UUID }
	if len(list) > 0 && !slices.ContainsFunc(list, isDemo) {
		return fmt.Errorf("this data holds the community %q; the demo wants a data folder of its own", list[0].ID)
	}
	return nil
}

// ensureCommunity makes the community together with its fields.
func ensureCommunity(ctx context.Context, c *core.Core, dialects []Dialect) error {
	list, err := c.Communities(ctx)
	if err != nil {
		return err
	}
	if err := Fits(list); err != nil || len(list) > 0 {
		return err
	}
	var names []string
	fields := Fields()
	for _, d := range dialects {
		names, fields = append(names, d.Name), append(fields, muster.Missing(d.Fields, fields)...)
	}
	_, err = c.CreateCommunity(ctx, muster.Community{
		ID: ID, UUID: UUID, Name: Name,
		Settings: muster.Settings{
			Dialects: names, ActiveFromRanks: true, Limits: muster.LimitsVendor, SignUp: true, PublicProfiles: true, FrontEnd: FrontEnd,
		},
	}, fields)
	return err
}

// populate adds the ranks, accounts and definitions that are not there yet. A batch is
// there as a whole or not at all.
func populate(ctx context.Context, c *core.Core, by muster.Caller, creds Credentials) error {
	catalogue, err := c.Catalogue(ctx, by)
	if err != nil {
		return err
	}
	for _, r := range Ranks() {
		if slices.ContainsFunc(catalogue.Ranks, func(has muster.Rank) bool { return has.ID == r.ID }) {
			continue
		}
		if err := c.PutRank(ctx, by, r); err != nil {
			return err
		}
	}
	for accounts := range slices.Chunk(Accounts(), batch) {
		_, err := c.Account(ctx, by, muster.RefID(accounts[0].ID))
		if muster.CodeOf(err) == muster.NotFound {
			_, err = c.Create(ctx, by, accounts)
		}
		if err != nil {
			return err
		}
	}
	if err := define(ctx, c, by); err != nil {
		return err
	}
	return ensureMaker(ctx, c, by, catalogue.Fields, creds)
}

// ensureKey makes a key with the secret. One that had it and was revoked stays
// revoked: somebody meant it.
func ensureKey(ctx context.Context, c *core.Core, by muster.Caller, id muster.KeyID, secret string) error {
	used, err := c.SecretInUse(ctx, secret)
	if err != nil || used {
		return err
	}
	_, _, err = c.CreateKey(ctx, by, muster.Key{ID: id, Name: "Demo", Level: muster.LevelAdmin, RankPower: muster.AnyRankPower}, secret)
	if muster.CodeOf(err) == muster.Conflict {
		return nil
	}
	return err
}
