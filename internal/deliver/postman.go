package deliver

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mail"
)

// mailEvery is how often it is looked for mails to send: people wait for them.
const mailEvery = 500 * time.Millisecond

// PostmanConfig is what a Postman works with.
type PostmanConfig struct {
	Sender mail.Sender
	Now    func() time.Time // time.Now but in tests
	Holder string           // see Config.Holder
	Logger *slog.Logger
}

// Postman sends the mails of all communities of one store. A mail waits in
// the store until somebody has taken it, for a day at most.
type Postman struct {
	core   *core.Core
	config PostmanConfig

	sent, failed, givenUp atomic.Int64
}

// NewPostman makes a Postman.
func NewPostman(c *core.Core, config PostmanConfig) *Postman {
	if config.Holder == "" {
		config.Holder = uuid.NewString()
	}
	return &Postman{core: c, config: config}
}

// Counts are how many mails were sent, how many attempts failed, and how many
// mails were given up, by this process.
func (p *Postman) Counts() (sent, failed, givenUp int64) {
	return p.sent.Load(), p.failed.Load(), p.givenUp.Load()
}

// Run sends mails until ctx ends.
func (p *Postman) Run(ctx context.Context) {
	tick := time.NewTicker(mailEvery)
	defer tick.Stop()
	for {
		if err := p.Pass(ctx); err != nil && ctx.Err() == nil {
			p.config.Logger.Warn("mails wait", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Pass tries once what is due, one mail after another.
func (p *Postman) Pass(ctx context.Context) error {
	communities, err := p.core.WithMail(ctx)
	for _, id := range communities {
		err = errors.Join(err, p.serve(ctx, id))
	}
	return err
}

func (p *Postman) serve(ctx context.Context, id muster.CommunityID) error {
	until, err := p.core.ClaimEvents(ctx, id, p.config.Holder, lease)
	if err != nil || until.IsZero() {
		return err
	}
	due, community, err := p.core.DueMails(ctx, id)
	for _, m := range due {
		if err != nil || ctx.Err() != nil {
			return err
		}
		if until, err = p.core.ClaimEvents(ctx, id, p.config.Holder, lease); err != nil || until.IsZero() {
			return err
		}
		err = p.core.Mailed(context.WithoutCancel(ctx), p.try(ctx, m, community))
	}
	return err
}

// try makes one attempt, and is how the mail stands then.
func (p *Postman) try(ctx context.Context, m muster.Mail, community string) muster.Mail {
	err := p.send(ctx, m, community)
	now := p.config.Now().UTC()
	if err == nil {
		p.sent.Add(1)
		m.Next, m.SentAt = time.Time{}, now
		return m
	}
	p.failed.Add(1)
	m = m.Failed(now, shown(err.Error(), ""), mail.Permanent(err), rand.Float64()) //nolint:gosec // spreads attempts, guards nothing
	about := []any{                                                                // an address is nothing for a log
		slog.String("community", string(m.Community)), slog.String("mail", m.ID), slog.String("kind", string(m.Kind)),
		slog.String("account", string(m.Account)), slog.Int("attempts", m.Attempts),
	}
	if m.GivenUp.IsZero() {
		p.config.Logger.Warn("a mail waits", about...)
	} else {
		p.givenUp.Add(1)
		p.config.Logger.Error("a mail was given up", about...)
	}
	return m
}

func (p *Postman) send(ctx context.Context, m muster.Mail, community string) error {
	if m.To == "" {
		return p.config.Sender.Forget(mail.MessageID(m.Community, m.ID))
	}
	message, err := Message(m, community)
	if err != nil {
		return err
	}
	err = p.config.Sender.Send(ctx, message)
	if err == nil && m.Forget {
		err = p.config.Sender.Forget(message.ID)
	}
	return err
}

// Message words a mail.
func Message(m muster.Mail, community string) (mail.Message, error) {
	message, err := mail.Compose(m.Kind, m.Language, mail.Details{
		Community: community, Name: m.Name, Link: m.Link, Life: m.Life, NewEmail: m.NewEmail,
	})
	message.ID, message.At, message.To = mail.MessageID(m.Community, m.ID), m.CreatedAt, m.To
	return message, err
}
