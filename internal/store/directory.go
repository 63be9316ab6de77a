package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
)

// The queries of this file are the only ones that look across communities.

// The kinds of directory entries.
const (
	entryKey      = "key"
	entryUUID     = "uuid"
	entryInstance = "instance"

	entryOldKey  = "old_key"  // a key's secret before its present one
	entryDeadKey = "dead_key" // one before that
)

// enter adds a directory entry; name must be free in all communities.
func (t *Tx) enter(kind, name string, c muster.CommunityID, target string) error {
	return t.exec(`INSERT INTO directory (kind, name, community_id, target) VALUES ($1, $2, $3, $4)`, kind, name, c, target)
}

func (t *Tx) lookUp(kind, name string) (c muster.CommunityID, target string, err error) {
	err = t.row(`SELECT community_id, target FROM directory WHERE kind = $1 AND name = $2`, []any{kind, name}, &c, &target)
	return c, target, err
}

// KeyEntry finds which community's which key has a secret, by the hash of the
// secret. found is false where none has.
func (t *Tx) KeyEntry(hash string) (c muster.CommunityID, id muster.KeyID, found bool, err error) {
	return t.keyEntry(entryKey, hash)
}

// OldKeyEntry is KeyEntry for the secret that a key had before.
func (t *Tx) OldKeyEntry(hash string) (c muster.CommunityID, id muster.KeyID, found bool, err error) {
	return t.keyEntry(entryOldKey, hash)
}

func (t *Tx) keyEntry(kind, hash string) (c muster.CommunityID, id muster.KeyID, found bool, err error) {
	c, target, err := t.lookUp(kind, hash)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", false, nil
	}
	return c, muster.KeyID(target), err == nil, err
}

// secretUsed reports whether a key had a secret once, by its hash: it is not
// given out again. What keys have now the directory itself keeps apart.
func (t *Tx) secretUsed(hash string) (used bool, err error) {
	for _, kind := range []string{entryOldKey, entryDeadKey} {
		if _, _, used, err = t.keyEntry(kind, hash); used || err != nil {
			break
		}
	}
	return used, err
}

// secretKnown is secretUsed for the secrets that keys have now as well.
func (t *Tx) secretKnown(hash string) (bool, error) {
	_, _, has, err := t.keyEntry(entryKey, hash)
	if has || err != nil {
		return has, err
	}
	return t.secretUsed(hash)
}

// formerSecrets adds to the hashes of a community's keys those of the secrets
// that they had before.
func (t *Tx) formerSecrets(c muster.CommunityID, all map[muster.KeyID]KeyHashes) error {
	return t.rows(`SELECT kind, name, target FROM directory WHERE community_id = $1 AND kind IN ($2, $3) ORDER BY kind, name`,
		[]any{c, entryOldKey, entryDeadKey}, func(scan func(...any) error) error {
			var kind, hash string
			var id muster.KeyID
			err := scan(&kind, &hash, &id)
			h := all[id]
			if kind == entryOldKey {
				h.Old = hash
			} else {
				h.Dead = append(h.Dead, hash)
			}
			all[id] = h
			return err
		})
}

// ageSecrets makes a key's secret its old one, and its old ones dead.
func (t *Tx) ageSecrets(c muster.CommunityID, id muster.KeyID) error {
	err := t.exec(`UPDATE directory SET kind = $3 WHERE community_id = $1 AND target = $2 AND kind = $4`, c, id, entryDeadKey, entryOldKey)
	if err != nil {
		return err
	}
	return t.exec(`UPDATE directory SET kind = $3 WHERE community_id = $1 AND target = $2 AND kind = $4`, c, id, entryOldKey, entryKey)
}

// CommunityNamed finds a community by its short id or its UUID.
func (t *Tx) CommunityNamed(name string) (muster.Community, error) {
	if !keepable(name) {
		return muster.Community{}, muster.Errorf(muster.NotFound, "", "there is no such community")
	}
	id, _, err := t.lookUp(entryUUID, strings.ToLower(name))
	if errors.Is(err, sql.ErrNoRows) {
		id, err = muster.CommunityID(name), nil
	}
	if err != nil {
		return muster.Community{}, err
	}
	return t.Community(id)
}

