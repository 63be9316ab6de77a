package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/seal"
)

// demoFile is where scripts find the demo, within the data folder.
const demoFile = "demo.json"

// demoCard is what demoFile says.
type demoCard struct {
	URL       string             `json:"url"` // of the last start; empty until it listens
	Community muster.CommunityID `json:"community"`
	Key       string             `json:"key"`
	Accounts  demoAccounts       `json:"accounts"`

	FreeSewing demoMaker `json:"freesewing"`
}

// demoMaker is somebody who signs in, and a key of theirs.
type demoMaker struct {
	demoAccount
	Email    string       `json:"email"`
	Password string       `json:"password,omitempty"`
	Key      muster.KeyID `json:"key"`
	Secret   string       `json:"secret"`
}

type demoAccounts struct {
	V2SetRanks   demoAccount `json:"v2SetRanks"`
	SomeUsername demoAccount `json:"someusername"`
	Intranet     demoAccount `json:"intranet"`
}

type demoAccount struct {
	ID       muster.AccountID `json:"id"`
	Number   int64            `json:"number"`
	Username string           `json:"username"`
	APIID    string           `json:"apiId,omitempty"`
	Discord  string           `json:"discord,omitempty"`
}

// newCard is the card of a demo that begins. Its key has the secret that the
// documentation prints only where nobody else can reach it.
func newCard(private bool) *demoCard {
	creds := demo.Known()
	if !private {
		creds = newCredentials()
	}
	return &demoCard{Community: demo.ID, Key: creds.Secret, FreeSewing: demoMaker{
		demoAccount: demoAccount{ID: demo.MakerID, Number: demo.MakerNumber, Username: demo.MakerUsername}, Email: demo.MakerEmail,
		Password: creds.Password, Key: creds.Maker, Secret: creds.MakerKey,
	}, Accounts: demoAccounts{
		V2SetRanks: demoAccount{ID: demo.PageID, Number: demo.PageNumber, Username: demo.PageUsername},
		SomeUsername: demoAccount{
			ID: demo.V1ID, Number: demo.V1Number, Username: demo.V1Username,
			APIID: demo.V1APIID, Discord: demo.V1Discord,
		},
		Intranet: demoAccount{ID: demo.IntranetID, Number: demo.IntranetNumber, Username: demo.IntranetUsername},
	}}
}

// newCredentials are a demo's own.
func newCredentials() demo.Credentials {
	return demo.Credentials{Secret: seal.NewCredential(), Password: seal.NewCredential(), Maker: muster.KeyID(uuid.NewString()), MakerKey: seal.NewCredential()}
}

func (d *demoCard) credentials() demo.Credentials {
	return demo.Credentials{Secret: d.Key, Password: d.FreeSewing.Password, Maker: d.FreeSewing.Key, MakerKey: d.FreeSewing.Secret}
}

// renew gives the demo keys of its own where others come and those that
// everybody knows were revoked, as the refusal to serve them advises. The
// password that everybody knows opens nothing then, and is not told.
func (d *demoCard) renew(ctx context.Context, c *core.Core, private bool) error {
	if private || d.Key != demo.Secret {
		return nil
	}
	used, err := knownInUse(ctx, c)
	if err == nil && !used {
		fresh := newCredentials()
		d.Key, d.FreeSewing.Key, d.FreeSewing.Secret, d.FreeSewing.Password = fresh.Secret, fresh.Maker, fresh.MakerKey, ""
	}
	return err
}

// knownInUse reports whether a key that everybody knows opens something.
func knownInUse(ctx context.Context, c *core.Core) (bool, error) {
	for _, secret := range []string{demo.Secret, demo.MakerSecret} {
		if used, err := c.SecretInUse(ctx, secret); err != nil || used {
			return used, err
		}
	}
	return false, nil
}

// readCard is nil where the folder holds no demo.
func readCard(dir string) (*demoCard, error) {
	path := filepath.Join(dir, demoFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	card := &demoCard{}
	if err := json.Unmarshal(text, card); err != nil || card.Key == "" {
		return nil, fmt.Errorf("%s is not as muster left it: move it away", path)
	}
	return card, nil
}

func (d *demoCard) write(dir string) error {
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	return seal.WriteFile(filepath.Join(dir, demoFile), append(text, '\n'), true)
}

// seedDemo makes the world, or what is missing of it. The card is written
// first: it holds the key, and tells the next start that there was a demo to
// be made.
func seedDemo(ctx context.Context, c *core.Core, dir string, card *demoCard) error {
	list, err := c.Communities(ctx)
	if err != nil {
		return err
	}
	if err := demo.Fits(list); err != nil {
		return err
	}
	card.URL = "" // that of the last start leads nowhere
	if err := card.write(dir); err != nil {
		return err
	}
	var served []demo.Dialect
	for _, d := range dialects {
		served = append(served, demo.Dialect{Name: d.name, Fields: d.fields()})
	}
	return demo.Seed(ctx, c, served, card.credentials())
}

// presentDemo tells scripts where the demo is now, and people what to try.
func (cmd *serveCmd) presentDemo(ctx context.Context, p *program, c *core.Core, card *demoCard, url string) error {
	card.URL = url
	if err := card.write(cmd.Data); err != nil {
		return err
	}
	if !cmd.Demo {
		return nil
	}
	if live, err := c.SecretInUse(ctx, card.Key); err != nil || !live {
		_, e := fmt.Fprintf(p.out, "The demo is at %s/, and its key was revoked; make another with: muster key create --data %s\n", url, cmd.Data)
		return errors.Join(err, e)
	}
	shown := card.credentials()
	if shown.Secret != demo.Secret && !isTerminal(p.out) { // a log may be listening
		shown = demo.Credentials{Secret: "YOUR_API_KEY", Password: "THE_PASSWORD", Maker: "THE_KEY", MakerKey: "ITS_SECRET"}
	}
	_, err := fmt.Fprintf(p.out, demoText, url, card.Community, shown.Secret, filepath.Join(cmd.Data, demoFile), strings.Join(demoCalls(url, shown), "\n\n"))
	return err
}

const demoText = `The demo is at %s/
community %s, key %s (both stand in %s)

%s

`
