package store

import (
	"encoding/json"
	"time"

	"github.com/muster-accounts/muster"
)

// memberContent is the sealed document of a row, as it stands in a Place.
const memberContent = "content"

// InsertLink keeps a one-time link. Of a kind, an account has a few: the newest.
func (t *Tx) InsertLink(l muster.Link, most int) error {
	content, err := t.sealedJSON(l.Community, linkSubject(l.ID), l.LinkContent)
	if err != nil {
		return err
	}
	err = t.exec(`INSERT INTO links (community_id, link_id, account_id, kind, content, expires_at, misses) VALUES ($1, $2, $3, $4, $5, $6, 0)`,
		l.Community, l.ID, l.Account, l.Kind, content, micros(l.ExpiresAt))
	if err != nil {
		return err
	}
	return t.exec(`DELETE FROM links WHERE community_id = $1 AND account_id = $2 AND kind = $3 AND link_id NOT IN (SELECT n.link_id FROM links n
		WHERE n.community_id = $1 AND n.account_id = $2 AND n.kind = $3 ORDER BY n.expires_at DESC, n.link_id LIMIT $4)`,
		l.Community, l.Account, l.Kind, most)
}

// Link is a one-time link by its id; NotFound where it is not, or no more.
func (t *Tx) Link(c muster.CommunityID, id string) (l muster.Link, err error) {
	l = muster.Link{Community: c, ID: id}
	var content string
	var expires int64
	err = t.row(`SELECT account_id, kind, content, expires_at, misses FROM links WHERE community_id = $1 AND link_id = $2`, []any{c, id},
		&l.Account, &l.Kind, &content, &expires, &l.Misses)
	if err != nil {
		return l, notFound(err, "there is no such link, or it was used")
	}
	l.ExpiresAt = fromMicros(expires)
	err = t.openedJSON(c, linkSubject(id), content, &l.LinkContent)
	return l, err
}

// MissLink counts a wrong check.
func (t *Tx) MissLink(c muster.CommunityID, id string) error {
	return t.exec(`UPDATE links SET misses = misses + 1 WHERE community_id = $1 AND link_id = $2`, c, id)
}

// DeleteLink ends a link.
func (t *Tx) DeleteLink(c muster.CommunityID, id string) error {
	return t.exec(`DELETE FROM links WHERE community_id = $1 AND link_id = $2`, c, id)
}

// DeleteLinks ends an account's links of a kind, or all where kind is empty.
func (t *Tx) DeleteLinks(c muster.CommunityID, account muster.AccountID, kind muster.LinkKind) error {
	return t.exec(`DELETE FROM links WHERE community_id = $1 AND account_id = $2 AND ($3 = '' OR kind = $3)`, c, account, string(kind))
}

// ForgetLinks removes links that are good no more.
func (t *Tx) ForgetLinks(c muster.CommunityID, now time.Time) error {
	return t.exec(`DELETE FROM links WHERE community_id = $1 AND expires_at <= $2`, c, micros(now))
}

// MFA is what is kept to check an account's one-time codes.
type MFA struct {
	Secret  string   `json:"secret"`
	Step    int64    `json:"step,omitempty"`    // of the last code that was used: none of it or before counts again
	Scratch []string `json:"scratch,omitempty"` // SHA-256 of those that are left
}

// MFA is an account's; there is none where Secret is empty. Whether codes are
// asked for, the account says.
func (t *Tx) MFA(c muster.CommunityID, id muster.AccountID) (m MFA, err error) {
	var content string
	err = t.row(`SELECT content FROM mfa WHERE community_id = $1 AND account_id = $2`, []any{c, id}, &content)
	if err != nil {
		return m, none(err)
	}
	err = t.openedJSON(c, mfaSubject(string(id)), content, &m)
	return m, err
}

// PutMFA keeps an account's.
func (t *Tx) PutMFA(c muster.CommunityID, id muster.AccountID, m MFA) error {
	content, err := t.sealedJSON(c, mfaSubject(string(id)), m)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO mfa (community_id, account_id, content) VALUES ($1, $2, $3)
		ON CONFLICT (community_id, account_id) DO UPDATE SET content = excluded.content`, c, id, content)
}

// SetMFA says whether codes are asked for; where they are not, none are kept.
func (t *Tx) SetMFA(c muster.CommunityID, id muster.AccountID, on bool) error {
	if !on {
		if err := t.exec(`DELETE FROM mfa WHERE community_id = $1 AND account_id = $2`, c, id); err != nil {
			return err
		}
	}
	return t.exec(`UPDATE accounts SET mfa = $3 WHERE community_id = $1 AND account_id = $2`, c, id, on)
}

// Entrusted is a secret that a community was entrusted with; nothing where it
// was not.
func (t *Tx) Entrusted(c muster.CommunityID, name string) (text string, err error) {
	err = t.row(`SELECT content FROM secrets WHERE community_id = $1 AND name = $2`, []any{c, name}, &text)
	if err != nil {
		return "", none(err)
	}
	return t.opened(c, secretSubject(name), memberContent, text)
}

// Entrust keeps such a secret, or forgets it where it is nothing.
func (t *Tx) Entrust(c muster.CommunityID, name, text string) error {
	if text == "" {
		return t.exec(`DELETE FROM secrets WHERE community_id = $1 AND name = $2`, c, name)
	}
	content, err := t.sealed(c, secretSubject(name), memberContent, text)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO secrets (community_id, name, content) VALUES ($1, $2, $3)
		ON CONFLICT (community_id, name) DO UPDATE SET content = excluded.content`, c, name, content)
}

func (t *Tx) sealedJSON(c muster.CommunityID, subject string, v any) (string, error) {
	text, err := encode(v)
	if err != nil {
		return "", err
	}
	return t.sealed(c, subject, memberContent, text)
}

func (t *Tx) openedJSON(c muster.CommunityID, subject, content string, v any) error {
	text, err := t.opened(c, subject, memberContent, content)
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), v)
}

// What the documents of these tables, and of mails, are sealed for.
func linkSubject(id string) string     { return "link " + id }
func mfaSubject(account string) string { return account + " mfa" }
func secretSubject(name string) string { return "secret " + name }
func mailSubject(id string) string     { return "mail " + id }
