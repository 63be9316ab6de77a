package core

import (
	"context"
	"slices"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// shownTo is a change as a caller may see it, if there is anything to see: of
// a definition that is hidden, and of an edit of hidden values alone, nobody
// is told that they were.
func shownTo(caller muster.Caller, ch muster.Change, rules muster.Rules) (shown muster.Change, ok bool) {
	shown = seen(caller, ch, rules)
	if ch.Account == "" {
		return shown, maySeeDefinition(caller, &ch, rules)
	}
	return shown, !unseen(ch, shown)
}

// webhookFollowers are the webhooks that are told of events.
func webhookFollowers(t *store.Tx, community muster.CommunityID) (list []follower, err error) {
	hooks, err := t.Webhooks(community)
	if err != nil || len(hooks) == 0 {
		return nil, err
	}
	rules, err := t.Rules(community)
	for _, w := range hooks {
		if w.Active {
			list = append(list, follower{w.Destination(), func(ch muster.Change) muster.EventKind { return toldOf(w, ch, rules) }})
		}
	}
	return list, err
}

// toldOf is the kind of event that a change is to a webhook; nothing where it
// did not ask for it, or may not see it.
func toldOf(w muster.Webhook, ch muster.Change, rules muster.Rules) muster.EventKind {
	kind := ch.Kind()
	if !w.Wants(kind) {
		return ""
	}
	shown, ok := shownTo(w.Caller(ch.Community), ch, rules)
	if !ok || len(w.Members) > 0 && !slices.ContainsFunc(w.Members, shown.Touches) {
		return ""
	}
	return kind
}

// Notice is what a webhook is told.
type Notice struct {
	Webhook muster.Webhook
	Secrets []string // to sign with, the newest first
	Event   Event
	View    *View // the account as it is now; nil where it is about none
}

// Event is a change as somebody sees it who follows them. Of a test it is
// empty but for kind and time.
type Event struct {
	Kind   muster.EventKind
	At     time.Time
	Change muster.Change
}

func eventOf(ch muster.Change) Event { return Event{ch.Kind(), ch.At, ch} }

// Notice is what a delivery to a webhook has to say: the change, and the
// account as it is now, as the webhook's own caller sees them.
func (c *Core) Notice(ctx context.Context, d muster.Delivery) (n Notice, err error) {
	err = c.read(ctx, muster.Caller{Community: d.Community}, func(t *store.Tx, rules muster.Rules, s muster.Settings) error {
		if n.Webhook, err = webhookAt(t, d); err != nil {
			return err
		}
		secrets, err := t.WebhookSecrets(d.Community, n.Webhook.ID)
		if err != nil {
			return err
		}
		for _, secret := range liveSecrets(secrets, c.now()) {
			n.Secrets = append(n.Secrets, secret.Text)
		}
		if d.Event == muster.EventWebhookTest {
			n.Event = Event{Kind: d.Event, At: d.Since}
			return nil
		}
		ch, err := t.Change(d.Community, d.Seq)
		if err != nil {
			return err
		}
		caller := n.Webhook.Caller(d.Community)
		n.Event = eventOf(seen(caller, ch, rules))
		n.Event.Kind = d.Event
		if ch.Account == "" {
			return nil
		}
		a, err := t.Account(d.Community, ch.Account)
		view := c.view(caller, a, rules, s)
		n.View = &view
		return err
	})
	return n, err
}

// webhookAt is the webhook that a delivery goes to.
func webhookAt(t *store.Tx, d muster.Delivery) (muster.Webhook, error) {
	list, err := t.Webhooks(d.Community)
	for _, w := range list {
		if w.Destination() == d.Destination && w.Active {
			return w, err
		}
	}
	if err == nil {
		err = muster.Errorf(muster.NotFound, "destination", "there is no %s that is told of changes", d.Destination)
	}
	return muster.Webhook{}, err
}

// Tried is how an attempt to tell a webhook went.
type Tried struct {
	muster.Attempt
	Gone   bool          // the receiver wants nothing any more
	Wait   time.Duration // for which it wants to be left alone
	Spread float64       // see muster.Delivery.Retried
}

// WebhookTried writes down an attempt, and what follows from it: the delivery
// has arrived, is tried again or is given up; a webhook that wants nothing any
// more is switched off.
func (c *Core) WebhookTried(ctx context.Context, d muster.Delivery, tried Tried) (muster.Delivery, error) {
	now := c.time()
	after := d.Retried(now, tried.Error, tried.Spread, tried.Wait)
	return after, c.store.WriteIn(ctx, d.Community, func(t *store.Tx) error {
		w, err := webhookAt(t, d)
		if muster.CodeOf(err) == muster.NotFound { // deleted or switched off meanwhile, and with it all that waited
			return nil
		}
		if err == nil {
			err = t.InsertAttempt(d, tried.Attempt)
		}
		if err != nil {
			return err
		}
		switch {
		case tried.Error == "":
			return t.Arrived(d, now)
		case tried.Gone:
			before := w
			w.Active, w.Disabled = false, tried.Error
			by := muster.Caller{Community: d.Community, Level: muster.LevelAdmin, Dialect: muster.KindWebhook}
			return c.putWebhook(t, by, before, w, tried.Error)
		default:
			return t.UpdateDelivery(after)
		}
	})
}

// TestWebhook sends a webhook, by the way of all events, one that says that
// nothing happened. It gives back its delivery.
func (c *Core) TestWebhook(ctx context.Context, caller muster.Caller, id muster.WebhookID) (d muster.Delivery, err error) {
	err = c.manage(ctx, caller, muster.AreaCatalogue, func(t *store.Tx) error {
		w, err := activeWebhook(t, caller, id)
		if err != nil {
			return err
		}
		now := c.time()
		d = muster.Delivery{ // its number is that of no change, and each test's own; no event waits for it
			Community: caller.Community, Destination: w.Destination(), Seq: now.UnixMicro(), Account: muster.AccountID(newID()),
			Event: muster.EventWebhookTest, Since: now, Next: now,
		}
		return t.InsertDelivery(d)
	})
	return d, err
}

func activeWebhook(t *store.Tx, caller muster.Caller, id muster.WebhookID) (muster.Webhook, error) {
	w, err := t.Webhook(caller.Community, id)
	if err == nil && !w.Active {
		err = muster.Errorf(muster.Conflict, "active", "the webhook is switched off")
	}
	return w, err
}

// Resend sends a delivery to a webhook again, now and as if it were new,
// whatever has become of it.
func (c *Core) Resend(ctx context.Context, caller muster.Caller, id muster.WebhookID, seq int64) (d muster.Delivery, err error) {
	err = c.manage(ctx, caller, muster.AreaCatalogue, func(t *store.Tx) error {
		w, err := activeWebhook(t, caller, id)
		if err != nil {
			return err
		}
		if d, err = t.Delivery(caller.Community, w.Destination(), seq); err != nil {
			return err
		}
		if err := t.Again(d, c.time()); err != nil {
			return err
		}
		d, err = t.Delivery(caller.Community, w.Destination(), seq)
		return err
	})
	return d, err
}

// Tries is a delivery with its attempts, the first first.
type Tries struct {
	muster.Delivery
	Tried []muster.Attempt
}

// WebhookDeliveries lists the deliveries to a webhook whose numbers are below
// one (0: all), the latest first: what waits, and what ended in the last week.
// next is where the next page begins; 0: there is none.
func (c *Core) WebhookDeliveries(ctx context.Context, caller muster.Caller, id muster.WebhookID, before int64, limit int) (list []Tries, next int64, err error) {
	if err := caller.MayManage(muster.AreaCatalogue); err != nil {
		return nil, 0, err
	}
	if before <= 0 {
		before = 1<<63 - 1
	}
	err = c.store.Read(ctx, func(t *store.Tx) error {
		w, err := t.Webhook(caller.Community, id)
		if err != nil {
			return err
		}
		deliveries, err := t.DeliveriesBefore(caller.Community, w.Destination(), before, page(limit)+1)
		for i, d := range deliveries {
			if i == page(limit) {
				next = deliveries[i-1].Seq
				break
			}
			tries := Tries{Delivery: d}
			if tries.Tried, err = t.Attempts(d); err != nil {
				return err
			}
			list = append(list, tries)
		}
		return err
	})
	return list, next, err
}
