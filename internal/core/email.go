package core

import (
	"context"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// NewEmail is the wish for another e-mail address, which counts once a mail to
// it was read and answered (ConfirmEmail). The address of now is told.
type NewEmail struct {
	Address string
	Form    LinkForm
}

// askEmail mails the new address its link, and tells the old one. Whether the
// new one is another account's is not told: its mail will do nothing there.
func (c *Core) askEmail(t *store.Tx, caller muster.Caller, a muster.Account, wish NewEmail) error {
	if err := caller.MayEdit(a.ID, muster.AreaProfile); err != nil {
		return err
	}
	address := strings.TrimSpace(wish.Address)
	if _, _, err := a.Apply(muster.Edit{Email: muster.Some(address)}, muster.Rules{}); err != nil {
		return err
	}
	if address == "" {
		return muster.Errorf(muster.Invalid, "email", "must not be empty")
	}
	community, err := t.Community(a.Community)
	if err != nil {
		return err
	}
	if community.Settings.FrontEnd == "" {
		return errNoFrontEnd
	}
	if err := t.DeleteLinks(a.Community, a.ID, muster.LinkEmail); err != nil { // the last wish counts
		return err
	}
	if err := c.mailLink(t, community, a, muster.LinkEmail, muster.MailEmailConfirm, address, wish.Form); err != nil {
		return err
	}
	c.record(t, caller, &muster.Change{Deed: muster.DeedCredential, Account: a.ID, Subject: "email wish"})
	if a.Email == "" {
		return nil
	}
	return c.queueMail(t, a.Community, a.ID, muster.MailEmailTold, muster.MailContent{
		To: a.Email, Language: a.Language, Name: a.Username, NewEmail: address,
	})
}

// ConfirmEmail gives the account whose link somebody brings the address that
// it was mailed to. Somebody who has signed in brings only the own account's.
func (c *Core) ConfirmEmail(ctx context.Context, caller muster.Caller, use LinkUse) (v View, err error) {
	community, err := c.OwnCommunity(ctx, caller)
	if err != nil {
		return v, err
	}
	err = c.withLink(ctx, community, use, muster.LinkEmail, func(t *store.Tx, l muster.Link, a muster.Account) (bool, error) {
		if caller.Account != a.ID {
			return false, muster.Errorf(muster.NotFound, "id", "there is no such link, or it was used, or is too old")
		}
		if err := caller.MayEdit(a.ID, muster.AreaProfile); err != nil {
			return false, err
		}
		edit := Target{Ref: muster.RefID(a.ID), Edit: muster.Edit{Email: muster.Some(l.Email)}}
		_, err := c.edit(t, caller, edit, deedEdit{}, &v)
		return true, err
	})
	return v, err
}
