package core

import (
	"context"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// keepMails is how long mails are kept for the operator to look at.
const keepMails = 7 * 24 * time.Hour

// queueMail lets an account be told something, once the transaction is
// durable. Nothing is lost while the mail server is away.
func (c *Core) queueMail(t *store.Tx, community muster.CommunityID, account muster.AccountID, kind muster.MailKind, content muster.MailContent) error {
	return t.InsertMail(muster.Mail{
		Community: community, ID: newID(), Account: account, Kind: kind, MailContent: content, CreatedAt: c.time(),
	})
}

// WithMail lists the communities that have mails to be sent now. Like the
// three below it answers the server's own machine only.
func (c *Core) WithMail(ctx context.Context) (list []muster.CommunityID, err error) {
	err = c.store.Read(ctx, func(t *store.Tx) error {
		list, err = t.WithMail(c.time())
		return err
	})
	return list, err
}

// DueMails lists mails of a community that are to be sent now, and what the
// community is called in them.
func (c *Core) DueMails(ctx context.Context, community muster.CommunityID) (list []muster.Mail, name string, err error) {
	err = c.store.Read(ctx, func(t *store.Tx) error {
		in, err := t.Community(community)
		if err != nil {
			return err
		}
		name = in.Name
		list, err = t.DueMails(community, c.time())
		return err
	})
	return list, name, err
}

// Mailed writes how a mail stands after an attempt. One that was forgotten
// leaves nothing.
func (c *Core) Mailed(ctx context.Context, m muster.Mail) error {
	return c.store.WriteIn(ctx, m.Community, func(t *store.Tx) error {
		if !m.SentAt.IsZero() && (m.To == "" || m.Forget) {
			return t.DeleteMail(m.Community, m.ID)
		}
		return t.UpdateMail(m)
	})
}

// Mails lists the mails that wait, or were given up, the latest first; limit
// is at most 1,000. They hold links that open accounts.
func (c *Core) Mails(ctx context.Context, caller muster.Caller, limit int) (list []muster.Mail, err error) {
	if err := caller.MayManage(muster.AreaKeys); err != nil {
		return nil, err
	}
	err = c.store.Read(ctx, func(t *store.Tx) error {
		list, err = t.Mails(caller.Community, page(limit))
		return err
	})
	return list, err
}

// LastMail is the latest mail to an address, and what the community is called
// in it.
func (c *Core) LastMail(ctx context.Context, caller muster.Caller, to string) (m muster.Mail, name string, err error) {
	if err := caller.MayManage(muster.AreaKeys); err != nil {
		return m, "", err
	}
	err = c.store.Read(ctx, func(t *store.Tx) error {
		in, err := t.Community(caller.Community)
		if err != nil {
			return err
		}
		name = in.Name
		last, ok, err := t.LastMail(caller.Community, to)
		if err == nil && !ok {
			err = muster.Errorf(muster.NotFound, "to", "there is no mail to %s of the last week", muster.Quote(to))
		}
		m = last
		return err
	})
	return m, name, err
}
