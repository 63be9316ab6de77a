package main

import (
	"strconv"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

type webhookTest struct{ webhookArg }

// Run has the test sent as every event is: by the server.
func (cmd *webhookTest) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		d, err := c.TestWebhook(p.ctx, caller, cmd.ID)
		if err != nil {
			return err
		}
		return cmd.begun(p, d)
	})
}

// begun says where to look for what became of a delivery.
func (cmd *webhookArg) begun(p *program, d muster.Delivery) error {
	return cmd.say(p.out, viewTries(core.Tries{Delivery: d}), "The server sends it; what became of it says: muster webhook deliveries %s --seq %d", cmd.ID, d.Seq)
}

type webhookDeliveries struct {
	webhookArg
	Seq   int64 `placeholder:"N" help:"Only this one, with each attempt."`
	Limit int   `default:"50" placeholder:"N" help:"How many, the latest first; 1,000 at most (default: 50)."`
}

// triesView is a delivery to a webhook as JSON.
type triesView struct {
	deliveryView
	Delivered time.Time     `json:"delivered_at,omitzero"`
	GivenUp   time.Time     `json:"given_up_at,omitzero"`
	Tried     []attemptView `json:"tried"`
}

type attemptView struct {
	At     time.Time `json:"at"`
	Took   int64     `json:"took_ms"`
	Status int       `json:"status,omitempty"`
	Error  string    `json:"error,omitempty"`
}

func viewTries(t core.Tries) triesView {
	v := triesView{deliveryView{t.Seq, t.Event, t.Account, stateOf(t.Delivery), t.Attempts, t.Since, t.Next, t.LastError}, t.Delivered, t.GivenUp, []attemptView{}}
	if t.Event == muster.EventWebhookTest { // it is about none
		v.Account = ""
	}
	for _, a := range t.Tried {
		v.Tried = append(v.Tried, attemptView{a.At, a.Took.Milliseconds(), a.Status, a.Error})
	}
	return v
}

// Run lists the deliveries, or the attempts of one.
func (cmd *webhookDeliveries) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		before, limit := int64(0), cmd.Limit
		if cmd.Seq > 0 {
			before, limit = cmd.Seq+1, 1
		}
		list, _, err := c.WebhookDeliveries(p.ctx, caller, cmd.ID, before, limit)
		if err != nil {
			return err
		}
		shown, rows := []triesView{}, [][]string{}
		for _, t := range list {
			v := viewTries(t)
			shown = append(shown, v)
			rows = append(rows, []string{
				strconv.FormatInt(v.Seq, 10), string(v.Event), string(v.Account), v.State, strconv.Itoa(len(v.Tried)), moment(v.Since), v.LastError,
			})
		}
		if cmd.Seq == 0 {
			return cmd.list(p.out, shown, "SEQ EVENT ACCOUNT STATE ATTEMPTS SINCE ERROR", rows)
		}
		if len(shown) == 0 || shown[0].Seq != cmd.Seq {
			return muster.Errorf(muster.NotFound, "seq", "there is no such delivery, or it was forgotten")
		}
		return cmd.attempts(p, shown[0])
	})
}

func (cmd *webhookDeliveries) attempts(p *program, v triesView) error {
	rows := [][]string{
		{"Number", strconv.FormatInt(v.Seq, 10)}, {"Event", string(v.Event)}, {"Account", string(v.Account)}, {"State", v.State}, {"Since", moment(v.Since)}, {"Next", moment(v.Next)},
	}
	for _, a := range v.Tried {
		what := a.Error
		if what == "" {
			what = "arrived"
		}
		rows = append(rows, []string{"Attempt", moment(a.At) + ", " + (time.Duration(a.Took) * time.Millisecond).String() + ": " + what})
	}
	return cmd.one(p.out, v, rows)
}

type webhookResend struct {
	webhookArg
	Seq int64 `arg:"" help:"Number of the delivery."`
}

// Run has the delivery sent again.
func (cmd *webhookResend) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		d, err := c.Resend(p.ctx, caller, cmd.ID, cmd.Seq)
		if err != nil {
			return err
		}
		return cmd.begun(p, d)
	})
}
