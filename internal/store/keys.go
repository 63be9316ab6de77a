package store

import (
	"encoding/json"
	"time"

	"github.com/muster-accounts/muster"
)

const keyColumns = `key_id, name, level, areas, rank_power, owner_id, per_minute, created_at, expires_at, revoked_at, last_used_at,
	frozen_at, addresses, old_secret_ends, limit_hits`

func scanKey(scan func(...any) error) (k muster.Key, err error) {
	var areas, addresses string
	var created, expires, revoked, used, frozen, old int64
	err = scan(&k.ID, &k.Name, &k.Level, &areas, &k.RankPower, &k.Owner, &k.PerMinute, &created, &expires, &revoked, &used,
		&frozen, &addresses, &old, &k.LimitHits)
	if err != nil {
		return k, err
	}
	k.CreatedAt, k.ExpiresAt, k.RevokedAt, k.LastUsedAt = fromMicros(created), fromMicros(expires), fromMicros(revoked), fromMicros(used)
	k.FrozenAt, k.OldSecretEnds = fromMicros(frozen), fromMicros(old)
	if err = json.Unmarshal([]byte(areas), &k.Areas); err == nil {
		err = json.Unmarshal([]byte(addresses), &k.Addresses)
	}
	return k, err
}

// Key is a key by its id.
func (t *Tx) Key(c muster.CommunityID, id muster.KeyID) (k muster.Key, err error) {
	if !keepable(string(id)) {
		return k, muster.Errorf(muster.NotFound, "", "there is no such key")
	}
	err = t.rows(`SELECT `+keyColumns+` FROM keys WHERE community_id = $1 AND key_id = $2`, []any{c, id},
		func(scan func(...any) error) (err error) {
			k, err = scanKey(scan)
			return err
		})
	if err == nil && k.ID == "" {
		err = muster.Errorf(muster.NotFound, "", "there is no key %s", muster.Quote(id))
	}
	return k, err
}

// Keys lists a community's keys, the oldest first.
func (t *Tx) Keys(c muster.CommunityID) ([]muster.Key, error) { return t.keysWhere(c, `key_id <> ''`) }

func (t *Tx) keysWhere(c muster.CommunityID, where string, args ...any) (list []muster.Key, err error) {
	err = t.rows(`SELECT `+keyColumns+` FROM keys WHERE community_id = $1 AND `+where+` ORDER BY created_at, key_id`, append([]any{c}, args...),
		func(scan func(...any) error) error {
			k, err := scanKey(scan)
			list = append(list, k)
			return err
		})
	return list, err
}

// InsertKey adds a key whose secret has the given hash. The hash must be free
// in all communities, since a bearer names no community.
func (t *Tx) InsertKey(c muster.CommunityID, k muster.Key, hash string) error {
	if err := t.insertKey(c, k, hash, ""); err != nil {
		return err
	}
	return t.taken(t.enter(entryKey, hash, c, string(k.ID)), "secret", "another key has this secret")
}

// InsertForeignKey adds a key of whose secret another system's hash is known.
// Nobody is found by it yet; see AdoptKey.
func (t *Tx) InsertForeignKey(c muster.CommunityID, k muster.Key, foreignHash string) error {
	return t.insertKey(c, k, "", foreignHash)
}

func (t *Tx) insertKey(c muster.CommunityID, k muster.Key, hash, foreignHash string) error {
	areas, err := encode(k.Areas)
	if err != nil {
		return err
	}
	addresses, err := encode(k.Addresses)
	if err != nil {
		return err
	}
	if used, err := t.secretUsed(hash); err != nil || used {
		return either(err, secretTaken())
	}
	err = t.exec(`INSERT INTO keys (community_id, secret_hash, foreign_hash, `+keyColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		c, hash, foreignHash, k.ID, k.Name, int64(k.Level), areas, k.RankPower, k.Owner, k.PerMinute,
		micros(k.CreatedAt), micros(k.ExpiresAt), micros(k.RevokedAt), micros(k.LastUsedAt),
		micros(k.FrozenAt), addresses, micros(k.OldSecretEnds), k.LimitHits)
	return t.taken(err, "id", "there is a key %q already", k.ID)
}

