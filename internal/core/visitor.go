package core

import (
	"context"
	"net/url"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// Visitor is somebody who has no credential yet, and how they came.
type Visitor struct {
	Community string // short id or UUID; empty: the only one that serves Dialect
	Dialect   string
	RequestID string
	DryRun    string // see Credential
}

// writeFor is write for a visitor.
func (c *Core) writeFor(ctx context.Context, community muster.Community, v Visitor, fn func(*store.Tx) error) error {
	dryRun, err := dry(v.DryRun)
	if err != nil {
		return err
	}
	return c.write(ctx, muster.Caller{Community: community.ID, DryRun: dryRun}, fn)
}

// deedsFor is the caller of what is done for an account in its own name,
// where a mail that only its owner reads, or the rules themselves, give the
// right to it: history names the account, and nobody else's rights count.
func deedsFor(community muster.Community, v Visitor, account muster.AccountID) muster.Caller {
	caller := callerIn(community, v.Dialect, v.RequestID)
	caller.Level, caller.RankPower, caller.For = muster.LevelAdmin, muster.AnyRankPower, account
	return caller
}

// ownDeeds is deedsFor of somebody who has signed in, or come with a key, and
// does with the own account what needs no right but that it is theirs.
func ownDeeds(caller muster.Caller) muster.Caller {
	own := caller
	own.Level, own.RankPower, own.Areas, own.Account = muster.LevelAdmin, muster.AnyRankPower, nil, ""
	own.For = caller.Account
	return own
}

// settled is the community of a visitor and, where a mail is to be sent, the
// proof that its links lead somewhere.
func (c *Core) settled(ctx context.Context, v Visitor) (muster.Community, error) {
	community, err := c.entered(ctx, v.Community, v.Dialect)
	if err == nil && community.Settings.FrontEnd == "" {
		err = errNoFrontEnd
	}
	return community, err
}

// Enter is the community that a visitor means. Its name, settings and switches
// are no secret.
func (c *Core) Enter(ctx context.Context, v Visitor) (muster.Community, error) {
	return c.entered(ctx, v.Community, v.Dialect)
}

// PublicProfile is an account as everybody may see it: Forbidden where the
// community shows none to strangers.
func (c *Core) PublicProfile(ctx context.Context, v Visitor, ref muster.Ref) (View, error) {
	community, err := c.entered(ctx, v.Community, v.Dialect)
	if err != nil {
		return View{}, err
	}
	if !community.Settings.PublicProfiles {
		return View{}, muster.Errorf(muster.Forbidden, "", "this community shows profiles to nobody but its members")
	}
	caller := callerIn(community, v.Dialect, v.RequestID)
	caller.Level = muster.LevelReadOne
	view, err := c.Account(ctx, caller, ref)
	if err == nil && !view.MaySignIn() { // also of who has not confirmed it yet
		err = muster.Errorf(muster.NotFound, "ref", "no account answers to this reference")
	}
	return view, err
}

// errNoFrontEnd is for those who run the server as much as for who asked.
var errNoFrontEnd = muster.Errorf(muster.Unavailable, "front_end", "this community has not said where the links of its mails lead (muster community set --front-end URL)")

// LinkForm says what a link looks like that is mailed.
type LinkForm struct {
	Digits bool                    // the check is four digits, as people type them; else 16 hexadecimal ones
	Path   func(l LinkPath) string // where on the front end it leads, from the slash on
}

// LinkPath is what the address of a link is made of.
type LinkPath struct {
	Kind      muster.LinkKind
	ID, Check string
	Language  string
}

// address is where a link leads.
func (f LinkForm) address(frontEnd string, l LinkPath) (string, error) {
	base, err := url.Parse(frontEnd)
	if err != nil {
		return "", err
	}
	return base.JoinPath(f.Path(l)).String(), nil
}

// ForgetExpired removes what is good no more: links, and mails that were sent
// long ago. It is called now and then.
func (c *Core) ForgetExpired(ctx context.Context) error {
	list, err := c.Communities(ctx)
	for _, community := range list {
		if err == nil {
			err = c.store.WriteIn(ctx, community.ID, func(t *store.Tx) error {
				if err := t.ForgetLinks(community.ID, c.time()); err != nil {
					return err
				}
				return t.ForgetMails(community.ID, c.time().Add(-keepMails))
			})
		}
	}
	return err
}
