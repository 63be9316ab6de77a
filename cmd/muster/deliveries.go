package main

import (
	"log/slog"
	"strconv"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

type serverTest struct {
	inCommunity
	outgoing
	output
	ID int64 `arg:"" help:"Number of the game server."`
}

// Run sends the event, from this process.
func (cmd *serverTest) Run(p *program) error {
	return cmd.do(p.ctx, func(c *core.Core, caller muster.Caller) error {
		d := cmd.dispatcher(c, slog.New(slog.DiscardHandler), "", false)
		answer, err := d.Test(p.ctx, caller, cmd.ID)
		if err != nil {
			return err
		}
		return cmd.say(p.out, map[string]string{"answer": answer}, "The server %d took the event and answered: %s", cmd.ID, answer)
	})
}

type serverDeliveries struct {
	inCommunity
	output
	ID    int64 `arg:"" help:"Number of the game server."`
	Limit int   `default:"50" placeholder:"N" help:"How many, the latest first; 1,000 at most (default: 50)."`
}

type deliveryView struct {
	Seq       int64            `json:"seq"`
	Event     muster.EventKind `json:"event"`
	Account   muster.AccountID `json:"account"`
	State     string           `json:"state"`
	Attempts  int              `json:"attempts"`
	Since     time.Time        `json:"since"`
	Next      time.Time        `json:"next,omitzero"`
	LastError string           `json:"last_error,omitempty"`
}

// Run lists the deliveries.
func (cmd *serverDeliveries) Run(p *program) error {
	return cmd.do(p.ctx, func(c *core.Core, caller muster.Caller) error {
		list, err := c.Deliveries(p.ctx, caller, cmd.ID, cmd.Limit)
		if err != nil {
			return err
		}
		shown, rows := []deliveryView{}, [][]string{}
		for _, d := range list {
			v := deliveryView{d.Seq, d.Event, d.Account, stateOf(d), d.Attempts, d.Since, d.Next, d.LastError}
			shown = append(shown, v)
			rows = append(rows, []string{
				strconv.FormatInt(v.Seq, 10), string(v.Event), string(v.Account), v.State, strconv.Itoa(v.Attempts), moment(v.Since), v.LastError,
			})
		}
		return cmd.list(p.out, shown, "SEQ EVENT ACCOUNT STATE ATTEMPTS SINCE ERROR", rows)
	})
}

func stateOf(d muster.Delivery) string {
	switch {
	case !d.Delivered.IsZero():
		return "delivered"
	case !d.GivenUp.IsZero():
		return "given-up"
	case d.Next.IsZero():
		return "behind" // an earlier one of the account
	default:
		return "waits"
	}
}
