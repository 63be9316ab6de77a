package core

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"

	"github.com/google/uuid"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// linksFor is how many links of a kind an account has at a time: the newest.
// Mails may come out of order, and people ask again.
const linksFor = 5

// mailLink makes a one-time link for an account and mails it to an address.
func (c *Core) mailLink(t *store.Tx, community muster.Community, a muster.Account, kind muster.LinkKind, about muster.MailKind, to string, form LinkForm) error {
	l := muster.Link{Community: community.ID, ID: newID(), Account: a.ID, Kind: kind}
	l.Check = newCheck(form.Digits && kind != muster.LinkEmail)
	life := muster.LinkLife
	if kind == muster.LinkSignIn || kind == muster.LinkReset {
		life = muster.SignInLife
	}
	if kind == muster.LinkEmail {
		l.Email = to
	}
	l.ExpiresAt = c.time().Add(life)
	address, err := form.address(community.Settings.FrontEnd, LinkPath{kind, l.ID, l.Check, a.Language})
	if err != nil {
		return err
	}
	if err := t.InsertLink(l, linksFor); err != nil {
		return err
	}
	content := muster.MailContent{To: to, Language: a.Language, Link: address, Life: life}
	if a.Standing.SignIn == muster.SignInActive && kind != muster.LinkEmail { // else nobody has proven the address
		content.Name = a.Username
	}
	return c.queueMail(t, community.ID, a.ID, about, content)
}

// newCheck is what proves, with a link's id, that its mail was read.
func newCheck(digits bool) string {
	if !digits {
		b := make([]byte, 8)
		_, _ = rand.Read(b) // it never fails
		return hex.EncodeToString(b)
	}
	n, err := rand.Int(rand.Reader, big.NewInt(10_000))
	if err != nil {
		panic(err) // it never fails either
	}
	return fmt.Sprintf("%04d", n)
}

// LinkUse is a link that somebody brings.
type LinkUse struct {
	Visitor
	ID    string
	Check muster.Opt[string] // absent where a client brings the id alone, which nobody can guess either
}

// miss is a refusal that counts against the link.
type miss struct{ error }

func (m miss) Unwrap() error { return m.error }

var errCheck = muster.Errorf(muster.Invalid, "check", "is wrong")

// goodLink is a link of a kind that is there and good, and the account that it
// is of.
func (c *Core) goodLink(t *store.Tx, id muster.CommunityID, use LinkUse, kind muster.LinkKind) (l muster.Link, a muster.Account, err error) {
	gone := muster.Errorf(muster.NotFound, "id", "there is no such link, or it was used, or is too old")
	if _, err := uuid.Parse(use.ID); err != nil {
		return l, a, gone
	}
	l, err = t.Link(id, use.ID)
	if muster.CodeOf(err) == muster.NotFound || err == nil && (kind != "" && l.Kind != kind || !l.Live(c.now())) {
		return l, a, gone
	}
	if err != nil {
		return l, a, err
	}
	if a, err = t.Account(id, l.Account); err != nil || !a.DeletedAt.IsZero() {
		return l, a, errors.Join(gone, err)
	}
	if use.Check.Set && subtle.ConstantTimeCompare([]byte(use.Check.Value), []byte(l.Check)) != 1 {
		return l, a, miss{errCheck}
	}
	return l, a, nil
}

// LinkGood tells whether a link would do something. A wrong check counts.
func (c *Core) LinkGood(ctx context.Context, use LinkUse) error {
	community, err := c.entered(ctx, use.Community, use.Dialect)
	if err != nil {
		return err
	}
	return c.withLink(ctx, community, use, "", func(*store.Tx, muster.Link, muster.Account) (bool, error) { return false, nil })
}

// withLink runs fn with a good link, in one transaction; the link is used up
// where fn says so. Where the check, or what fn was given with it, is wrong
// that is counted, whatever else is not done.
func (c *Core) withLink(ctx context.Context, community muster.Community, use LinkUse, kind muster.LinkKind,
	fn func(*store.Tx, muster.Link, muster.Account) (used bool, err error),
) error {
	var refused error
	write := c.write
	if kind == muster.LinkSignIn || kind == "" { // which change nothing of the community's
		write = c.writeAnyhow
	}
	dryRun, err := dry(use.DryRun)
	if err != nil {
		return err
	}
	err = write(ctx, muster.Caller{Community: community.ID, DryRun: dryRun}, func(t *store.Tx) error {
		refused = nil
		l, a, err := c.goodLink(t, community.ID, use, kind)
		used := false
		if err == nil {
			used, err = fn(t, l, a)
		}
		if m, ok := errors.AsType[miss](err); ok {
			refused = m.error
			return t.MissLink(community.ID, use.ID)
		}
		if err != nil || !used {
			return err
		}
		return t.DeleteLink(community.ID, use.ID)
	})
	return errors.Join(err, refused)
}
