package core

import (
	"context"
	"strconv"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// SignUp is somebody who wants an account.
type SignUp struct {
	Visitor
	Edit muster.Edit // the e-mail address at least; a username is made where it brings none
	Form LinkForm
}

// SignUp makes an account that nobody can sign in to before a mail to its
// address was read and answered (ConfirmSignUp). Whoever has an account with
// that address is mailed a link to sign in to it, or to confirm it where that
// was not done; known tells that, for dialects whose clients expect to be
// told. It fails with Forbidden where the community takes no sign-ups.
func (c *Core) SignUp(ctx context.Context, in SignUp) (known bool, err error) {
	community, err := c.entered(ctx, in.Community, in.Dialect)
	if err != nil {
		return false, err
	}
	email := strings.TrimSpace(in.Edit.Email.Value)
	switch {
	case !community.Settings.SignUp:
		return false, muster.Errorf(muster.Forbidden, "sign_up", "this community takes no sign-ups")
	case email == "":
		return false, muster.Errorf(muster.Invalid, "email", "is required")
	case community.Settings.FrontEnd == "":
		return false, errNoFrontEnd
	}
	in.Edit.Email = muster.Some(email)
	err = c.writeFor(ctx, community, in.Visitor, func(t *store.Tx) error {
		known = false
		id, found, err := t.Find(community.ID, muster.Handle{By: muster.ByEmail, Value: email})
		if err != nil {
			return err
		}
		if !found {
			return c.signUp(t, community, in)
		}
		a, err := t.Account(community.ID, id)
		if err != nil {
			return err
		}
		known = a.Standing.SignIn != muster.SignInInactive
		return c.mailWayIn(t, community, a, muster.MailSignUpKnown, in.Form)
	})
	return known, err
}

func (c *Core) signUp(t *store.Tx, community muster.Community, in SignUp) error {
	number, err := t.NextNumber(community.ID)
	if err != nil {
		return err
	}
	n := NewAccount{Number: number, Edit: in.Edit}
	if !n.Edit.Username.Set {
		n.Edit.Username = muster.Some("user-" + strconv.FormatInt(number, 10))
		if _, taken, err := t.Find(community.ID, muster.RefUsername(n.Edit.Username.Value)[0]); err != nil || taken {
			n.Edit.Username = muster.Some("user-" + newID())
		}
	}
	v, _, err := c.create(t, deedsFor(community, in.Visitor, ""), n, "")
	if err != nil {
		return err
	}
	return c.mailLink(t, community, v.Account, muster.LinkSignUp, muster.MailSignUp, v.Email, in.Form)
}

// mailWayIn mails an account the link that it needs next: to confirm its
// address or, where that was done, to sign in, for the reason given. Who is
// kept from signing in is told nothing.
func (c *Core) mailWayIn(t *store.Tx, community muster.Community, a muster.Account, why muster.MailKind, form LinkForm) error {
	a = a.At(c.now(), muster.Rules{})
	switch {
	case a.Email == "" || a.Standing.Dead():
		return nil
	case a.Standing.SignIn == muster.SignInInactive:
		return c.mailLink(t, community, a, muster.LinkSignUp, muster.MailSignUp, a.Email, form)
	case why == muster.MailPasswordReset:
		return c.mailLink(t, community, a, muster.LinkReset, why, a.Email, form)
	default:
		return c.mailLink(t, community, a, muster.LinkSignIn, why, a.Email, form)
	}
}

// ConfirmSignUp activates the account whose sign-up link somebody brings, with
// what they decide on the way, and signs them in. The link works once.
func (c *Core) ConfirmSignUp(ctx context.Context, use LinkUse, e muster.Edit) (caller muster.Caller, err error) {
	community, err := c.entered(ctx, use.Community, use.Dialect)
	if err != nil {
		return caller, err
	}
	err = c.withLink(ctx, community, use, muster.LinkSignUp, func(t *store.Tx, l muster.Link, a muster.Account) (bool, error) {
		if a.Standing.SignIn == muster.SignInInactive { // else somebody activated it, or shut it, meanwhile
			e.Standing.SignIn = muster.Some(muster.SignInActive)
		}
		if _, err := c.edit(t, deedsFor(community, use.Visitor, a.ID), Target{Ref: muster.RefID(a.ID), Edit: e}, deedEdit{}, &View{}); err != nil {
			return false, err
		}
		if err := t.DeleteLinks(community.ID, a.ID, muster.LinkSignUp); err != nil {
			return false, err
		}
		caller = callerIn(community, use.Dialect, use.RequestID)
		caller.Account = l.Account
		if err := c.signedIn(t, &caller); err != nil {
			return false, err
		}
		return true, t.TouchLogin(community.ID, a.ID, c.time())
	})
	return caller, err
}

// MailSignIn mails whoever goes by a name a link to sign in with. There being
// nobody is no error, unless wanted: then it is Unauthenticated, as with a
// wrong password.
func (c *Core) MailSignIn(ctx context.Context, v Visitor, name string, form LinkForm, wanted bool) error {
	return c.mailByName(ctx, v, name, muster.MailSignIn, form, wanted)
}

// MailReset mails whoever goes by a name a link to choose a new password with.
// There being nobody is no error: who asks is not told.
func (c *Core) MailReset(ctx context.Context, v Visitor, name string, form LinkForm) error {
	return c.mailByName(ctx, v, name, muster.MailPasswordReset, form, false)
}

func (c *Core) mailByName(ctx context.Context, v Visitor, name string, why muster.MailKind, form LinkForm, wanted bool) error {
	community, err := c.settled(ctx, v)
	if err != nil {
		return err
	}
	id, _, err := c.passwordOf(ctx, community.ID, name)
	if err != nil {
		return err
	}
	if id == "" {
		if wanted {
			return errSignIn
		}
		return nil
	}
	return c.writeFor(ctx, community, v, func(t *store.Tx) error {
		a, err := t.Account(community.ID, id)
		if err != nil || !a.DeletedAt.IsZero() {
			return err
		}
		return c.mailWayIn(t, community, a, why, form)
	})
}

// SignInByLink signs in whoever brings the link that was mailed to them. The
// link works once; where the account asks for a code as well, a missing or
// wrong one leaves the link good.
func (c *Core) SignInByLink(ctx context.Context, use LinkUse, code string) (caller muster.Caller, err error) {
	community, err := c.entered(ctx, use.Community, use.Dialect)
	if err != nil {
		return caller, err
	}
	err = c.withLink(ctx, community, use, muster.LinkSignIn, func(t *store.Tx, _ muster.Link, a muster.Account) (bool, error) {
		caller = callerIn(community, use.Dialect, use.RequestID)
		caller.Account = a.ID
		if err := c.signedIn(t, &caller); err != nil {
			return false, err
		}
		if err := c.askCode(t, a, code); err != nil {
			if code != "" {
				err = miss{err}
			}
			return false, err
		}
		return true, t.TouchLogin(community.ID, a.ID, c.time())
	})
	return caller, err
}

// ResetPassword gives a new password to the account whose link somebody
// brings, once; all its tokens and other links to sign in end.
func (c *Core) ResetPassword(ctx context.Context, use LinkUse, p *Password) error {
	community, err := c.entered(ctx, use.Community, use.Dialect)
	if err != nil {
		return err
	}
	return c.withLink(ctx, community, use, muster.LinkReset, func(t *store.Tx, _ muster.Link, a muster.Account) (bool, error) {
		if err := a.At(c.now(), muster.Rules{}).Standing.MaySignIn(); err != nil {
			return false, err
		}
		_, err := c.setPassword(t, deedsFor(community, use.Visitor, a.ID), a, p, "")
		return true, err
	})
}
