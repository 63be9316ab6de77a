package core

import (
	"context"
	"errors"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// dialectTime is the dialect of changes that nobody made: time did.
const dialectTime = "time"

// lapseBatch is how many accounts one transaction lets lapse.
const lapseBatch = 500

// Lapse takes from accounts, in all communities, the ranks and bans that have
// run out, as changes that history and followers see. Reads have let them be
// over already. It is called now and then.
func (c *Core) Lapse(ctx context.Context) error {
	list, err := c.Communities(ctx)
	for _, community := range list {
		err = errors.Join(err, c.lapse(ctx, community.ID))
	}
	return err
}

func (c *Core) lapse(ctx context.Context, id muster.CommunityID) error {
	by := muster.Caller{Community: id, Level: muster.LevelAdmin, RankPower: muster.AnyRankPower, Dialect: dialectTime}
	for {
		var due []muster.AccountID
		err := c.store.Read(ctx, func(t *store.Tx) (err error) {
			due, err = t.Due(id, c.now(), lapseBatch)
			return err
		})
		if err != nil || len(due) == 0 {
			return err
		}
		err = c.store.Write(ctx, func(t *store.Tx) error {
			rules, err := t.Rules(id)
			for _, account := range due {
				if err == nil {
					err = c.lapseOne(t, by, account, rules)
				}
			}
			return err
		})
		if err != nil {
			return err
		}
	}
}

// lapseOne writes down what has run out of an account. Where nothing has, it
// was due because its ban was written before rows were sought by their end.
func (c *Core) lapseOne(t *store.Tx, by muster.Caller, id muster.AccountID, rules muster.Rules) error {
	before, err := t.Account(by.Community, id)
	if err != nil {
		return err
	}
	after := before.At(c.now(), rules)
	if was, _ := muster.Diff(before, after); was.IsZero() {
		return t.SettleBan(before)
	}
	_, _, err = c.saveEdit(t, by, before, after, deedEdit{})
	return err
}
