package store

import (
	"database/sql"
	"errors"
	"time"

	"github.com/muster-accounts/muster"
)

// Password is the hash that is kept of an account's password, empty where it
// has none, and the epoch of which its tokens must be.
func (t *Tx) Password(c muster.CommunityID, id muster.AccountID) (hash string, epoch int64, err error) {
	err = t.row(`SELECT hash, epoch FROM passwords WHERE community_id = $1 AND account_id = $2`, []any{c, id}, &hash, &epoch)
	if errors.Is(err, sql.ErrNoRows) {
		return "", 0, nil
	}
	return hash, epoch, err
}

// VoidedAt is when an account's tokens were last voided; zero: never.
func (t *Tx) VoidedAt(c muster.CommunityID, id muster.AccountID) (time.Time, error) {
	var at int64
	err := t.row(`SELECT voided_at FROM passwords WHERE community_id = $1 AND account_id = $2`, []any{c, id}, &at)
	return fromMicros(at), none(err)
}

// SetPassword keeps the hash of a new password, and voids all tokens.
func (t *Tx) SetPassword(c muster.CommunityID, id muster.AccountID, hash string, at time.Time) error {
	return t.exec(`INSERT INTO passwords (community_id, account_id, hash, epoch, voided_at) VALUES ($1, $2, $3, 1, $4)
		ON CONFLICT (community_id, account_id) DO UPDATE SET hash = excluded.hash, epoch = passwords.epoch + 1, voided_at = excluded.voided_at`,
		c, id, hash, micros(at))
}

// Rehash replaces the hash of an unchanged password, unless it was changed
// meanwhile. Tokens stay.
func (t *Tx) Rehash(c muster.CommunityID, id muster.AccountID, was, hash string) error {
	return t.exec(`UPDATE passwords SET hash = $4 WHERE community_id = $1 AND account_id = $2 AND hash = $3`, c, id, was, hash)
}

// VoidTokens ends all tokens of an account, also of one without a password:
// there are other ways to a token.
func (t *Tx) VoidTokens(c muster.CommunityID, id muster.AccountID, at time.Time) error {
	return t.exec(`INSERT INTO passwords (community_id, account_id, hash, epoch, voided_at) VALUES ($1, $2, '', 1, $3)
		ON CONFLICT (community_id, account_id) DO UPDATE SET epoch = passwords.epoch + 1, voided_at = excluded.voided_at`, c, id, micros(at))
}

// TouchLogin notes when an account last signed in. Its Rev stays: nobody's
// edit is outdated by it.
func (t *Tx) TouchLogin(c muster.CommunityID, id muster.AccountID, at time.Time) error {
	return t.exec(`UPDATE accounts SET last_login = $3 WHERE community_id = $1 AND account_id = $2 AND last_login < $3`, c, id, micros(at))
}

// keptImages is how many pictures of an account are kept.
const keptImages = 20

// PutImage keeps a picture of an account under its name. Those before it stay,
// as an undo may want them back, but no more than keptImages.
func (t *Tx) PutImage(c muster.CommunityID, id muster.AccountID, name string, content []byte, at time.Time) error {
	err := t.exec(`INSERT INTO images (community_id, account_id, name, content, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (community_id, account_id, name) DO UPDATE SET created_at = excluded.created_at`, c, id, name, content, micros(at))
	if err != nil {
		return err
	}
	return t.exec(`DELETE FROM images WHERE community_id = $1 AND account_id = $2 AND name NOT IN (SELECT i.name FROM images i
		WHERE i.community_id = $1 AND i.account_id = $2 ORDER BY i.created_at DESC, i.name LIMIT $3)`, c, id, keptImages)
}

// HasImage reports whether an account has, or had, a picture of that name.
func (t *Tx) HasImage(c muster.CommunityID, id muster.AccountID, name string) (bool, error) {
	var n int64
	err := t.row(`SELECT COUNT(*) FROM images WHERE community_id = $1 AND account_id = $2 AND name = $3`, []any{c, id, name}, &n)
	return n > 0, err
}

// Image is a picture of an account that is living and shows it now; NotFound
// otherwise, so that no picture outlives its account.
func (t *Tx) Image(c muster.CommunityID, id muster.AccountID, name string) (content []byte, err error) {
	err = t.row(`SELECT i.content FROM images i JOIN accounts a ON a.community_id = i.community_id AND a.account_id = i.account_id
		WHERE i.community_id = $1 AND i.account_id = $2 AND i.name = $3 AND a.picture = i.name AND a.deleted_at = 0`,
		[]any{c, id, name}, &content)
	return content, notFound(err, "there is no such picture")
}
