package main

import (
	"strconv"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

type webhookCmd struct {
	Create webhookCreate `cmd:"" help:"Create a webhook and print its secret, once."`
	List   webhookList   `cmd:"" help:"List the webhooks; their secrets cannot be shown."`
	Show   webhookShow   `cmd:"" help:"Show a webhook."`
	Set    webhookSet    `cmd:"" help:"Change a webhook; its secret stays."`
	Delete webhookDelete `cmd:"" help:"Delete a webhook, with what is on its way there."`
	Rotate webhookRotate `cmd:"" help:"Give a webhook another secret and print it, once."`

	Test       webhookTest       `cmd:"" help:"Have the server send a webhook an event that means nothing."`
	Deliveries webhookDeliveries `cmd:"" help:"List what waits for a webhook, and what ended in the last week."`
	Resend     webhookResend     `cmd:"" help:"Have the server send a delivery again."`
}

// webhookFlags are the parts of a webhook beside its id, address and events.
type webhookFlags struct {
	Description *string `help:"About it."`
	Members     *words  `placeholder:"NAMES" help:"Only changes that touched one of these members, by comma: username, ranks, values.KEY and so on; nothing (--members=) for all."`
	Active      *bool   `negatable:"" help:"Switch it on; with --no-active off, and what waits is given up."`
	Level       *int    `placeholder:"N" help:"It sees what a key of this level sees, 2 to 8 (default: 8, everything)."`
}

func (g webhookFlags) wish() core.WebhookWish {
	wish := core.WebhookWish{Description: opt(g.Description), Active: opt(g.Active), Level: opt((*muster.Level)(g.Level))}
	if g.Members != nil {
		wish.Members = muster.Some([]string(*g.Members))
	}
	return wish
}

func kindsNamed(names []string) (kinds []muster.EventKind) {
	for _, name := range names {
		kinds = append(kinds, muster.EventKind(name))
	}
	return kinds
}

type webhookCreate struct {
	reach
	output
	URL    string           `arg:"" help:"Where events are sent: https://..., or http://... into a private network that the server was allowed."`
	Events words            `required:"" placeholder:"KINDS" help:"What it is told of, by comma: account.created, account.*, or * for everything."`
	ID     muster.WebhookID `help:"Id of the webhook (default: a new UUID)."`
	Secret *string          `placeholder:"VALUE" help:"Keep a secret that the receiver has already: whsec_ and base64; - reads it from the first line of the input (default: a new one)."`
	webhookFlags
}

// Help gives an example.
func (webhookCreate) Help() string {
	return `Example: muster webhook create https://example.org/hooks --events 'account.*,rank.*'

It is told of what happens from now on, signed as Standard Webhooks has it.`
}

// Run creates the webhook. A secret that was given is not repeated.
func (cmd *webhookCreate) Run(p *program) error {
	given, err := givenSecret(cmd.Secret, p.in)
	if err != nil {
		return err
	}
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		wish := cmd.wish()
		wish.URL, wish.Events = muster.Some(cmd.URL), muster.Some(kindsNamed(cmd.Events))
		w, made, err := c.CreateWebhook(p.ctx, caller, cmd.ID, wish, given)
		if err != nil {
			return err
		}
		if given != "" {
			made = "" // whoever gave it has it
		}
		return showWebhook(p, cmd.output, w, made)
	})
}

// webhookView is a webhook as JSON. Secret stands only in the answer to its
// creation.
type webhookView struct {
	muster.Webhook
	Secret string `json:"secret,omitempty"`
}

// showWebhook shows a webhook, and its secret where it is new.
func showWebhook(p *program, o output, w muster.Webhook, secret string) error {
	rows := [][]string{
		{"ID", string(w.ID)}, {"URL", w.URL}, {"Description", w.Description}, {"Events", joinKinds(w.Events)}, {"Members", strings.Join(w.Members, ", ")},
		{"State", stateOfWebhook(w)}, {"Switched off", w.Disabled}, {"Level", strconv.Itoa(int(w.Level))}, {"Created", moment(w.CreatedAt)},
	}
	return o.one(p.out, webhookView{w, secret}, append(rows, secretRows(secret, "it is kept sealed, and cannot be shown again")...))
}

