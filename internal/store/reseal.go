package store

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/seal"
)

// resealRows is how many rows one transaction seals anew: few enough that
// nobody waits long.
const resealRows = "200"

// instanceSealed is the name under which the database knows with which secret
// all of it is sealed.
const instanceSealed = "sealed"

// Reseal seals with the newest key of the ring what is not: rows that are as
// old as another secret, or older than sealing. fingerprint stands for the
// newest secret; once all is sealed with it, nothing is looked at again.
// Other processes may read and write meanwhile, if their ring has both.
func (s *Store) Reseal(ctx context.Context, fingerprint string) error {
	var done string
	var communities []muster.Community
	err := s.Read(ctx, func(t *Tx) (err error) {
		if done, err = t.Bound(instanceSealed); err == nil && done != fingerprint {
			communities, err = t.Communities()
		}
		return err
	})
	if err != nil || done == fingerprint {
		return err
	}
	for _, community := range communities {
		for _, batch := range []func(*Tx, muster.CommunityID, row) (row, bool, error){
			(*Tx).resealAccounts, (*Tx).resealChanges, (*Tx).resealLinks, (*Tx).resealMFA, (*Tx).resealSecrets, (*Tx).resealMails,
			(*Tx).resealWebhooks,
		} {
			last, more := row{}, true
			for more && err == nil {
				err = s.WriteIn(ctx, community.ID, func(t *Tx) (err error) {
					last, more, err = batch(t, community.ID, last)
					return errors.Join(err, ctx.Err())
				})
			}
		}
	}
	if err != nil {
		return err
	}
	return s.Write(ctx, func(t *Tx) error { return t.RebindInstance(instanceSealed, fingerprint) })
}

// row is the last one that was looked at, by the key of its table.
type row struct {
	id     string
	number int64
}

// resealed is a text as it is to be kept. One that is not sealed at all is of
// a time before sealing, and so is what only looks as if it were, as long as
// not all has been sealed once.
func (t *Tx) resealed(c muster.CommunityID, subject, member, text string) (string, error) {
	ring := t.store.ring.Load()
	if text == "" || ring == nil || ring.Newest(text) {
		return text, nil
	}
	plain, err := t.opened(c, subject, member, text)
	if err != nil {
		if seal.IsSealed(text) {
			return "", err
		}
		plain = text
	}
	return t.sealed(c, subject, member, plain)
}

// resealContents does so for rows of one sealed document: list gives an id and
// the document, subject is what it is sealed for.
func (t *Tx) resealContents(c muster.CommunityID, last row, list, update string, subject func(id string) string) (row, bool, error) {
	contents := map[string]string{}
	err := t.rows(list, []any{c, last.id}, func(scan func(...any) error) error {
		var id, content string
		err := scan(&id, &content)
		contents[id] = content
		last.id = max(last.id, id)
		return err
	})
	for id, was := range contents {
		var content string
		if err == nil {
			content, err = t.resealed(c, subject(id), memberContent, was)
		}
		if err == nil && content != was {
			err = t.exec(update, c, id, content)
		}
	}
	return last, len(contents) > 0, err
}

func (t *Tx) resealLinks(c muster.CommunityID, last row) (row, bool, error) {
	return t.resealContents(c, last,
		`SELECT link_id, content FROM links WHERE community_id = $1 AND link_id > $2 ORDER BY link_id LIMIT `+resealRows,
		`UPDATE links SET content = $3 WHERE community_id = $1 AND link_id = $2`, linkSubject)
}

func (t *Tx) resealMFA(c muster.CommunityID, last row) (row, bool, error) {
	return t.resealContents(c, last,
		`SELECT account_id, content FROM mfa WHERE community_id = $1 AND account_id > $2 ORDER BY account_id LIMIT `+resealRows,
		`UPDATE mfa SET content = $3 WHERE community_id = $1 AND account_id = $2`, mfaSubject)
}

