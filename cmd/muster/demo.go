package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	neturl "net/url"
	"os"
	"path/filepath"
	"strings"

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
}

type demoAccounts struct {
	Page004      demoAccount `json:"page004"`
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
	secret := demo.Secret
	if !private {
		secret = seal.NewCredential()
	}
	return &demoCard{Community: demo.ID, Key: secret, Accounts: demoAccounts{
		Page004: demoAccount{ID: demo.PageID, Number: demo.PageNumber, Username: demo.PageUsername},
		SomeUsername: demoAccount{
			ID: demo.V1ID, Number: demo.V1Number, Username: demo.V1Username,
			APIID: demo.V1APIID, Discord: demo.V1Discord,
		},
		Intranet: demoAccount{ID: demo.IntranetID, Number: demo.IntranetNumber, Username: demo.IntranetUsername},
	}}
}

// renew gives the demo a key of its own where others come and the one that
// everybody knows was revoked, as the refusal to serve it advises.
func (d *demoCard) renew(ctx context.Context, c *core.Core, private bool) error {
	if private || d.Key != demo.Secret {
		return nil
	}
	used, err := c.SecretInUse(ctx, demo.Secret)
	if err == nil && !used {
		d.Key = seal.NewCredential()
	}
	return err
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
	return demo.Seed(ctx, c, served, card.Key)
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
	key := card.Key
	if key != demo.Secret && !isTerminal(p.out) {
		key = "YOUR_API_KEY" // a log may be listening
	}
	_, err := fmt.Fprintf(p.out, demoText, url, card.Community, key, filepath.Join(cmd.Data, demoFile), strings.Join(demoCalls(url, key), "\n\n"))
	return err
}

const demoText = `The demo is at %s/
community %s, key %s (both stand in %s)

%s

`

// demoCalls are the vendor's printed examples with the community, the key and
// the address filled in, each followed by a read that shows what it did.
func demoCalls(url, key string) []string {
	who := `"apiId":"` + demo.V1APIID + `","username":"` + demo.V1Username + `","accId":"SOMEACCID","discord":"` +
		demo.V1Discord + `","uniqueId":1234`
	v1 := func(title, path, kind, entry string) string {
		body := fmt.Sprintf(`{"id":%q,"key":%q,"type":%q,"data":[{%s}]}`, demo.ID, key, kind, entry)
		return fmt.Sprintf("# %s\ncurl -sS %s -H 'Content-Type: application/json' --data %s", title, quote(url+path), quote(body))
	}
	account := url + "/v2/community/accounts/" + string(demo.PageID)
	bearer := quote("Authorization: Bearer " + key)
	return []string{
		v1("v1: set profile fields", "/general/edit_acc_profile_fields", "EDIT_ACC_PROFLIE_FIELDS",
			who+`,"profileFields":[{"id":"`+string(demo.Certifications)+`","value":["some","strings","for","array"]}]`),
		v1("v1: set ranks (remove wins over add)", "/general/set_account_ranks", "SET_ACCOUNT_RANKS",
			who+`,"set":["RANK_UUID","ANOTHER_RANK_UUID"],"add":["RANK_UUID"],"remove":["RANK_UUID"]`),
		v1("v1: read the account", "/general/get_com_account", "GET_COM_ACCOUNT", `"username":"`+demo.V1Username+`"`),
		fmt.Sprintf("# v2: add a rank\ncurl -sS -X PATCH %s -H %s -H 'Content-Type: application/json' --data %s", quote(account+"/ranks"), bearer,
			quote(`{"accId":"`+string(demo.PageID)+`","add":["rank-1"],"active":true}`)),
		fmt.Sprintf("# v2: read the account\ncurl -sS %s -H %s", quote(account), bearer),
		fmt.Sprintf("# Communifire: set profile fields (the example of its page, odd backslashes included)\ncurl -sS %s -H 'Content-Type: application/json' --data %s",
			quote(url+"/api/users/fields?AddUser=false&token="+neturl.QueryEscape(key)),
			quote(`{\ "UserID\" : \"12\", \"Company\" : \"Axero Solutions\", \"Phone\" : \"5625551234\", \"Share my profile\" : \"false\" }`)),
		fmt.Sprintf("# Communifire: read the user\ncurl -sS %s", quote(url+"/api/users/12/details?token="+neturl.QueryEscape(key))),
	}
}

// quote makes one word of the POSIX shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
