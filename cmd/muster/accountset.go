package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

type accountSet struct {
	reach
	output
	Ref            string   `arg:"" help:"Account to change."`
	Username       *string  `help:"Username."`
	Email          *string  `help:"E-mail address; nothing (--email=) clears it."`
	Name           *string  `help:"Name as shown in the community."`
	Bio            *string  `help:"About the person."`
	Language       *string  `help:"Language, such as en-GB."`
	SetRanks       *words   `placeholder:"RANKS" help:"Hold these ranks and no others, by id or label, by comma; nothing (--set-ranks=) takes all."`
	AddRank        []string `sep:"none" placeholder:"RANK" help:"Rank to give; may be repeated."`
	RemoveRank     []string `sep:"none" placeholder:"RANK" help:"Rank to take; may be repeated, and wins over the two above."`
	Value          []string `sep:"none" placeholder:"FIELD=VALUE" help:"Value of a field, by id or key; may be repeated. Lists, numbers and booleans as JSON; FIELD= clears."`
	Identity       []string `sep:"none" placeholder:"PROVIDER=VALUE" help:"Outside identity to give; may be repeated."`
	Verified       bool     `help:"The identities given are verified."`
	RemoveIdentity []string `sep:"none" placeholder:"PROVIDER=VALUE" help:"Outside identity to take; may be repeated."`
	Joined         *bool    `negatable:"" help:"It is in the community; not after leaving."`
	Active         *bool    `negatable:"" help:"Active; where ranks decide that, they decide."`
	Archived       *bool    `negatable:"" help:"Archived."`
	SignIn         *string  `placeholder:"STATE" help:"Whether somebody may sign in as it: inactive, active, disabled_by_self or disabled_by_admin."`
	Level          *int     `placeholder:"0-8" help:"Level of those who sign in as it; 0 is that of a user, 4."`
	Ban            *string  `xor:"ban" placeholder:"REASON" help:"Ban, for this reason."`
	BanUntil       *when    `placeholder:"WHEN" help:"End of the ban: a date, a time, or how long from now, such as 36h or 90d (default: never)."`
	Unban          bool     `xor:"ban" help:"End a ban."`
	DryRun         bool     `help:"Show what would be changed, and change nothing."`
	IfRev          int64    `placeholder:"N" help:"Refuse unless the account still has this rev."`
}

// Help tells what a REF is, and gives examples.
func (accountSet) Help() string {
	return refHelp + `

Examples:
    muster account set j.doe --add-rank Sergeant --value 'certs=["first aid"]'
    muster account set discord:111122223333444455 --ban "Sold the fire engine" --ban-until 90d --dry-run`
}

// Run changes what was given.
func (cmd *accountSet) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		edit, err := cmd.edit(p.ctx, c, caller)
		if err != nil {
			return err
		}
		if len(edit.Areas()) == 0 {
			return errNothingGiven
		}
		before, err := c.Account(p.ctx, caller, parseRef(cmd.Ref))
		if err != nil {
			return named(cmd.Ref, err)
		}
		target := core.Target{Ref: muster.RefID(before.ID), Edit: edit, IfRev: cmd.IfRev}
		results, err := c.Change(p.ctx, caller, []core.Target{target}, core.Options{DryRun: cmd.DryRun, Atomic: true})
		if err != nil {
			return err
		}
		return cmd.show(p, before, results[0])
	})
}

func (cmd *accountSet) edit(ctx context.Context, c deeds, caller muster.Caller) (e muster.Edit, err error) {
	e = muster.Edit{
		Username: opt(cmd.Username), Email: opt(cmd.Email), Name: opt(cmd.Name), Bio: opt(cmd.Bio), Language: opt(cmd.Language),
		Ranks:    muster.RankEdit{Add: rankIDs(cmd.AddRank), Remove: rankIDs(cmd.RemoveRank)},
		Standing: muster.StandingEdit{Joined: opt(cmd.Joined), Active: opt(cmd.Active), Archived: opt(cmd.Archived)},
	}
	if cmd.SignIn != nil {
		e.Standing.SignIn = muster.Some(muster.SignIn(*cmd.SignIn))
	}
	if cmd.Level != nil {
		e.Standing.Level = muster.Some(muster.Level(*cmd.Level))
	}
	if cmd.SetRanks != nil {
		e.Ranks.Set = muster.Some(rankIDs(*cmd.SetRanks))
	}
	if e.Values, err = parseValues(ctx, c, caller, cmd.Value); err != nil {
		return e, err
	}
	if e.Identities.Add, err = parseIdentities(cmd.Identity, cmd.Verified); err != nil {
		return e, err
	}
	gone, err := parseIdentities(cmd.RemoveIdentity, false)
	if err != nil {
		return e, err
	}
	for _, i := range gone {
		e.Identities.Remove = append(e.Identities.Remove, i.Key())
	}
	e.Standing.Ban, err = cmd.ban()
	return e, err
}

func (cmd *accountSet) ban() (muster.Opt[*muster.Ban], error) {
	var none muster.Opt[*muster.Ban]
	switch {
	case cmd.Ban == nil && cmd.BanUntil != nil:
		return none, misuse("--ban-until goes with --ban")
	case cmd.Unban:
		return muster.Some[*muster.Ban](nil), nil
	case cmd.Ban == nil:
		return none, nil
	}
	ban := &muster.Ban{Reason: *cmd.Ban}
	if cmd.BanUntil != nil {
		ban.Until = cmd.BanUntil.after(time.Now()).UTC().Truncate(time.Microsecond)
		if !ban.Until.After(time.Now()) {
			return none, misuse("--ban-until lies in the past")
		}
	}
	return muster.Some(ban), nil
}

// show tells what became different, and by which change.
func (cmd *accountSet) show(p *program, before core.View, result core.Result) error {
	was, is := muster.Diff(before.Account, result.View.Account)
	lines := describe(was, is, namesOf(result.View.Fields, append(before.Held, result.View.Held...)))
	answer := struct {
		Seq     int64       `json:"seq,omitempty"`
		DryRun  bool        `json:"dry_run,omitempty"`
		Changed []string    `json:"changed"`
		Account accountView `json:"account"`
	}{result.Seq, cmd.DryRun, append([]string{}, lines...), viewAccount(result.View)}
	if cmd.JSON {
		return printJSON(p.out, answer)
	}
	title := fmt.Sprintf("Change %d of %s (rev %d):", result.Seq, result.View.Username, result.View.Rev)
	switch {
	case result.Seq == 0 && !(cmd.DryRun && len(lines) > 0):
		title = "Nothing had to be changed."
	case cmd.DryRun:
		title = fmt.Sprintf("Dry run, nothing was written. %s would change:", before.Username)
	}
	for i := range lines {
		lines[i] = "  " + cell(lines[i])
	}
	_, err := fmt.Fprintln(p.out, strings.Join(append([]string{title}, lines...), "\n"))
	return err
}
