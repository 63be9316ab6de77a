package store

import (
	"context"

	"github.com/muster-accounts/muster"
)

// due is the name under which a migration leaves word that rows lack what the
// engines cannot write: they neither fold names nor look into values.
const due = "catch_up"

// catchUp writes what rows lack that are older than a migration, once.
func (s *Store) catchUp(ctx context.Context) error {
	var left string
	err := s.Read(ctx, func(t *Tx) (err error) {
		left, err = t.Bound(due)
		return err
	})
	if err != nil || left == "" {
		return err
	}
	return s.Write(ctx, func(t *Tx) error {
		communities, err := t.Communities()
		for _, c := range communities {
			if err == nil {
				err = t.catchUp(c.ID)
			}
		}
		if err != nil {
			return err
		}
		return t.rebind(due, "")
	})
}

func (t *Tx) catchUp(c muster.CommunityID) error {
	const atOnce = 1000
	for last := int64(-1); ; {
		list, err := t.accounts(c, `number > $2 ORDER BY number LIMIT $3`, last, atOnce)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, a := range list {
			last = a.Number
			err := t.exec(`UPDATE accounts SET name_fold = $3 WHERE community_id = $1 AND account_id = $2`, c, a.ID, fold(a.Name))
			if err == nil {
				err = t.writeReferences(muster.Account{}, a)
			}
			if err != nil {
				return err
			}
		}
	}
}
