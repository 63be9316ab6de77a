package store

import (
	"encoding/json"
	"slices"

	"github.com/muster-accounts/muster"
)

// clockRows is how many of its rows of duty an account is read with. It stands
// in the query as a literal: SQLite prepares anew at each binding of a LIMIT.
const clockRows = "50"

// loadParts reads what an account has in rows of its own.
func (t *Tx) loadParts(a *muster.Account) error {
	args := []any{a.Community, a.ID}
	err := t.rows(`SELECT rank_id, expires_at FROM account_ranks WHERE community_id = $1 AND account_id = $2 ORDER BY rank_id`, args,
		func(scan func(...any) error) error {
			var g muster.Grant
			var expires int64
			err := scan(&g.Rank, &expires)
			g.Expires = fromMicros(expires)
			a.Ranks = append(a.Ranks, g)
			return err
		})
	if err != nil {
		return err
	}
	err = t.rows(`SELECT identity_id, provider, value, verified, metadata, flag, created_at, updated_at,
		(SELECT COUNT(*) FROM identities o WHERE o.community_id = i.community_id AND o.provider = i.provider AND o.value = i.value)
		FROM identities i WHERE community_id = $1 AND account_id = $2 ORDER BY provider, value`, args,
		func(scan func(...any) error) error {
			i, err := scanIdentity(scan)
			a.Identities = append(a.Identities, i)
			return err
		})
	if err != nil {
		return err
	}
	a.Clock, err = t.clockWhere(`account_id = $2 AND server_id = 0 ORDER BY started_at DESC, clock_id LIMIT `+clockRows, args...)
	return err
}

func scanIdentity(scan func(...any) error) (i muster.Identity, err error) {
	var created, updated int64
	var metadata string
	err = scan(&i.ID, &i.Provider, &i.Value, &i.Verified, &metadata, &i.Flag, &created, &updated, &i.Shared)
	i.CreatedAt, i.UpdatedAt = fromMicros(created), fromMicros(updated)
	if metadata != "" {
		i.Metadata = json.RawMessage(metadata)
	}
	return i, err
}

// writeParts writes in which references, ranks and identities after differs
// from before.
func (t *Tx) writeParts(before, after muster.Account) error {
	if err := t.writeReferences(before, after); err != nil {
		return err
	}
	for _, g := range before.Ranks {
		if after.Holds(g.Rank) {
			continue
		}
		err := t.exec(`DELETE FROM account_ranks WHERE community_id = $1 AND account_id = $2 AND rank_id = $3`, after.Community, after.ID, g.Rank)
		if err != nil {
			return err
		}
	}
	for _, g := range after.Ranks {
		if slices.ContainsFunc(before.Ranks, g.Same) {
			continue
		}
		err := t.exec(`INSERT INTO account_ranks (community_id, account_id, rank_id, expires_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (community_id, account_id, rank_id) DO UPDATE SET expires_at = excluded.expires_at`,
			after.Community, after.ID, g.Rank, micros(g.Expires))
		if err != nil {
			return err
		}
	}
	return t.writeIdentities(before, after)
}

func (t *Tx) writeIdentities(before, after muster.Account) error {
	gone, come := muster.DiffIdentities(before.Identities, after.Identities)
	if before.DeletedAt.IsZero() != after.DeletedAt.IsZero() { // all of them begin, or cease, to find the account
		gone, come = before.Identities, after.Identities
	}
	for _, i := range gone {
		err := t.exec(`DELETE FROM identities WHERE community_id = $1 AND account_id = $2 AND provider = $3 AND value = $4`,
			after.Community, after.ID, i.Provider, i.Value)
		if err != nil {
			return err
		}
	}
	for _, i := range come {
		finds := after.DeletedAt.IsZero() && !muster.IsEvidence(i.Provider)
		err := t.exec(`INSERT INTO identities (community_id, account_id, provider, value, identity_id, finds, verified, metadata, flag, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			after.Community, after.ID, i.Provider, i.Value, i.ID, finds, i.Verified, string(i.Metadata), i.Flag, micros(i.CreatedAt), micros(i.UpdatedAt))
		if err != nil {
			return t.taken(err, "identities", "another account has the %s identity %s", i.Provider, muster.Quote(i.Value))
		}
	}
	return nil
}
