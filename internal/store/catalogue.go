package store

import (
	"encoding/json"
	"fmt"

	"github.com/muster-accounts/muster"
)

func (t *Tx) fields(id muster.CommunityID) ([]muster.Field, error) {
	return definitions[muster.Field](t, `SELECT definition FROM fields WHERE community_id = $1 ORDER BY position, field_id`, id)
}

func (t *Tx) ranks(id muster.CommunityID) ([]muster.Rank, error) {
	return definitions[muster.Rank](t, `SELECT definition FROM ranks WHERE community_id = $1 ORDER BY rank_id`, id)
}

func definitions[T any](t *Tx, query string, id muster.CommunityID) (list []T, err error) {
	err = t.rows(query, []any{id}, func(scan func(...any) error) error {
		var text string
		if err := scan(&text); err != nil {
			return err
		}
		var d T
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			return fmt.Errorf("definition %s: %w", text, err)
		}
		list = append(list, d)
		return nil
	})
	return list, err
}

// PutField adds a field, at the end, or replaces the definition of the one
// with its id.
func (t *Tx) PutField(c muster.CommunityID, f muster.Field) error {
	text, err := encode(f)
	if err != nil {
		return err
	}
	err = t.exec(`INSERT INTO fields (community_id, field_id, field_key, position, definition)
		VALUES ($1, $2, $3, (SELECT COALESCE(MAX(position), 0) + 1 FROM fields WHERE community_id = $1), $4)
		ON CONFLICT (community_id, field_id) DO UPDATE SET field_key = excluded.field_key, definition = excluded.definition`,
		c, f.ID, f.Key, text)
	if err != nil {
		return t.taken(err, "key", "another field has the key %q", f.Key)
	}
	return t.catalogueChanged(c)
}

// DeleteField removes a field's definition. Values that accounts hold for it
// stay in their rows, unseen, and are seen again if it comes back.
func (t *Tx) DeleteField(c muster.CommunityID, id muster.FieldID) error {
	if err := t.exec(`DELETE FROM fields WHERE community_id = $1 AND field_id = $2`, c, id); err != nil {
		return err
	}
	return t.catalogueChanged(c)
}

// PutRank adds a rank or replaces the definition of the one with its id.
func (t *Tx) PutRank(c muster.CommunityID, r muster.Rank) error {
	text, err := encode(r)
	if err != nil {
		return err
	}
	err = t.exec(`INSERT INTO ranks (community_id, rank_id, definition) VALUES ($1, $2, $3)
		ON CONFLICT (community_id, rank_id) DO UPDATE SET definition = excluded.definition`, c, r.ID, text)
	if err != nil {
		return err
	}
	return t.catalogueChanged(c)
}

// DeleteRank removes a rank's definition. Whoever holds it must have lost it
// before.
func (t *Tx) DeleteRank(c muster.CommunityID, id muster.RankID) error {
	if err := t.exec(`DELETE FROM ranks WHERE community_id = $1 AND rank_id = $2`, c, id); err != nil {
		return err
	}
	return t.catalogueChanged(c)
}

// Holders lists the accounts that hold a rank, the deleted among them.
func (t *Tx) Holders(c muster.CommunityID, id muster.RankID) (list []muster.AccountID, err error) {
	err = t.rows(`SELECT account_id FROM account_ranks WHERE community_id = $1 AND rank_id = $2 ORDER BY account_id`, []any{c, id},
		func(scan func(...any) error) error {
			var a muster.AccountID
			err := scan(&a)
			list = append(list, a)
			return err
		})
	return list, err
}

// taken turns a broken uniqueness into a Conflict; other errors stay.
func (t *Tx) taken(err error, field, format string, args ...any) error {
	if err != nil && t.store.engine.isDuplicate(err) {
		return muster.Errorf(muster.Conflict, field, format, args...)
	}
	return err
}
