package main

import (
	"errors"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

type verifyCmd struct {
	inCommunity
	output
}

// Help says what is looked at.
func (verifyCmd) Help() string {
	return `The history of each account is replayed from the change that made it, and compared with the account: names, values, ranks, identities, standing, the number of changes, whether it is deleted. The numbers of the changes must have no gap, and the database file is looked through. Each account and member that differs is told, and the exit status is 1.

Not in the history, and so not compared: numbers and times, clocks, passwords, keys and other credentials, the content of pictures, the catalogue. Whoever was erased has no history any more. PostgreSQL's own files are looked through by pg_amcheck. The server may run meanwhile.

Without --community all communities are looked at.`
}

// verifiedView is what --json prints.
type verifiedView struct {
	Damage      []string        `json:"damage"`
	Communities []core.Verified `json:"communities"`
	Findings    []foundView     `json:"findings"`
}

type foundView struct {
	Community muster.CommunityID `json:"community"`
	core.Finding
}

// Run looks through the data.
func (cmd *verifyCmd) Run(p *program) error {
	return cmd.with(p.ctx, false, func(c *core.Core) error {
		v := verifiedView{Damage: []string{}, Communities: []core.Verified{}, Findings: []foundView{}}
		list, err := cmd.meant(p, c)
		if err != nil {
			return err
		}
		found, err := c.Damage(p.ctx)
		if err != nil {
			return err
		}
		v.Damage = append(v.Damage, found...)
		for _, community := range list {
			done, err := c.Verify(p.ctx, community.ID, func(f core.Finding) { v.Findings = append(v.Findings, foundView{community.ID, f}) })
			if err != nil {
				return err
			}
			v.Communities = append(v.Communities, done)
		}
		if err := cmd.print(p, v); err != nil {
			return err
		}
		if len(v.Findings) > 0 || len(v.Damage) > 0 {
			return errors.New("not everything is as it should be")
		}
		return nil
	})
}

func (cmd *verifyCmd) meant(p *program, c *core.Core) ([]muster.Community, error) {
	if cmd.Community == "" {
		return c.Communities(p.ctx)
	}
	community, err := c.Community(p.ctx, cmd.Community)
	return []muster.Community{community}, err
}

func (cmd *verifyCmd) print(p *program, v verifiedView) error {
	if cmd.JSON {
		return printJSON(p.out, v)
	}
	for _, text := range v.Damage {
		if err := cmd.say(p.out, nil, "database: %s", cell(text)); err != nil {
			return err
		}
	}
	for _, f := range v.Findings {
		what := string(f.Account)
		if f.Member != "" {
			what += " " + f.Member
		}
		if what != "" {
			what += ": "
		}
		if err := cmd.say(p.out, nil, "%s: %s", f.Community, cell(what+f.Text)); err != nil {
			return err
		}
	}
	for _, done := range v.Communities {
		err := cmd.say(p.out, nil, "%s: %d accounts replayed (%d erased left out), %d changes; %d found", done.Community, done.Accounts, done.Erased, done.Changes, done.Findings)
		if err != nil {
			return err
		}
	}
	return nil
}
