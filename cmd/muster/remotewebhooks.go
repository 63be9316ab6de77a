package main

import (
	"context"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/client"
	"github.com/muster-accounts/muster/internal/core"
)

// webhookOf is a webhook as the core has it.
func webhookOf(w client.Webhook) muster.Webhook {
	return muster.Webhook{
		ID: w.ID, URL: w.URL, Description: w.Description, Events: w.Events, Members: w.Members, Active: w.Active, Level: w.Level, CreatedAt: w.CreatedAt,
		Disabled: w.Disabled,
	}
}

func (r *remote) Webhooks(ctx context.Context, _ muster.Caller) (out []muster.Webhook, err error) {
	list, err := r.client.Webhooks(ctx)
	for _, w := range list {
		out = append(out, webhookOf(w))
	}
	return out, plain(err)
}

func (r *remote) Webhook(ctx context.Context, _ muster.Caller, id muster.WebhookID) (muster.Webhook, error) {
	w, err := r.client.Webhook(ctx, id)
	return webhookOf(w), plain(err)
}

func (r *remote) CreateWebhook(ctx context.Context, _ muster.Caller, id muster.WebhookID, wish core.WebhookWish, secret string) (muster.Webhook, string, error) {
	w, err := r.client.CreateWebhook(ctx, client.NewWebhook{
		ID: id, Secret: secret, URL: wish.URL.Value, Description: wish.Description.Value, Events: wish.Events.Value, Members: wish.Members.Value,
		Active: wish.Active, Level: wish.Level,
	})
	return webhookOf(w), w.Secret, plain(err)
}

func (r *remote) UpdateWebhook(ctx context.Context, _ muster.Caller, id muster.WebhookID, wish core.WebhookWish) (muster.Webhook, error) {
	w, err := r.client.EditWebhook(ctx, id, client.WebhookEdit(wish))
	return webhookOf(w), plain(err)
}

func (r *remote) DeleteWebhook(ctx context.Context, _ muster.Caller, id muster.WebhookID) error {
	return plain(r.client.DeleteWebhook(ctx, id))
}

func (r *remote) RotateWebhook(ctx context.Context, _ muster.Caller, id muster.WebhookID, secret string, overlap time.Duration) (time.Time, string, error) {
	s, err := r.client.RotateWebhook(ctx, id, secret, overlap)
	return s.OldSecretUntil, s.Secret, plain(err)
}

// triesOf is a delivery as the core has it.
func triesOf(d client.Delivery) core.Tries {
	out := core.Tries{Delivery: muster.Delivery{
		Seq: d.Seq, Event: d.Type, Account: d.Account, Since: d.Since, Next: d.Next, Delivered: d.DeliveredAt, GivenUp: d.GivenUpAt, LastError: d.Error,
	}}
	for _, a := range d.Attempts {
		out.Tried = append(out.Tried, muster.Attempt{At: a.At, Took: time.Duration(a.TookMS) * time.Millisecond, Status: a.Status, Error: a.Error})
		if a.Error != "" {
			out.Attempts++
		}
	}
	return out
}

func (r *remote) TestWebhook(ctx context.Context, _ muster.Caller, id muster.WebhookID) (muster.Delivery, error) {
	d, err := r.client.TestWebhook(ctx, id)
	return triesOf(d).Delivery, plain(err)
}

func (r *remote) Resend(ctx context.Context, _ muster.Caller, id muster.WebhookID, seq int64) (muster.Delivery, error) {
	d, err := r.client.Resend(ctx, id, seq)
	return triesOf(d).Delivery, plain(err)
}

// WebhookDeliveries goes through the list from its beginning. Where it goes on is not told: no command asks for that.
func (r *remote) WebhookDeliveries(ctx context.Context, _ muster.Caller, id muster.WebhookID, before int64, limit int) (list []core.Tries, next int64, err error) {
	for d, err := range r.client.Deliveries(ctx, id) {
		if err != nil {
			return nil, 0, plain(err)
		}
		if before != 0 && d.Seq >= before {
			continue
		}
		if list = append(list, triesOf(d)); len(list) >= limit {
			break
		}
	}
	return list, 0, nil
}
