package store

import (
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/seal"
)

// dueMails is how many mails are looked at at a time; a literal, as dueRows.
const dueMails = "32"

const mailColumns = `mail_id, account_id, kind, content, created_at, attempts, next_at, sent_at, given_up_at, last_error`

// InsertMail adds a mail, due at once.
func (t *Tx) InsertMail(m muster.Mail) error {
	content, err := t.sealedJSON(m.Community, mailSubject(m.ID), m.MailContent)
	if err != nil {
		return err
	}
	folds, err := t.addressFolds(m.Community, m.To)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO mails (community_id, address_fold, `+mailColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $7, 0, 0, '')`,
		m.Community, folds[0], m.ID, m.Account, m.Kind, content, micros(m.CreatedAt))
}

// addressFolds are what mails to an address may be found by.
func (t *Tx) addressFolds(c muster.CommunityID, to string) ([]string, error) {
	ring := t.store.ring.Load()
	if ring == nil {
		return nil, errSealed
	}
	return ring.Folds(seal.Place{Community: c, Member: "mail to"}, fold(to)), nil
}

func (t *Tx) mailsWhere(c muster.CommunityID, where string, args ...any) (list []muster.Mail, err error) {
	err = t.rows(`SELECT `+mailColumns+` FROM mails WHERE community_id = $1 AND `+where, append([]any{c}, args...),
		func(scan func(...any) error) error {
			m := muster.Mail{Community: c}
			var content string
			var created, next, sent, givenUp int64
			err := scan(&m.ID, &m.Account, &m.Kind, &content, &created, &m.Attempts, &next, &sent, &givenUp, &m.LastError)
			if err == nil && content != "" {
				err = t.openedJSON(c, mailSubject(m.ID), content, &m.MailContent)
			}
			m.CreatedAt, m.Next, m.SentAt, m.GivenUp = fromMicros(created), fromMicros(next), fromMicros(sent), fromMicros(givenUp)
			list = append(list, m)
			return err
		})
	return list, err
}

// DueMails lists mails that are to be tried now, those that have been due for
// longest first.
func (t *Tx) DueMails(c muster.CommunityID, now time.Time) ([]muster.Mail, error) {
	return t.mailsWhere(c, `next_at > 0 AND next_at <= $2 ORDER BY next_at, mail_id LIMIT `+dueMails, micros(now))
}

// Mails lists mails that wait, or were given up, the latest first.
func (t *Tx) Mails(c muster.CommunityID, limit int) ([]muster.Mail, error) {
	return t.mailsWhere(c, `sent_at = 0 AND content <> '' ORDER BY created_at DESC, mail_id LIMIT $2`, limit)
}

// LastMail is the latest mail to an address, sent or not; ok is false where
// there is none.
func (t *Tx) LastMail(c muster.CommunityID, to string) (m muster.Mail, ok bool, err error) {
	folds, err := t.addressFolds(c, to)
	for _, f := range folds {
		if err != nil {
			break
		}
		var list []muster.Mail
		list, err = t.mailsWhere(c, `address_fold = $2 AND content <> '' ORDER BY created_at DESC, mail_id LIMIT 1`, f)
		if len(list) > 0 {
			return list[0], true, err
		}
	}
	return m, false, err
}

// UpdateMail writes how a mail stands after an attempt.
func (t *Tx) UpdateMail(m muster.Mail) error {
	return t.exec(`UPDATE mails SET attempts = $3, next_at = $4, sent_at = $5, given_up_at = $6, last_error = $7
		WHERE community_id = $1 AND mail_id = $2`,
		m.Community, m.ID, m.Attempts, micros(m.Next), micros(m.SentAt), micros(m.GivenUp), m.LastError)
}

// DeleteMail removes a mail.
func (t *Tx) DeleteMail(c muster.CommunityID, id string) error {
	return t.exec(`DELETE FROM mails WHERE community_id = $1 AND mail_id = $2`, c, id)
}

// BlankMails takes all that they say from an account's mails: what is left of
// each tells that it is to be forgotten wherever it was sent to.
func (t *Tx) BlankMails(c muster.CommunityID, account muster.AccountID, now time.Time) error {
	return t.exec(`UPDATE mails SET content = '', address_fold = '', last_error = '', next_at = $3 WHERE community_id = $1 AND account_id = $2`,
		c, account, micros(now))
}

// ForgetMails removes mails that were sent or given up before a time.
func (t *Tx) ForgetMails(c muster.CommunityID, before time.Time) error {
	return t.exec(`DELETE FROM mails WHERE community_id = $1 AND created_at < $2 AND next_at = 0`, c, micros(before))
}