// Communities lists all communities by id.
func (t *Tx) Communities() (list []muster.Community, err error) {
	var ids []muster.CommunityID
	err = t.rows(`SELECT community_id FROM communities ORDER BY community_id`, nil, func(scan func(...any) error) error {
		var id muster.CommunityID
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	for _, id := range ids {
		c, e := t.Community(id)
		if e != nil {
			return nil, e
		}
		list = append(list, c)
	}
	return list, err
}

// BindInstance gives the value under which the whole database knows a name:
// the one it was first bound to.
func (t *Tx) BindInstance(name, value string) (string, error) {
	bound, err := t.Bound(name)
	if err != nil || bound != "" {
		return bound, err
	}
	return value, t.enter(entryInstance, name, "", value)
}

// RebindInstance gives a name another value.
func (t *Tx) RebindInstance(name, value string) error {
	return t.exec(`INSERT INTO directory (kind, name, community_id, target) VALUES ($1, $2, '', $3)
		ON CONFLICT (kind, name) DO UPDATE SET target = excluded.target`, entryInstance, name, value)
}

// Bound is the value that a name is bound to, or nothing.
func (t *Tx) Bound(name string) (string, error) {
	_, value, err := t.lookUp(entryInstance, name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, err
}

// schemaVersion is the version of the schema in an embedded database's file,
// and whether anything of ours is in it at all.
func schemaVersion(ctx context.Context, db *sql.DB) (version int64, ours bool, err error) {
	columns, err := db.QueryContext(ctx, "PRAGMA table_info(communities)")
	if err != nil {
		return 0, false, err
	}
	defer func() { _ = columns.Close() }()
	if ours = columns.Next(); !ours {
		return 0, false, columns.Err()
	}
	err = db.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&version)
	return version, ours, err
}

// WithEvents lists the communities that have changes in the outbox, or
// deliveries waiting, by id.
func (t *Tx) WithEvents() (list []muster.CommunityID, err error) {
	for _, query := range []string{
		`SELECT community_id FROM outbox WHERE community_id > $1 ORDER BY community_id LIMIT 1`,
		`SELECT community_id FROM deliveries WHERE community_id > $1 AND next_at > 0 ORDER BY community_id LIMIT 1`,
	} {
		for last := muster.CommunityID(""); ; list = append(list, last) {
			if err = t.row(query, []any{last}, &last); err != nil {
				break
			}
		}
		if none(err) != nil {
			return nil, err
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// WithMail lists the communities that have mails to be tried by a time, by id.
func (t *Tx) WithMail(now time.Time) (list []muster.CommunityID, err error) {
	for last := muster.CommunityID(""); ; list = append(list, last) {
		err = t.row(`SELECT community_id FROM mails WHERE community_id > $1 AND next_at > 0 AND next_at <= $2 ORDER BY community_id LIMIT 1`,
			[]any{last, micros(now)}, &last)
		if err != nil {
			return list, none(err)
		}
	}
}

// WithDeliveries lists the communities that have deliveries, those given up
// among them.
func (t *Tx) WithDeliveries() (list []muster.CommunityID, err error) {
	for last := muster.CommunityID(""); ; list = append(list, last) {
		err = t.row(`SELECT community_id FROM deliveries WHERE community_id > $1 ORDER BY community_id LIMIT 1`, []any{last}, &last)
		if err != nil {
			return list, none(err)
		}
	}
}

// Waiting counts the deliveries that have not ended, in all communities.
func (t *Tx) Waiting() (n int64, err error) {
	err = t.row(`SELECT COUNT(*) FROM deliveries WHERE given_up_at = 0 AND delivered_at = 0`, nil, &n)
	return n, err
}
