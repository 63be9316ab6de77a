package main

import (
	"strings"
	"time"

	"github.com/muster-accounts/muster"
)

type accountKick struct {
	reach
	output
	Ref string `arg:"" help:"Account to put out."`
}

// Help tells what a REF is, and what comes of it.
func (accountKick) Help() string {
	return refHelp + `

It has left, is archived, off duty and holds no ranks. It comes back with: muster account unban REF --ranks`
}

// Run puts the account out.
func (cmd *accountKick) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		result, err := c.Kick(p.ctx, caller, parseRef(cmd.Ref), 0)
		if err != nil {
			return named(cmd.Ref, err)
		}
		return showAccount(p, cmd.output, result.View)
	})
}

type accountBan struct {
	reach
	output
	Ref    string `arg:"" help:"Account to ban."`
	Reason string `arg:"" optional:"" help:"Why."`
	Until  *when  `placeholder:"WHEN" help:"End of the ban: a date, a time, or how long from now, such as 36h or 90d (default: never)."`
}

// Help tells what a REF is, and how this differs from account set --ban.
func (accountBan) Help() string {
	return refHelp + `

It is off duty and loses its ranks, which account set --ban leaves. It comes back with: muster account unban REF --ranks`
}

// Run bans the account.
func (cmd *accountBan) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		ban := muster.Ban{Reason: cmd.Reason}
		if cmd.Until != nil {
			ban.Until = cmd.Until.after(time.Now()).UTC().Truncate(time.Microsecond)
		}
		result, err := c.Ban(p.ctx, caller, parseRef(cmd.Ref), ban, 0)
		if err != nil {
			return named(cmd.Ref, err)
		}
		return showAccount(p, cmd.output, result.View)
	})
}

type accountUnban struct {
	reach
	output
	Ref   string `arg:"" help:"Account to let in again."`
	Ranks bool   `help:"Give back the ranks that it lost with the ban or kick, as far as they are still there."`
}

// Help tells what a REF is.
func (accountUnban) Help() string { return "Ends a ban or takes back a kick. " + refHelp }

// Run lets the account in again, and says on stderr which ranks it might have
// back.
func (cmd *accountUnban) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		out, err := c.Readmit(p.ctx, caller, parseRef(cmd.Ref), cmd.Ranks, 0)
		if err != nil {
			return named(cmd.Ref, err)
		}
		if len(out.Former) > 0 && !cmd.Ranks {
			var labels []string
			for _, r := range out.Former {
				labels = append(labels, r.Label)
			}
			p.warn("it held before: " + strings.Join(labels, ", ") + "; --ranks gives them back")
		}
		return showAccount(p, cmd.output, out.View)
	})
}
