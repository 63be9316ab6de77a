package main

import (
	"context"
	"fmt"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

type accountCmd struct {
	Create   accountCreate   `cmd:"" help:"Create an account."`
	List     accountList     `cmd:"" help:"List accounts by number, or those that filters find."`
	Show     accountShow     `cmd:"" help:"Show one account."`
	Set      accountSet      `cmd:"" help:"Change one account."`
	Kick     accountKick     `cmd:"" help:"Put one account out, and take its ranks."`
	Ban      accountBan      `cmd:"" help:"Ban one account, and take its ranks."`
	Unban    accountUnban    `cmd:"" help:"Let one account in again that was banned or put out."`
	Password accountPassword `cmd:"" help:"Set the password of one account, read from the terminal or the input."`
	Delete   accountDelete   `cmd:"" help:"Delete one account; restore brings it back."`
	Restore  accountRestore  `cmd:"" help:"Bring back one account that was deleted."`
}

// refHelp tells how commands point at an account.
const refHelp = `REF is a UUID, a number, a username, an e-mail address or provider:value (discord:111122223333444455). They are tried in this order, and the first hit counts.`

type accountCreate struct {
	reach
	output
	Username     string           `arg:"" help:"Username, unique in the community whatever the case of its letters."`
	ID           muster.AccountID `help:"Keep a UUID that clients know (default: a new one)."`
	Number       int64            `placeholder:"N" help:"Keep a number that clients know (default: the next free one)."`
	CustomNumber bool             `help:"The number was chosen by a person, not counted."`
	Email        *string          `help:"E-mail address."`
	Name         *string          `help:"Name as shown in the community (default: the username)."`
	Bio          *string          `help:"About the person."`
	Language     *string          `help:"Language, such as en-GB."`
	Rank         []string         `sep:"none" placeholder:"RANK" help:"Rank to hold, by id or label; may be repeated."`
	Value        []string         `sep:"none" placeholder:"FIELD=VALUE" help:"Value of a field, by id or key; may be repeated. Lists, numbers and booleans as JSON."`
	Identity     []string         `sep:"none" placeholder:"PROVIDER=VALUE" help:"Outside identity; may be repeated."`
	Verified     bool             `help:"The identities given are verified."`
	Inactive     bool             `help:"Not active yet; where ranks decide that, they decide."`
	Archived     bool             `help:"Archived."`
}

// Help gives an example.
func (accountCreate) Help() string {
	return `Example: muster account create j.doe --name "Jane Doe" --rank Sergeant --identity discord=111122223333444455 --value 'certs=["first aid","diver"]'`
}

// Run creates the account.
func (cmd *accountCreate) Run(p *program) error {
	if cmd.CustomNumber && cmd.Number == 0 {
		return misuse("--custom-number goes with --number")
	}
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		edit := muster.Edit{
			Username: muster.Some(cmd.Username), Email: opt(cmd.Email), Name: opt(cmd.Name), Bio: opt(cmd.Bio), Language: opt(cmd.Language),
			Ranks:    muster.RankEdit{Add: rankIDs(cmd.Rank)},
			Standing: muster.StandingEdit{Active: muster.Some(!cmd.Inactive), Archived: muster.Some(cmd.Archived)},
		}
		var err error
		if edit.Values, err = parseValues(p.ctx, c, caller, cmd.Value); err != nil {
			return err
		}
		if edit.Identities.Add, err = parseIdentities(cmd.Identity, cmd.Verified); err != nil {
			return err
		}
		views, err := c.Create(p.ctx, caller, []core.NewAccount{{ID: cmd.ID, Number: cmd.Number, Custom: cmd.CustomNumber, Edit: edit}})
		if err != nil {
			return err
		}
		return showAccount(p, cmd.output, views[0])
	})
}

func rankIDs(names []string) []muster.RankID {
	ids := make([]muster.RankID, len(names))
	for i, name := range names {
		ids[i] = muster.RankID(name)
	}
	return ids
}

// parseValues reads FIELD=VALUE, knowing the fields' types.
func parseValues(ctx context.Context, c deeds, caller muster.Caller, given []string) (muster.Values, error) {
	if len(given) == 0 {
		return nil, nil
	}
	catalogue, err := c.Catalogue(ctx, caller)
	if err != nil {
		return nil, err
	}
	values := muster.Values{}
	for _, text := range given {
		name, value, err := pair("value", text)
		if err != nil {
			return nil, err
		}
		f, err := findField(catalogue.Fields, name)
		if err != nil {
			return nil, err
		}
		// Under the name as typed, so that a refusal speaks of it.
		if values[muster.FieldID(name)], err = parseValue(f, value); err != nil {
			return nil, fmt.Errorf("--value %s: %w", name, err)
		}
	}
	return values, nil
}

func parseIdentities(given []string, verified bool) ([]muster.Identity, error) {
	var list []muster.Identity
	for _, text := range given {
		provider, value, err := pair("identity", text)
		if err != nil {
			return nil, err
		}
		list = append(list, muster.Identity{Provider: provider, Value: value, Verified: verified})
	}
	return list, nil
}

type accountShow struct {
	reach
	output
	Ref string `arg:"" help:"Account to show."`
}

// Help tells what a REF is.
func (accountShow) Help() string { return refHelp }

// Run shows the account.
func (cmd *accountShow) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		v, err := c.Account(p.ctx, caller, parseRef(cmd.Ref))
		if err != nil {
			return named(cmd.Ref, err)
		}
		return showAccount(p, cmd.output, v)
	})
}

type accountDelete struct {
	reach
	output
	Ref string `arg:"" help:"Account to delete."`
}

// Help tells what a REF is.
func (accountDelete) Help() string { return refHelp }

// Run deletes the account.
func (cmd *accountDelete) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		seq, err := c.Delete(p.ctx, caller, parseRef(cmd.Ref))
		if err != nil {
			return named(cmd.Ref, err)
		}
		return cmd.say(p.out, map[string]int64{"seq": seq}, "Deleted, by change %d. It comes back with: muster history undo %d", seq, seq)
	})
}

type accountRestore struct {
	reach
	output
	Ref string `arg:"" help:"Account to bring back."`
}

// Help tells what a REF is.
func (accountRestore) Help() string { return refHelp }

// Run brings the account back.
func (cmd *accountRestore) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		result, err := c.Restore(p.ctx, caller, parseRef(cmd.Ref), 0)
		if err != nil {
			return named(cmd.Ref, err)
		}
		return showAccount(p, cmd.output, result.View)
	})
}
