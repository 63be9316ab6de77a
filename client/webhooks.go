package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/muster-accounts/muster"
)

// Webhook is where events are sent, signed as Standard Webhooks has it.
type Webhook struct {
	ID          muster.WebhookID   `json:"id"`
	URL         string             `json:"url"`
	Description string             `json:"description"`
	Events      []muster.EventKind `json:"events"`  // kinds, "account.*", or "*"
	Members     []string           `json:"members"` // only changes that touch one of them; none: all
	Active      bool               `json:"active"`
	Level       muster.Level       `json:"level"` // it sees what a key of this level sees
	CreatedAt   time.Time          `json:"created_at"`
	Disabled    string             `json:"disabled,omitempty"` // why it was switched off of itself

	Secret string `json:"secret,omitempty"` // in the answer of what made it, and never again
}

// NewWebhook is a webhook to be made.
type NewWebhook struct {
	ID          muster.WebhookID         `json:"id,omitempty"`     // empty: it is made
	Secret      string                   `json:"secret,omitempty"` // whsec_ and base64; empty: it is made
	URL         string                   `json:"url"`
	Description string                   `json:"description,omitempty"`
	Events      []muster.EventKind       `json:"events"`
	Members     []string                 `json:"members,omitempty"`
	Active      muster.Opt[bool]         `json:"active,omitzero"` // not set, it is
	Level       muster.Opt[muster.Level] `json:"level,omitzero"`  // not set, it is the caller's own
}

// WebhookEdit is what is to become different of a webhook. What is not set stays.
type WebhookEdit struct {
	URL         muster.Opt[string]             `json:"url,omitzero"`
	Description muster.Opt[string]             `json:"description,omitzero"`
	Events      muster.Opt[[]muster.EventKind] `json:"events,omitzero"`
	Members     muster.Opt[[]string]           `json:"members,omitzero"`
	Active      muster.Opt[bool]               `json:"active,omitzero"`
	Level       muster.Opt[muster.Level]       `json:"level,omitzero"`
}

// Webhooks lists the webhooks by id.
func (c *Client) Webhooks(ctx context.Context) ([]Webhook, error) {
	return all[Webhook](ctx, c, "webhooks")
}

// Webhook reads a webhook.
func (c *Client) Webhook(ctx context.Context, id muster.WebhookID) (Webhook, error) {
	return read[Webhook](ctx, c, "webhooks", string(id))
}

// CreateWebhook has events sent to an address, from now on. The answer has the secret that they are signed with, this
// once.
func (c *Client) CreateWebhook(ctx context.Context, w NewWebhook, options ...CallOption) (Webhook, error) {
	return write[Webhook](ctx, c, http.MethodPost, w, options, "webhooks")
}

// EditWebhook changes a webhook, which sees as the caller from then on.
func (c *Client) EditWebhook(ctx context.Context, id muster.WebhookID, e WebhookEdit, options ...CallOption) (Webhook, error) {
	return write[Webhook](ctx, c, http.MethodPatch, e, options, "webhooks", string(id))
}

// DeleteWebhook removes a webhook, with what is on its way to it.
func (c *Client) DeleteWebhook(ctx context.Context, id muster.WebhookID, options ...CallOption) error {
	return c.remove(ctx, options, "webhooks", string(id))
}

// WebhookSecret is a new secret of a webhook.
type WebhookSecret struct {
	ID             muster.WebhookID `json:"id"`
	Secret         string           `json:"secret"`
	OldSecretUntil time.Time        `json:"old_secret_until"` // until then events are signed with both
}

// RotateWebhook gives a webhook another secret: the one that is given, or else one that is made. The one before signs as
// well for an overlap, in whole seconds, 30 days at most.
func (c *Client) RotateWebhook(ctx context.Context, id muster.WebhookID, secret string, overlap time.Duration, options ...CallOption) (WebhookSecret, error) {
	seconds, err := wholly(overlap, time.Second)
	if err != nil {
		return WebhookSecret{}, err
	}
	body := struct {
		Secret  string `json:"secret,omitempty"`
		Overlap int64  `json:"overlap_seconds"`
	}{secret, seconds}
	return write[WebhookSecret](ctx, c, http.MethodPost, body, options, "webhooks", string(id), "rotate")
}

// Delivery is an event on its way to a webhook, or at its end.
type Delivery struct {
	Seq         int64            `json:"seq"` // the number of the change; of a test it is its own
	Type        muster.EventKind `json:"type"`
	Account     muster.AccountID `json:"account,omitempty"`
	State       string           `json:"state"` // waiting, delivered or given_up
	Since       time.Time        `json:"since"`
	Next        time.Time        `json:"next,omitzero"` // when it is tried; zero while an earlier one of the account goes first
	DeliveredAt time.Time        `json:"delivered_at,omitzero"`
	GivenUpAt   time.Time        `json:"given_up_at,omitzero"`
	Error       string           `json:"error,omitempty"` // of the last attempt
	Attempts    []Attempt        `json:"attempts"`
}

// Attempt is one attempt to deliver an event.
type Attempt struct {
	At     time.Time `json:"at"`
	TookMS int64     `json:"took_ms"`
	Status int       `json:"status,omitempty"` // of the answer; 0: there was none
	Error  string    `json:"error,omitempty"`  // empty: it arrived
}

// TestWebhook sends a webhook an event that means nothing, once.
func (c *Client) TestWebhook(ctx context.Context, id muster.WebhookID, options ...CallOption) (Delivery, error) {
	return write[Delivery](ctx, c, http.MethodPost, nil, options, "webhooks", string(id), "test")
}

// Deliveries lists what is on its way to a webhook, and what ended in the last week, the latest first.
func (c *Client) Deliveries(ctx context.Context, id muster.WebhookID) iter.Seq2[Delivery, error] {
	return pages[Delivery](ctx, c, url.Values{}, "webhooks", string(id), "deliveries")
}

// Resend sends an event again, whatever has become of it.
func (c *Client) Resend(ctx context.Context, id muster.WebhookID, seq int64, options ...CallOption) (Delivery, error) {
	return write[Delivery](ctx, c, http.MethodPost, nil, options, "webhooks", string(id), "deliveries", strconv.FormatInt(seq, 10), "resend")
}
