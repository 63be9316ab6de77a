package store

import (
	"time"

	"github.com/muster-accounts/muster"
)

// What follows reads and writes a community row by row, as it is kept, for it
// to leave a database and to come into another. Nothing of it is a deed, and
// nobody is told of it.

// Counters are the number of a community's last change, and the number that
// its next account gets.
func (t *Tx) Counters(c muster.CommunityID) (seq, nextNumber int64, err error) {
	err = t.row(`SELECT seq, next_number FROM communities WHERE community_id = $1`, []any{c}, &seq, &nextNumber)
	return seq, nextNumber, err
}

// SetCounters gives a community its counters, where it came from elsewhere.
func (t *Tx) SetCounters(c muster.CommunityID, seq, nextNumber int64) error {
	return t.exec(`UPDATE communities SET seq = $2, next_number = $3 WHERE community_id = $1`, c, seq, nextNumber)
}

// UUIDTaken reports whether a community has a UUID.
func (t *Tx) UUIDTaken(uuid string) (bool, error) {
	_, _, err := t.lookUp(entryUUID, uuid)
	return err == nil, none(err)
}

// EveryAccount lists accounts by number, beginning after a number, the deleted
// among them.
func (t *Tx) EveryAccount(c muster.CommunityID, after int64, limit int) ([]muster.Account, error) {
	return t.accounts(c, `number > $2 ORDER BY number LIMIT $3`, after, limit)
}

// AccountIDs lists the ids of accounts by number, and the last number, as
// EveryAccount does.
func (t *Tx) AccountIDs(c muster.CommunityID, after int64, limit int) (list []muster.AccountID, last int64, err error) {
	err = t.rows(`SELECT account_id, number FROM accounts WHERE community_id = $1 AND number > $2 ORDER BY number LIMIT $3`, []any{c, after, limit},
		func(scan func(...any) error) error {
			var id muster.AccountID
			err := scan(&id, &last)
			list = append(list, id)
			return err
		})
	return list, last, err
}

// CountRows counts a community's accounts, the deleted among them, and its
// changes.
func (t *Tx) CountRows(c muster.CommunityID) (accounts, changes int64, err error) {
	err = t.row(`SELECT (SELECT COUNT(*) FROM accounts WHERE community_id = $1), (SELECT COUNT(*) FROM changes WHERE community_id = $1)`,
		[]any{c}, &accounts, &changes)
	return accounts, changes, err
}

// KeepMarks writes what an account's row says besides its members.
func (t *Tx) KeepMarks(a muster.Account) error {
	if !a.MFA && a.ErasedAt.IsZero() {
		return nil
	}
	return t.exec(`UPDATE accounts SET mfa = $3, erased_at = $4 WHERE community_id = $1 AND account_id = $2`, a.Community, a.ID, a.MFA, micros(a.ErasedAt))
}

// KeptPassword is an account's password as it is kept.
type KeptPassword struct {
	Hash     string
	Epoch    int64
	VoidedAt time.Time
}

// KeptPassword is an account's; ok is false where there is none, and none ever
// was.
func (t *Tx) KeptPassword(c muster.CommunityID, id muster.AccountID) (p KeptPassword, ok bool, err error) {
	var voided int64
	err = t.row(`SELECT hash, epoch, voided_at FROM passwords WHERE community_id = $1 AND account_id = $2`, []any{c, id}, &p.Hash, &p.Epoch, &voided)
	p.VoidedAt = fromMicros(voided)
	return p, err == nil, none(err)
}

// KeepPassword keeps an account's as it was kept elsewhere.
func (t *Tx) KeepPassword(c muster.CommunityID, id muster.AccountID, p KeptPassword) error {
	return t.exec(`INSERT INTO passwords (community_id, account_id, hash, epoch, voided_at) VALUES ($1, $2, $3, $4, $5)`,
		c, id, p.Hash, p.Epoch, micros(p.VoidedAt))
}

// Picture is one of the pictures that are kept of an account.
type Picture struct {
	Name      string
	Content   []byte
	CreatedAt time.Time
}

// Pictures lists an account's, the oldest first.
func (t *Tx) Pictures(c muster.CommunityID, id muster.AccountID) (list []Picture, err error) {
	err = t.rows(`SELECT name, content, created_at FROM images WHERE community_id = $1 AND account_id = $2 ORDER BY created_at, name`, []any{c, id},
		func(scan func(...any) error) error {
			var p Picture
			var created int64
			err := scan(&p.Name, &p.Content, &created)
			p.CreatedAt = fromMicros(created)
			list = append(list, p)
			return err
		})
	return list, err
}

// KeyHashes are what is kept of a key's secrets.
type KeyHashes struct {
	Hash    string   `json:"hash,omitempty"`         // SHA-256 of its secret, by which it is found
	Foreign string   `json:"foreign_hash,omitempty"` // of another system, until its first use here
	Old     string   `json:"old_hash,omitempty"`     // of the secret before, which opens as long as the key says
	Dead    []string `json:"dead_hashes,omitempty"`  // of those before that, which are not given out again
}