// ForeignHash is that of a key that was taken over and not used yet; nothing
// for all others.
func (t *Tx) ForeignHash(c muster.CommunityID, id muster.KeyID) (hash string, err error) {
	if !keepable(string(id)) {
		return "", nil
	}
	err = t.row(`SELECT foreign_hash FROM keys WHERE community_id = $1 AND key_id = $2`, []any{c, id}, &hash)
	return hash, none(err)
}

// AdoptKey keeps the hash of the secret of such a key, by which it is found
// from now on; where it has another secret meanwhile, as the one before.
func (t *Tx) AdoptKey(c muster.CommunityID, id muster.KeyID, hash string) error {
	var has string
	err := t.row(`UPDATE keys SET secret_hash = CASE WHEN secret_hash = '' THEN $3 ELSE secret_hash END, foreign_hash = ''
		WHERE community_id = $1 AND key_id = $2 RETURNING secret_hash`, []any{c, id, hash}, &has)
	if err != nil {
		return err
	}
	kind := entryKey
	if has != hash {
		kind = entryOldKey
	}
	return t.taken(t.enter(kind, hash, c, string(id)), "secret", "another key has this secret")
}

// UpdateKey writes what a key may do and what it is called.
func (t *Tx) UpdateKey(c muster.CommunityID, k muster.Key) error {
	areas, err := encode(k.Areas)
	if err != nil {
		return err
	}
	addresses, err := encode(k.Addresses)
	if err != nil {
		return err
	}
	return t.exec(`UPDATE keys SET name = $3, level = $4, areas = $5, rank_power = $6, owner_id = $7, per_minute = $8, expires_at = $9,
		frozen_at = $10, addresses = $11, old_secret_ends = $12 WHERE community_id = $1 AND key_id = $2`,
		c, k.ID, k.Name, int64(k.Level), areas, k.RankPower, k.Owner, k.PerMinute, micros(k.ExpiresAt),
		micros(k.FrozenAt), addresses, micros(k.OldSecretEnds))
}

// RotateKey gives a key another secret, by its hash; the one before opens as
// long as the key says, and those before that no more.
func (t *Tx) RotateKey(c muster.CommunityID, id muster.KeyID, hash string) error {
	if used, err := t.secretUsed(hash); err != nil || used {
		return either(err, secretTaken())
	}
	if err := t.ageSecrets(c, id); err != nil {
		return err
	}
	if err := t.enter(entryKey, hash, c, string(id)); err != nil {
		return t.taken(err, "secret", "another key has this secret")
	}
	return t.exec(`UPDATE keys SET secret_hash = $3, foreign_hash = CASE WHEN secret_hash = '' THEN foreign_hash ELSE '' END
		WHERE community_id = $1 AND key_id = $2`, c, id, hash)
}

func secretTaken() error {
	return muster.Errorf(muster.Conflict, "secret", "another key has this secret, or had it")
}

// CountLimitHits adds to how often a key asked too much.
func (t *Tx) CountLimitHits(c muster.CommunityID, id muster.KeyID, n int64) error {
	return t.exec(`UPDATE keys SET limit_hits = limit_hits + $3 WHERE community_id = $1 AND key_id = $2`, c, id, n)
}

// either is the first of two errors that there is.
func either(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

// RevokeKey ends a key. Its hash stays in the directory, so that the same
// secret cannot be given out again.
func (t *Tx) RevokeKey(c muster.CommunityID, id muster.KeyID, at time.Time) error {
	return t.exec(`UPDATE keys SET revoked_at = $3 WHERE community_id = $1 AND key_id = $2`, c, id, micros(at))
}

// TouchKey notes when a key was last used.
func (t *Tx) TouchKey(c muster.CommunityID, id muster.KeyID, at time.Time) error {
	return t.exec(`UPDATE keys SET last_used_at = $3 WHERE community_id = $1 AND key_id = $2 AND last_used_at < $3`, c, id, micros(at))
}
