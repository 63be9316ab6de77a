package demo

import (
	"context"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// The account of FreeSewing's page "Update account", and what it signs in
// with. Like Secret, password and key's secret are known to everybody.
const (
	MakerID       muster.AccountID = "6b7e4f0a-3c52-4d1e-9a86-0d5f1c2b7e94"
	MakerNumber   int64            = 14
	MakerUsername string           = "demo-user"
	MakerEmail    string           = "test_54c6856275aaa8a1@freesewing.dev"
	MakerPassword string           = "demo-password"
	MakerKey      muster.KeyID     = "5d3f8a52-0e6b-4c0f-8f0e-2f1d9b7c4a63"
	MakerSecret   string           = "2b0c7d1e5f8a4936b1d2e3f4a5968778695a4b3c2d1e0f988776655443322110"
)

// Credentials are the secrets of a demo. Those that everybody knows are for
// the loopback only.
type Credentials struct {
	Secret   string // of the key over the whole community
	Password string // of MakerUsername
	Maker    muster.KeyID
	MakerKey string // the secret of Maker
}

// Known are the credentials that the documentation prints.
func Known() Credentials { return Credentials{Secret, MakerPassword, MakerKey, MakerSecret} }

// Secrets are all that must not be known.
func (c Credentials) Secrets() []string { return []string{c.Secret, c.Password, c.MakerKey} }

// maker is the account of FreeSewing's page, before its call. What only that
// API has comes with its fields, where they are.
func maker(ctx context.Context, fields []muster.Field, password string) (core.NewAccount, error) {
	kept, err := core.NewPassword(ctx, password)
	n := core.NewAccount{
		ID: MakerID, Number: MakerNumber, JoinedAt: Now().AddDate(-2, 0, 0), LastLogin: Now(), Password: kept,
		Edit: muster.Edit{
			Username: muster.Some(MakerUsername), Name: muster.Some("Demo User"), Email: muster.Some(MakerEmail),
			Language: muster.Some("en"), Bio: muster.Some("I sew."), Values: muster.Values{},
			Standing: muster.StandingEdit{SignIn: muster.Some(muster.SignInActive)},
		},
	}
	for _, f := range fields {
		switch f.ID {
		case "freesewing.consent":
			n.Edit.Values[f.ID] = muster.Number(1)
		case "freesewing.initial":
			n.Edit.Values[f.ID] = muster.Text(MakerEmail)
		}
	}
	return n, err
}

// ensureMaker makes the account and its key, where they are not there yet.
func ensureMaker(ctx context.Context, c *core.Core, by muster.Caller, fields []muster.Field, creds Credentials) error {
	_, err := c.Account(ctx, by, muster.RefID(MakerID))
	if muster.CodeOf(err) == muster.NotFound {
		var n core.NewAccount
		if n, err = maker(ctx, fields, creds.Password); err == nil {
			_, err = c.Create(ctx, by, []core.NewAccount{n})
		}
	}
	return err
}

// ensureMakerKey makes the account's key with the credentials' secret. One
// that had it and was revoked stays revoked.
func ensureMakerKey(ctx context.Context, c *core.Core, by muster.Caller, creds Credentials) error {
	k := muster.Key{ID: creds.Maker, Name: "Demo user", Level: muster.LevelUser, Owner: MakerID}
	_, _, err := c.CreateKey(ctx, by, k, creds.MakerKey)
	switch muster.CodeOf(err) {
	case muster.Conflict, muster.Invalid: // it is there, or its account was deleted
		return nil
	}
	return err
}

// FrontEnd is where links in the demo's mails lead: FreeSewing's front end, as
// developers run it.
const FrontEnd = "http://localhost:8000"
