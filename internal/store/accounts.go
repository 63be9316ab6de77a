package store

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/muster-accounts/muster"
)

// Find is the id of the living account that a handle points at.
func (t *Tx) Find(c muster.CommunityID, h muster.Handle) (id muster.AccountID, found bool, err error) {
	if h.By == muster.ByIdentity {
		return t.findIdentity(c, h)
	}
	return t.find(c, h, `deleted_at = 0`)
}

// FindDeleted is the id of the account that a handle pointed at, of several
// the one that was deleted last. Identities point at the living only.
func (t *Tx) FindDeleted(c muster.CommunityID, h muster.Handle) (id muster.AccountID, found bool, err error) {
	if h.By == muster.ByIdentity {
		return "", false, nil
	}
	return t.find(c, h, `deleted_at <> 0 ORDER BY deleted_at DESC`)
}

func (t *Tx) find(c muster.CommunityID, h muster.Handle, which string) (id muster.AccountID, found bool, err error) {
	if h.Value == "" || !keepable(h.Value) {
		return "", false, nil
	}
	var query string
	var arg any
	switch h.By {
	case muster.ByID:
		query, arg = `account_id = $2`, strings.ToLower(h.Value)
	case muster.ByNumber:
		n, err := strconv.ParseInt(h.Value, 10, 64)
		if err != nil {
			return "", false, nil //nolint:nilerr // what is no number resolves to nobody
		}
		query, arg = `number = $2`, n
	case muster.ByUsername:
		query, arg = `username_fold = $2`, fold(h.Value)
	case muster.ByEmail:
		return t.findEmail(c, h.Value, which)
	default:
		return "", false, fmt.Errorf("unknown kind of handle %q", h.By)
	}
	err = t.row(`SELECT account_id FROM accounts WHERE community_id = $1 AND `+query+` AND `+which, []any{c, arg}, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return id, err == nil, err
}

// findEmail looks for an address under each key that it may be kept under, the
// newest first: there is one, but while a secret is replaced.
func (t *Tx) findEmail(c muster.CommunityID, email, which string) (id muster.AccountID, found bool, err error) {
	folds, err := t.emailFolds(c, email)
	for _, f := range folds {
		err = t.row(`SELECT account_id FROM accounts WHERE community_id = $1 AND email_fold = $2 AND email_fold <> '' AND `+which, []any{c, f}, &id)
		if !errors.Is(err, sql.ErrNoRows) {
			return id, err == nil, err
		}
	}
	return "", false, none(err)
}

func (t *Tx) findIdentity(c muster.CommunityID, h muster.Handle) (id muster.AccountID, found bool, err error) {
	if !keepable(h.Provider) || !keepable(h.Value) {
		return "", false, nil
	}
	err = t.row(`SELECT account_id FROM identities WHERE community_id = $1 AND provider = $2 AND value = $3 AND finds`,
		[]any{c, strings.ToLower(h.Provider), h.Value}, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return id, err == nil, err
}

const accountColumns = `account_id, number, custom_number, username, email, name, bio, language, field_values,
	joined, active, archived, ban, sign_in, joined_at, last_login, created_at, updated_at, deleted_at, rev, picture, level, mfa, erased_at`

func (t *Tx) scanAccount(c muster.CommunityID, scan func(...any) error) (a muster.Account, err error) {
	a.Community = c
	var p personal
	var joined, login, created, updated, deleted, erased int64
	s := &a.Standing
	err = scan(&a.ID, &a.Number, &a.CustomNumber, &a.Username, &p.email, &a.Name, &p.bio, &a.Language, &p.values,
		&s.Joined, &s.Active, &s.Archived, &p.ban, &s.SignIn, &joined, &login, &created, &updated, &deleted, &a.Rev, &a.Picture, &s.Level,
		&a.MFA, &erased)
	if err == nil {
		err = t.open(c, a.ID, &p)
	}
	if err != nil {
		return a, err
	}
	a.Email, a.Bio = p.email, p.bio
	a.JoinedAt, a.LastLogin, a.CreatedAt = fromMicros(joined), fromMicros(login), fromMicros(created)
	a.UpdatedAt, a.DeletedAt, a.ErasedAt = fromMicros(updated), fromMicros(deleted), fromMicros(erased)
	if err := json.Unmarshal([]byte(cmp.Or(p.values, empty)), &a.Values); err != nil {
		return a, fmt.Errorf("values of account %s: %w", a.ID, err)
	}
	if p.ban != "" {
		err = json.Unmarshal([]byte(p.ban), &s.Ban)
	}
	return a, err
}

// Account is a whole account by its id, a deleted one as well.
func (t *Tx) Account(c muster.CommunityID, id muster.AccountID) (muster.Account, error) {
	if !keepable(string(id)) {
		return muster.Account{}, muster.Errorf(muster.NotFound, "", "there is no such account")
	}
	list, err := t.accounts(c, `account_id = $2`, id)
	if err != nil {
		return muster.Account{}, err
	}
	if len(list) == 0 {
		return muster.Account{}, muster.Errorf(muster.NotFound, "", "there is no account %s", id)
	}
	return list[0], nil
}

// Accounts lists living accounts by number, beginning after a number.
func (t *Tx) Accounts(c muster.CommunityID, after int64, limit int) ([]muster.Account, error) {
	return t.accounts(c, `deleted_at = 0 AND number > $2 ORDER BY number LIMIT $3`, after, limit)
}

func (t *Tx) accounts(c muster.CommunityID, where string, args ...any) (list []muster.Account, err error) {
	err = t.rows(`SELECT `+accountColumns+` FROM accounts WHERE community_id = $1 AND `+where, append([]any{c}, args...),
		func(scan func(...any) error) error {
			a, err := t.scanAccount(c, scan)
			list = append(list, a)
			return err
		})
	for i := range list {
		if err == nil {
			err = t.loadParts(&list[i])
		}
	}
	return list, err
}

// InsertAccount adds a whole account. Uniqueness that the caller did not check
// comes back as a Conflict.
func (t *Tx) InsertAccount(a muster.Account) error {
	p, err := t.personalOf(a)
	if err != nil {
		return err
	}
	err = t.exec(`INSERT INTO accounts (community_id, account_id, number, custom_number, username, username_fold, email, email_fold,
		name, bio, language, field_values, joined, active, archived, ban, sign_in,
		joined_at, last_login, created_at, updated_at, deleted_at, rev, banned_until, picture, level, name_fold)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)`,
		a.Community, a.ID, a.Number, a.CustomNumber, a.Username, fold(a.Username), p.email, p.emailFold,
		a.Name, p.bio, a.Language, p.values, a.Standing.Joined, a.Standing.Active, a.Standing.Archived, p.ban, a.Standing.SignIn,
		micros(a.JoinedAt), micros(a.LastLogin), micros(a.CreatedAt), micros(a.UpdatedAt), micros(a.DeletedAt), a.Rev, bannedUntil(a),
		a.Picture, int64(a.Standing.Level), fold(a.Name))
	if err != nil {
		return t.taken(err, "", "another account has this id, number, username or e-mail address")
	}
	if !a.CustomNumber {
		err := t.exec(`UPDATE communities SET next_number = $2 WHERE community_id = $1 AND next_number < $2`, a.Community, a.Number+1)
		if err != nil {
			return err
		}
	}
	for _, row := range a.Clock {
		if err := t.InsertClock(a.Community, a.ID, row); err != nil {
			return err
		}
	}
	return t.writeParts(muster.Account{Community: a.Community, ID: a.ID}, a)
}

// UpdateAccount writes in what after differs from before, with after's Rev.
// The row must still have before's: another writer's work is never lost.
func (t *Tx) UpdateAccount(before, after muster.Account) error {
	p, err := t.personalOf(after)
	if err != nil {
		return err
	}
	var rev int64
	err = t.row(`UPDATE accounts SET name = $3, bio = $4, language = $5, field_values = $6,
		ban = $7, sign_in = $8, joined_at = $9, last_login = $10, created_at = $11, updated_at = $12, rev = $13, picture = $15, level = $16
		WHERE community_id = $1 AND account_id = $2 AND rev = $14 RETURNING rev`,
		[]any{after.Community, after.ID, after.Name, p.bio, after.Language, p.values, p.ban, after.Standing.SignIn,
			micros(after.JoinedAt), micros(after.LastLogin), micros(after.CreatedAt), micros(after.UpdatedAt), after.Rev, before.Rev,
			after.Picture, int64(after.Standing.Level)}, &rev)
	if errors.Is(err, sql.ErrNoRows) {
		return t.fail(errors.Join(errCrossed, fmt.Errorf("account %s has changed since it was read", after.ID)))
	}
	if err == nil && sought(before) != sought(after) { // to set these costs writing their indexes, even to what they are
		err = t.exec(`UPDATE accounts SET number = $3, custom_number = $4, username = $5, username_fold = $6, email = $7, email_fold = $8,
			deleted_at = $9, joined = $10, active = $11, archived = $12, banned_until = $13, name_fold = $14
			WHERE community_id = $1 AND account_id = $2`,
			after.Community, after.ID, after.Number, after.CustomNumber, after.Username, fold(after.Username), p.email, p.emailFold,
			micros(after.DeletedAt), after.Standing.Joined, after.Standing.Active, after.Standing.Archived, bannedUntil(after), fold(after.Name))
	}
	if err != nil {
		return t.taken(err, "", "another account has this number, username or e-mail address")
	}
	return t.writeParts(before, after)
}

// indexed are the members by which rows of accounts are sought.
type indexed struct {
	number                   int64
	custom                   bool
	username, email, name    string
	deleted                  int64
	joined, active, archived bool
	bannedUntil              int64
}

func sought(a muster.Account) indexed {
	s := a.Standing
	return indexed{a.Number, a.CustomNumber, a.Username, a.Email, a.Name, micros(a.DeletedAt), s.Joined, s.Active, s.Archived, bannedUntil(a)}
}

// bannedUntil is a ban's end as rows are sought by it: 0 for no ban, the
// greatest number for one that does not end.
func bannedUntil(a muster.Account) int64 {
	switch ban := a.Standing.Ban; {
	case ban == nil:
		return 0
	case ban.Until.IsZero():
		return math.MaxInt64
	default:
		return micros(ban.Until)
	}
}