// KeyHashes are those of a community's keys.
func (t *Tx) KeyHashes(c muster.CommunityID) (map[muster.KeyID]KeyHashes, error) {
	all := map[muster.KeyID]KeyHashes{}
	err := t.rows(`SELECT key_id, secret_hash, foreign_hash FROM keys WHERE community_id = $1`, []any{c}, func(scan func(...any) error) error {
		var id muster.KeyID
		var h KeyHashes
		err := scan(&id, &h.Hash, &h.Foreign)
		all[id] = h
		return err
	})
	if err == nil {
		err = t.formerSecrets(c, all)
	}
	return all, err
}

// KeepKey adds a key as it was kept elsewhere.
func (t *Tx) KeepKey(c muster.CommunityID, k muster.Key, h KeyHashes) error {
	if err := t.insertKey(c, k, h.Hash, h.Foreign); err != nil {
		return err
	}
	for kind, hashes := range map[string][]string{entryKey: {h.Hash}, entryOldKey: {h.Old}, entryDeadKey: h.Dead} {
		for _, hash := range hashes {
			if hash == "" {
				continue
			}
			if used, err := t.secretKnown(hash); err != nil || used {
				return either(err, secretTaken())
			}
			if err := t.enter(kind, hash, c, string(k.ID)); err != nil {
				return err
			}
		}
	}
	return nil
}

// EntrustedNames lists the names of the secrets that a community was entrusted
// with.
func (t *Tx) EntrustedNames(c muster.CommunityID) (list []string, err error) {
	err = t.rows(`SELECT name FROM secrets WHERE community_id = $1 ORDER BY name`, []any{c}, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		list = append(list, name)
		return err
	})
	return list, err
}

// EveryChange lists changes by number, beginning after a number.
func (t *Tx) EveryChange(c muster.CommunityID, after int64, limit int) ([]muster.Change, error) {
	return t.changesUpward(c, `seq > $2`, limit, after)
}

// ChangesOfAfter lists an account's changes with a greater number, in order.
func (t *Tx) ChangesOfAfter(c muster.CommunityID, id muster.AccountID, after int64, limit int) ([]muster.Change, error) {
	return t.changesUpward(c, `seq > $2 AND account_id = $4`, limit, after, id)
}

func (t *Tx) changesUpward(c muster.CommunityID, where string, limit int, args ...any) (list []muster.Change, err error) {
	args = append([]any{c, args[0], limit}, args[1:]...)
	err = t.rows(`SELECT `+changeColumns+` FROM changes WHERE community_id = $1 AND `+where+` ORDER BY seq LIMIT $3`, args,
		func(scan func(...any) error) error {
			change, err := t.scanChange(c, scan)
			list = append(list, change)
			return err
		})
	return list, err
}

// KeepChanges writes changes that have their numbers already, and that nobody
// is to be told of.
func (t *Tx) KeepChanges(list []muster.Change) error {
	rows := make([]recorded, len(list))
	for i := range list {
		row, err := t.changeRow(&list[i])
		if err != nil {
			return t.fail(err)
		}
		row[1] = list[i].Seq
		rows[i] = recorded{&list[i], row}
	}
	return t.taken(t.insertChanges(rows), "seq", "a number stands twice")
}

// Gap is the first number that no change has; 0: behind what is forgotten they
// go without a gap to that of the last change.
func (t *Tx) Gap(c muster.CommunityID) (seq int64, err error) {
	last, err := t.LastSeq(c)
	if err != nil {
		return 0, err
	}
	f, err := t.Forgotten(c)
	if err != nil {
		return 0, err
	}
	var count, greatest int64
	err = t.row(`SELECT COUNT(*), COALESCE(MAX(seq), 0) FROM changes WHERE community_id = $1 AND seq > $2`, []any{c, f.Seq}, &count, &greatest)
	if err != nil || count == last-f.Seq && greatest == last {
		return 0, err
	}
	err = t.row(`SELECT seq + 1 FROM (SELECT seq FROM changes WHERE community_id = $1 AND seq > $2 UNION ALL SELECT CAST($2 AS BIGINT)) AS has
		WHERE NOT EXISTS (SELECT 1 FROM changes n WHERE n.community_id = $1 AND n.seq = has.seq + 1) ORDER BY seq LIMIT 1`, []any{c, f.Seq}, &seq)
	return seq, err
}

// Strangers lists accounts that changes tell of and that are not there.
func (t *Tx) Strangers(c muster.CommunityID, limit int) (list []muster.AccountID, err error) {
	err = t.rows(`SELECT DISTINCT account_id FROM changes WHERE community_id = $1 AND account_id <> '' AND NOT EXISTS
		(SELECT 1 FROM accounts a WHERE a.community_id = $1 AND a.account_id = changes.account_id) ORDER BY account_id LIMIT $2`, []any{c, limit},
		func(scan func(...any) error) error {
			var id muster.AccountID
			err := scan(&id)
			list = append(list, id)
			return err
		})
	return list, err
}

// Fields lists a community's fields in the order in which people see them.
func (t *Tx) Fields(c muster.CommunityID) ([]muster.Field, error) { return t.fields(c) }

// Ranks lists a community's ranks by id.
func (t *Tx) Ranks(c muster.CommunityID) ([]muster.Rank, error) { return t.ranks(c) }
