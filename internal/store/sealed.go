package store

import (
	"errors"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/seal"
)

// What is personal is sealed before it reaches an engine, and opened behind
// it: an account's e-mail address, bio, values and ban, what history says of
// accounts, names of keys, and all that is kept to sign in or to be mailed.
// Names and identities are not: accounts are found and listed by them.

// Unseal gives the store the ring that it seals with. Until then it can keep
// and read nothing that is personal.
func (s *Store) Unseal(r *seal.Ring) { s.ring.Store(r) }

// errSealed is a mistake of the program: it uses accounts before Unseal.
var errSealed = errors.New("the store was not given the server's secret")

// The members that are sealed, as they stand in a Place.
const (
	memberEmail  = "email"
	memberBio    = "bio"
	memberValues = "values"
	memberBan    = "ban"
	memberBefore = "before"
	memberAfter  = "after"
)

// sealed is a text as it is kept; nothing stays nothing, which tells that
// there is none.
func (t *Tx) sealed(c muster.CommunityID, subject, member, text string) (string, error) {
	ring := t.store.ring.Load()
	switch {
	case text == "":
		return "", nil
	case ring == nil:
		return "", errSealed
	}
	return ring.Seal(seal.Place{Community: c, Subject: subject, Member: member}, text)
}

// opened gives back what sealed made.
func (t *Tx) opened(c muster.CommunityID, subject, member, text string) (string, error) {
	ring := t.store.ring.Load()
	switch {
	case text == "":
		return "", nil
	case ring == nil:
		return "", errSealed
	}
	return ring.Open(seal.Place{Community: c, Subject: subject, Member: member}, text)
}

// emailFold is what a sealed e-mail address is found by, and unique by.
func (t *Tx) emailFold(c muster.CommunityID, email string) (string, error) {
	folds, err := t.emailFolds(c, email)
	if err != nil || len(folds) == 0 {
		return "", err
	}
	return folds[0], nil
}

// emailFolds are what an address may be kept under: while one secret takes the
// place of another, rows of both are there.
func (t *Tx) emailFolds(c muster.CommunityID, email string) ([]string, error) {
	ring := t.store.ring.Load()
	switch {
	case email == "":
		return nil, nil
	case ring == nil:
		return nil, errSealed
	}
	return ring.Folds(seal.Place{Community: c, Member: memberEmail}, fold(email)), nil
}

// personal are an account's members that are sealed, as they are kept.
type personal struct{ email, emailFold, bio, values, ban string }

// personalOf are those of an account; nothing where it was erased.
func (t *Tx) personalOf(a muster.Account) (p personal, err error) {
	if !a.ErasedAt.IsZero() {
		return p, nil
	}
	if p.values, err = encode(a.Values); err != nil {
		return p, err
	}
	if a.Standing.Ban != nil {
		if p.ban, err = encode(a.Standing.Ban); err != nil {
			return p, err
		}
	}
	p.email, p.bio = a.Email, a.Bio
	if err := t.eachMember(&p, func(member string, text *string) (err error) {
		*text, err = t.sealed(a.Community, string(a.ID), member, *text)
		return err
	}); err != nil {
		return p, err
	}
	p.emailFold, err = t.emailFold(a.Community, a.Email)
	return p, err
}

// open opens the members of an account's row.
func (t *Tx) open(c muster.CommunityID, id muster.AccountID, p *personal) error {
	return t.eachMember(p, func(member string, text *string) (err error) {
		*text, err = t.opened(c, string(id), member, *text)
		return err
	})
}

func (t *Tx) eachMember(p *personal, do func(member string, text *string) error) error {
	for _, m := range []struct {
		member string
		text   *string
	}{{memberEmail, &p.email}, {memberBio, &p.bio}, {memberValues, &p.values}, {memberBan, &p.ban}} {
		if err := do(m.member, m.text); err != nil {
			return err
		}
	}
	return nil
}

// empty is a document that says nothing, and so is kept as it is.
const empty = "{}"

// sealedDocument is sealed for documents of which most are empty.
func (t *Tx) sealedDocument(c muster.CommunityID, subject, member, text string) (string, error) {
	if text == empty {
		return text, nil
	}
	return t.sealed(c, subject, member, text)
}

func (t *Tx) openedDocument(c muster.CommunityID, subject, member, text string) (string, error) {
	if text == empty {
		return text, nil
	}
	return t.opened(c, subject, member, text)
}

// changeSubject is the row that a change's members are sealed for: of the
// account, or of what else it is about.
func changeSubject(account muster.AccountID, subject string) string {
	return strings.TrimSpace(string(account) + " " + subject)
}