func (t *Tx) resealSecrets(c muster.CommunityID, last row) (row, bool, error) {
	return t.resealContents(c, last,
		`SELECT name, content FROM secrets WHERE community_id = $1 AND name > $2 ORDER BY name LIMIT `+resealRows,
		`UPDATE secrets SET content = $3 WHERE community_id = $1 AND name = $2`, secretSubject)
}

// resealMails leaves the folds of addresses as they are: all keys' are looked
// for, and mails do not stay.
func (t *Tx) resealMails(c muster.CommunityID, last row) (row, bool, error) {
	return t.resealContents(c, last,
		`SELECT mail_id, content FROM mails WHERE community_id = $1 AND mail_id > $2 ORDER BY mail_id LIMIT `+resealRows,
		`UPDATE mails SET content = $3 WHERE community_id = $1 AND mail_id = $2`, mailSubject)
}

func (t *Tx) resealAccounts(c muster.CommunityID, last row) (row, bool, error) {
	type account struct {
		id   muster.AccountID
		kept personal
	}
	var list []account
	err := t.rows(`SELECT account_id, email, email_fold, bio, field_values, ban FROM accounts
		WHERE community_id = $1 AND account_id > $2 ORDER BY account_id LIMIT `+resealRows, []any{c, last.id},
		func(scan func(...any) error) error {
			var a account
			err := scan(&a.id, &a.kept.email, &a.kept.emailFold, &a.kept.bio, &a.kept.values, &a.kept.ban)
			list = append(list, a)
			return err
		})
	for _, a := range list {
		was := a.kept
		if err == nil {
			err = t.eachMember(&a.kept, func(member string, text *string) (err error) {
				*text, err = t.resealed(c, string(a.id), member, *text)
				return err
			})
		}
		if err == nil && a.kept != was {
			err = t.keepResealed(c, a.id, a.kept)
		}
		last.id = string(a.id)
	}
	return last, len(list) > 0, err
}

func (t *Tx) keepResealed(c muster.CommunityID, id muster.AccountID, p personal) error {
	email, err := t.opened(c, string(id), memberEmail, p.email)
	if err == nil {
		p.emailFold, err = t.emailFold(c, email)
	}
	if err != nil {
		return err
	}
	values, err := t.opened(c, string(id), memberValues, p.values)
	if err != nil {
		return err
	}
	var kept muster.Values
	if values != "" {
		if err := json.Unmarshal([]byte(values), &kept); err != nil {
			return err
		}
	}
	if err := t.refoldAwaited(c, id, kept); err != nil {
		return err
	}
	return t.exec(`UPDATE accounts SET email = $3, email_fold = $4, bio = $5, field_values = $6, ban = $7
		WHERE community_id = $1 AND account_id = $2`, c, id, p.email, p.emailFold, p.bio, p.values, p.ban)
}

func (t *Tx) resealChanges(c muster.CommunityID, last row) (row, bool, error) {
	type change struct {
		seq                  int64
		about, before, after string
	}
	var list []change
	err := t.rows(`SELECT seq, account_id, subject, before, after FROM changes
		WHERE community_id = $1 AND seq > $2 ORDER BY seq LIMIT `+resealRows, []any{c, last.number},
		func(scan func(...any) error) error {
			var ch change
			var account muster.AccountID
			err := scan(&ch.seq, &account, &ch.about, &ch.before, &ch.after)
			ch.about = changeSubject(account, ch.about)
			list = append(list, ch)
			return err
		})
	for _, ch := range list {
		last.number = ch.seq
		before, after := ch.before, ch.after
		if err == nil && before != empty {
			before, err = t.resealed(c, ch.about, memberBefore, before)
		}
		if err == nil && after != empty {
			after, err = t.resealed(c, ch.about, memberAfter, after)
		}
		if err == nil && (before != ch.before || after != ch.after) {
			err = t.exec(`UPDATE changes SET before = $3, after = $4 WHERE community_id = $1 AND seq = $2`, c, ch.seq, before, after)
		}
	}
	return last, len(list) > 0, err
}
