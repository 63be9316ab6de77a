package store

import (
	"context"
	"encoding/json"

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
		return t.RebindInstance(due, "")
	})
}

// catchUp reads rows as they were kept before the migration.
func (t *Tx) catchUp(c muster.CommunityID) error {
	const atOnce = 1000
	for last, more := int64(-1), true; more; {
		var list []muster.Account
		err := t.rows(`SELECT account_id, number, name, field_values FROM accounts WHERE community_id = $1 AND number > $2 ORDER BY number LIMIT $3`,
			[]any{c, last, atOnce}, func(scan func(...any) error) error {
				a, values := muster.Account{Community: c}, ""
				err := scan(&a.ID, &a.Number, &a.Name, &values)
				if err == nil {
					err = json.Unmarshal([]byte(values), &a.Values)
				}
				list = append(list, a)
				return err
			})
		if err != nil {
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
		more = len(list) == atOnce
	}
	return nil
}