// secretRows are a new secret as it is shown, if there is one.
func secretRows(secret, why string) [][]string {
	if secret == "" {
		return nil
	}
	return [][]string{{"Secret", secret}, {"", "(shown this once: " + why + ")"}}
}

func joinKinds(kinds []muster.EventKind) string {
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		names[i] = string(kind)
	}
	return strings.Join(names, ", ")
}

func stateOfWebhook(w muster.Webhook) string {
	if w.Active {
		return "on"
	}
	return "off"
}

type webhookList struct {
	reach
	output
}

// Run lists the webhooks.
func (cmd *webhookList) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		list, err := c.Webhooks(p.ctx, caller)
		if err != nil {
			return err
		}
		rows := make([][]string, len(list))
		for i, w := range list {
			rows[i] = []string{string(w.ID), stateOfWebhook(w), strconv.Itoa(int(w.Level)), shorten(joinKinds(w.Events), 40), shorten(w.URL, 60)}
		}
		return cmd.list(p.out, append([]muster.Webhook{}, list...), "ID STATE LEVEL EVENTS URL", rows)
	})
}

// webhookArg is what commands about one webhook are given.
type webhookArg struct {
	reach
	output
	ID muster.WebhookID `arg:"" help:"Id of the webhook."`
}

type webhookShow struct{ webhookArg }

// Run shows the webhook.
func (cmd *webhookShow) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		w, err := c.Webhook(p.ctx, caller, cmd.ID)
		if err != nil {
			return err
		}
		return showWebhook(p, cmd.output, w, "")
	})
}

type webhookSet struct {
	webhookArg
	URL    *string `help:"Where events are sent."`
	Events *words  `placeholder:"KINDS" help:"What it is told of, by comma."`
	webhookFlags
}

// Run changes what was given.
func (cmd *webhookSet) Run(p *program) error {
	wish := cmd.wish()
	wish.URL = opt(cmd.URL)
	if cmd.Events != nil {
		wish.Events = muster.Some(kindsNamed(*cmd.Events))
	}
	if cmd.webhookFlags == (webhookFlags{}) && cmd.URL == nil && cmd.Events == nil {
		return errNothingGiven
	}
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		w, err := c.UpdateWebhook(p.ctx, caller, cmd.ID, wish)
		if err != nil {
			return err
		}
		return showWebhook(p, cmd.output, w, "")
	})
}

type webhookDelete struct{ webhookArg }

// Run deletes the webhook.
func (cmd *webhookDelete) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		if err := c.DeleteWebhook(p.ctx, caller, cmd.ID); err != nil {
			return err
		}
		return cmd.say(p.out, map[string]muster.WebhookID{"deleted": cmd.ID}, "The webhook %s is deleted.", cmd.ID)
	})
}

type webhookRotate struct {
	webhookArg
	Secret  *string       `placeholder:"VALUE" help:"Take this secret: whsec_ and base64; - reads it from the first line of the input (default: a new one)."`
	Overlap time.Duration `default:"24h" placeholder:"TIME" help:"How long the secrets before sign as well; 0s: they end at once, 720h at most (default: 24h)."`
}

// rotatedView is what --json prints.
type rotatedView struct {
	ID     muster.WebhookID `json:"id"`
	Secret string           `json:"secret,omitempty"`
	Old    time.Time        `json:"old_secret_until"`
}

// Run gives the webhook another secret. One that was given is not repeated.
func (cmd *webhookRotate) Run(p *program) error {
	given, err := givenSecret(cmd.Secret, p.in)
	if err != nil {
		return err
	}
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		till, made, err := c.RotateWebhook(p.ctx, caller, cmd.ID, given, cmd.Overlap)
		if err != nil {
			return err
		}
		if given != "" {
			made = ""
		}
		rows := [][]string{{"ID", string(cmd.ID)}, {"Old secret", "signs until " + moment(till)}}
		return cmd.one(p.out, rotatedView{cmd.ID, made, till}, append(rows, secretRows(made, "it is kept sealed, and cannot be shown again")...))
	})
}
