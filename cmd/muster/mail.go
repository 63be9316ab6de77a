package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/deliver"
	"github.com/muster-accounts/muster/internal/mail"
)

// post is how the server sends mail.
type post struct {
	Mail     string `env:"MUSTER_MAIL" placeholder:"URL" help:"Where mail goes: smtp://USER:PASSWORD@HOST (with STARTTLS), smtps://..., or file:DIR for .eml files (default: file:DIR/mail in --data; a password is safer in the environment)."`
	MailFrom string `env:"MUSTER_MAIL_FROM" placeholder:"ADDRESS" help:"Whom mail is from: Muster <accounts@example.org> (default: muster@ and the host of --public-url)."`
}

// sender opens what mail is sent by.
func (o post) sender(data, publicURL string) (mail.Sender, error) {
	where, from := o.Mail, o.MailFrom
	if where == "" {
		where = "file:" + filepath.Join(data, "mail")
	}
	if from == "" {
		host := "localhost"
		if u, err := url.Parse(publicURL); err == nil && u.Hostname() != "" {
			host = u.Hostname()
		}
		from = "muster@" + host
		if host == "localhost" && !strings.HasPrefix(where, "file:") {
			return nil, misuse("--mail-from is needed: no mail server takes mail from muster@localhost")
		}
	}
	return mail.Open(where, from)
}

// postman is what sends the server's mail.
func (o post) postman(c *core.Core, log *slog.Logger, holder string, sender mail.Sender) *deliver.Postman {
	return deliver.NewPostman(c, deliver.PostmanConfig{Sender: sender, Now: time.Now, Holder: holder, Logger: log})
}

type mailCmd struct {
	List mailList `cmd:"" default:"withargs" help:"List the mails that wait, and those given up in the last week."`
	Show mailShow `cmd:"" help:"Show the last mail to an address, with its link."`
}

type mailList struct {
	inCommunity
	output
	Limit int `default:"50" placeholder:"N" help:"How many, the latest first; 1,000 at most (default: 50)."`
}

type mailView struct {
	ID        string           `json:"id"`
	Kind      muster.MailKind  `json:"kind"`
	To        string           `json:"to"`
	Account   muster.AccountID `json:"account"`
	State     string           `json:"state"`
	Attempts  int              `json:"attempts"`
	CreatedAt time.Time        `json:"created_at"`
	Next      time.Time        `json:"next,omitzero"`
	LastError string           `json:"last_error,omitempty"`
}

func viewMail(m muster.Mail) mailView {
	state := "waits"
	switch {
	case !m.SentAt.IsZero():
		state = "sent"
	case !m.GivenUp.IsZero():
		state = "given up"
	}
	return mailView{m.ID, m.Kind, m.To, m.Account, state, m.Attempts, m.CreatedAt, m.Next, m.LastError}
}

// Run lists the mails.
func (cmd *mailList) Run(p *program) error {
	return cmd.do(p.ctx, func(c *core.Core, caller muster.Caller) error {
		list, err := c.Mails(p.ctx, caller, cmd.Limit)
		if err != nil {
			return err
		}
		shown, rows := []mailView{}, [][]string{}
		for _, m := range list {
			v := viewMail(m)
			shown = append(shown, v)
			rows = append(rows, []string{moment(v.CreatedAt), string(v.Kind), v.State, fmt.Sprint(v.Attempts), v.To, v.LastError})
		}
		return cmd.list(p.out, shown, "CREATED KIND STATE ATTEMPTS TO ERROR", rows)
	})
}

type mailShow struct {
	inCommunity
	output
	To string `arg:"" help:"The address."`
}

// Run shows the mail as its reader sees it.
func (cmd *mailShow) Run(p *program) error {
	return cmd.do(p.ctx, func(c *core.Core, caller muster.Caller) error {
		m, community, err := c.LastMail(p.ctx, caller, cmd.To)
		if err != nil {
			return err
		}
		message, err := deliver.Message(m, community)
		if err != nil {
			return err
		}
		shown := struct {
			mailView
			Subject string `json:"subject"`
			Text    string `json:"text"`
		}{viewMail(m), message.Subject, message.Text}
		return cmd.one(p.out, shown, [][]string{
			{"To", m.To}, {"Subject", message.Subject}, {"State", shown.State}, {"Created", moment(m.CreatedAt)}, {"Text", "\n" + message.Text},
		})
	})
}

// forgetExpired removes what is good no more, where a server looks after that.
func forgetExpired(ctx context.Context, c *core.Core, log *slog.Logger) {
	if err := c.ForgetExpired(ctx); err != nil && !errors.Is(err, context.Canceled) {
		log.Warn("links and mails that are too old not removed", slog.Any("error", err))
	}
}
