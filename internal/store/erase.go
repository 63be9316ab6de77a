package store

import (
	"bytes"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
)

// EraseAccount takes all that is personal from an account's row, and from
// what is kept beside it. The row stays, deleted for good, so that nobody is
// given its id or number. Its mails are blanked, for whoever sent them to
// forget them elsewhere.
func (t *Tx) EraseAccount(c muster.CommunityID, id muster.AccountID, at time.Time) error {
	err := t.exec(`UPDATE accounts SET username = $3, username_fold = $3, email = '', email_fold = '', name = '', name_fold = '', bio = '', language = '',
		field_values = '', ban = '', picture = '', mfa = FALSE, joined = FALSE, active = FALSE, banned_until = 0, sign_in = $4, level = 0,
		last_login = 0, deleted_at = CASE WHEN deleted_at = 0 THEN CAST($5 AS BIGINT) ELSE deleted_at END, erased_at = $5, updated_at = $5, rev = rev + 1
		WHERE community_id = $1 AND account_id = $2`, c, id, "", muster.DisabledByAdmin, micros(at))
	for _, query := range []string{
		`DELETE FROM identities WHERE community_id = $1 AND account_id = $2`,
		`DELETE FROM account_references WHERE community_id = $1 AND account_id = $2`,
		`DELETE FROM account_ranks WHERE community_id = $1 AND account_id = $2`,
		`DELETE FROM clock_rows WHERE community_id = $1 AND account_id = $2`,
		`DELETE FROM images WHERE community_id = $1 AND account_id = $2`,
		`DELETE FROM links WHERE community_id = $1 AND account_id = $2`,
		`DELETE FROM mfa WHERE community_id = $1 AND account_id = $2`,
		`UPDATE keys SET name = '', foreign_hash = '' WHERE community_id = $1 AND owner_id = $2`,
	} {
		if err == nil {
			err = t.exec(query, c, id)
		}
	}
	if err == nil {
		err = t.BlankMails(c, id, at)
	}
	if err == nil { // whom replies tell of nobody knows
		err = t.exec(`UPDATE replies SET reply = NULL WHERE community_id = $1`, c)
	}
	if err == nil {
		err = t.exec(`INSERT INTO passwords (community_id, account_id, hash, epoch, voided_at) VALUES ($1, $2, '', 1, $3)
			ON CONFLICT (community_id, account_id) DO UPDATE SET hash = '', epoch = passwords.epoch + 1, voided_at = excluded.voided_at`, c, id, micros(at))
	}
	return err
}

// EraseChanges takes what history says of an account, and of keys, from all
// changes that are written; who did what to which id and when stays. Those that
// are yet to be written, neighbours' among them, erasePending sees to.
func (t *Tx) EraseChanges(c muster.CommunityID, id muster.AccountID, keys []muster.KeyID) error {
	list, err := t.changesWhere(c, `seq > $2 AND account_id = $4`, 1<<31-1, 0, id)
	for _, key := range keys {
		if err == nil {
			var more []muster.Change
			more, err = t.changesWhere(c, `seq > $2 AND subject = $4`, 1<<31-1, 0, "key "+string(key))
			list = append(list, more...)
		}
	}
	for _, ch := range list {
		if err == nil {
			err = t.eraseChange(ch)
		}
	}
	return err
}

// keptMembers are a change's members as they are kept.
func (t *Tx) keptMembers(ch muster.Change) (kept [2]string, err error) {
	about := changeSubject(ch.Account, ch.Subject)
	for i, m := range []muster.Members{ch.Before, ch.After} {
		if kept[i], err = encode(m); err == nil {
			kept[i], err = t.sealedDocument(ch.Community, about, []string{memberBefore, memberAfter}[i], kept[i])
		}
		if err != nil {
			return kept, err
		}
	}
	return kept, nil
}

func (t *Tx) eraseChange(ch muster.Change) error {
	ch.Before, ch.After = ch.Before.Erased(), ch.After.Erased()
	kept, err := t.keptMembers(ch)
	if err != nil {
		return err
	}
	return t.exec(`UPDATE changes SET before = $3, after = $4 WHERE community_id = $1 AND seq = $2`, ch.Community, ch.Seq, kept[0], kept[1])
}

// erasePending does what EraseChanges does to changes of the same transaction
// as the one that erases.
func (t *Tx) erasePending(changes []recorded) error {
	for i, by := range changes {
		if by.Deed != muster.DeedErase {
			continue
		}
		for _, r := range changes[:i] {
			ofKey := r.Account == "" && bytes.Contains(append(r.Before.Definition, r.After.Definition...), []byte(by.Account))
			if r.Community != by.Community || r.Account != by.Account && !(ofKey && strings.HasPrefix(r.Subject, "key ")) {
				continue
			}
			ch := *r.Change
			ch.Before, ch.After = ch.Before.Erased(), ch.After.Erased()
			kept, err := t.keptMembers(ch)
			if err != nil {
				return err
			}
			r.row[rowBefore], r.row[rowBefore+1] = kept[0], kept[1]
		}
	}
	return nil
}

// KeysOf lists the keys that act for an account, the oldest first.
func (t *Tx) KeysOf(c muster.CommunityID, owner muster.AccountID) ([]muster.Key, error) {
	return t.keysWhere(c, `owner_id = $2 AND owner_id <> ''`, owner)
}
