package core

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// WebhookWish is what a caller says of a webhook. Absent members are left
// alone.
type WebhookWish struct {
	URL, Description muster.Opt[string]
	Events           muster.Opt[[]muster.EventKind]
	Members          muster.Opt[[]string] // with fields by key or id
	Active           muster.Opt[bool]
	Level            muster.Opt[muster.Level] // as whose it sees; the caller's own is the most
}

// apply gives a webhook what is wished. Whoever changes it is the one as whom
// it sees from then on, so that nobody has sent to them what they may not see.
func (wish WebhookWish) apply(w muster.Webhook, by muster.Caller) muster.Webhook {
	w.URL, w.Description, w.Active = wish.URL.Or(w.URL), wish.Description.Or(w.Description), wish.Active.Or(w.Active)
	w.Events, w.Members = wish.Events.Or(w.Events), wish.Members.Or(w.Members)
	w.Level, w.Areas = wish.Level.Or(min(w.Level, by.Level)), by.Areas
	if w.Active {
		w.Disabled = ""
	}
	return w
}

// Webhooks lists a community's webhooks by id.
func (c *Core) Webhooks(ctx context.Context, caller muster.Caller) (list []muster.Webhook, err error) {
	if err := caller.MayManage(muster.AreaCatalogue); err != nil {
		return nil, err
	}
	err = c.store.Read(ctx, func(t *store.Tx) error {
		list, err = t.Webhooks(caller.Community)
		return err
	})
	return list, err
}

// Webhook is one webhook.
func (c *Core) Webhook(ctx context.Context, caller muster.Caller, id muster.WebhookID) (w muster.Webhook, err error) {
	if err := caller.MayManage(muster.AreaCatalogue); err != nil {
		return w, err
	}
	err = c.store.Read(ctx, func(t *store.Tx) error {
		w, err = t.Webhook(caller.Community, id)
		return err
	})
	return w, err
}

// CreateWebhook adds a webhook and returns it with its secret, which can be
// read this once. An empty id or secret is made. It is told of what happens
// from then on.
func (c *Core) CreateWebhook(ctx context.Context, caller muster.Caller, id muster.WebhookID, wish WebhookWish, secret string) (w muster.Webhook, _ string, err error) {
	if id == "" {
		id = muster.WebhookID(newID())
	}
	if secret, err = webhookSecret(secret); err != nil {
		return w, "", err
	}
	err = c.manage(ctx, caller, muster.AreaCatalogue, func(t *store.Tx) error {
		w = wish.apply(muster.Webhook{ID: id, Active: true, Level: caller.Level, CreatedAt: c.time()}, caller)
		if w, err = checkedWebhook(t, caller, w); err == nil {
			err = c.mayCall(w.URL)
		}
		if err != nil {
			return err
		}
		if w.Active {
			if err := c.sendAll(t, caller.Community); err != nil {
				return err
			}
		}
		if err := t.InsertWebhook(caller.Community, w, []muster.WebhookSecret{{Text: secret}}); err != nil {
			return err
		}
		return c.recordDefinition(t, caller, muster.DeedCatalogue, webhookSubject(w), nil, w)
	})
	if err != nil || caller.DryRun {
		return w, "", err
	}
	return w, secret, nil
}

func webhookSubject(w muster.Webhook) string { return w.Destination() }

// webhookSecret is a secret as it was given, or a new one.
func webhookSecret(given string) (string, error) {
	if given != "" {
		_, err := muster.WebhookKey(given)
		return given, err
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return muster.SecretPrefix + base64.StdEncoding.EncodeToString(key), nil
}

// checkedWebhook is a webhook whose members are as changes name them.
func checkedWebhook(t *store.Tx, caller muster.Caller, w muster.Webhook) (muster.Webhook, error) {
	if err := w.Validate(); err != nil {
		return w, err
	}
	if w.Level > caller.Level {
		return w, muster.Errorf(muster.Forbidden, "level", "this credential has level %d, and so has its webhook at most", caller.Level)
	}
	rules, err := t.Rules(caller.Community)
	if err != nil {
		return w, err
	}
	w.Members = slices.Clone(w.Members)
	for i, name := range w.Members {
		if name == "" {
			err = muster.Errorf(muster.Invalid, "", "must not be empty")
		} else {
			w.Members[i], err = memberOf(w.Caller(caller.Community), rules, name)
		}
		if err != nil {
			return w, muster.Within("members", muster.Within(strconv.Itoa(i), unplaced(err)))
		}
	}
	return w, nil
}

// mayCall refuses a URL whose host is an address that would not be called.
func (c *Core) mayCall(text string) error {
	u, err := url.Parse(text)
	if err != nil {
		return err // Validate has parsed it, so there is none
	}
	a, _ := netip.ParseAddr(u.Hostname()) // of a name there is none
	if c.refuseTarget == nil || !a.IsValid() {
		return nil
	}
	if err := c.refuseTarget(u.Scheme, a); err != nil {
		return muster.Errorf(muster.Invalid, "url", "%s", err)
	}
	return nil
}

// unplaced is an error that says what is wrong, and not where.
func unplaced(err error) error {
	return muster.Errorf(muster.CodeOf(err), "", "%s", err)
}

// UpdateWebhook changes a webhook. One that is switched off gives up what
// waits for it; one that is switched on is told of what happens from then on.
func (c *Core) UpdateWebhook(ctx context.Context, caller muster.Caller, id muster.WebhookID, wish WebhookWish) (w muster.Webhook, err error) {
	err = c.manage(ctx, caller, muster.AreaCatalogue, func(t *store.Tx) error {
		before, err := t.Webhook(caller.Community, id)
		if err != nil {
			return err
		}
		w, err = checkedWebhook(t, caller, wish.apply(before, caller))
		if err == nil && w.URL != before.URL {
			err = c.mayCall(w.URL)
		}
		if err != nil || sameDefinition(before, w) {
			return err
		}
		return c.putWebhook(t, caller, before, w, "the webhook was switched off")
	})
	return w, err
}

// putWebhook writes what has become of a webhook.
func (c *Core) putWebhook(t *store.Tx, by muster.Caller, before, w muster.Webhook, why string) (err error) {
	if before.Active && !w.Active {
		err = t.GiveUpDeliveries(by.Community, w.Destination(), c.time(), why)
	} else if w.Active && !before.Active {
		err = c.sendAll(t, by.Community)
	}
	if err == nil {
		err = t.UpdateWebhook(by.Community, w)
	}
	if err != nil {
		return err
	}
	return c.recordDefinition(t, by, muster.DeedCatalogue, webhookSubject(w), before, w)
}

// DeleteWebhook removes a webhook, with what is on its way there.
func (c *Core) DeleteWebhook(ctx context.Context, caller muster.Caller, id muster.WebhookID) error {
	return c.manage(ctx, caller, muster.AreaCatalogue, func(t *store.Tx) error {
		before, err := t.Webhook(caller.Community, id)
		if err != nil {
			return err
		}
		if err := t.DeleteWebhook(caller.Community, before); err != nil {
			return err
		}
		return c.recordDefinition(t, caller, muster.DeedCatalogue, webhookSubject(before), before, nil)
	})
}

// RotateWebhook gives a webhook another secret, which can be read this once;
// an empty one is made. For a while deliveries are signed with both.
func (c *Core) RotateWebhook(ctx context.Context, caller muster.Caller, id muster.WebhookID, secret string, overlap time.Duration) (till time.Time, _ string, err error) {
	if overlap < 0 || overlap > maxOverlap {
		return till, "", muster.Errorf(muster.Invalid, "overlap_seconds", "must be from 0 to %d", int64(maxOverlap/time.Second))
	}
	if secret, err = webhookSecret(secret); err != nil {
		return till, "", err
	}
	err = c.manage(ctx, caller, muster.AreaCatalogue, func(t *store.Tx) error {
		w, err := t.Webhook(caller.Community, id)
		if err != nil {
			return err
		}
		old, err := t.WebhookSecrets(caller.Community, id)
		if err != nil {
			return err
		}
		now := c.time()
		till = now.Add(overlap)
		secrets := []muster.WebhookSecret{{Text: secret}}
		for _, s := range liveSecrets(old, now) {
			if s.Till.IsZero() || s.Till.After(till) {
				s.Till = till
			}
			if s.Text != secret && overlap > 0 {
				secrets = append(secrets, s)
			}
		}
		if len(secrets) > maxSecrets {
			return muster.Errorf(muster.Conflict, "", "the webhook has %d secrets that sign; wait until one has ended, or rotate without overlap", maxSecrets)
		}
		if err := t.SetWebhookSecrets(caller.Community, id, secrets); err != nil {
			return err
		}
		type signed struct {
			Secrets int `json:"secrets"`
		}
		return c.recordDefinition(t, caller, muster.DeedCredential, webhookSubject(w), signed{len(old)}, signed{len(secrets)})
	})
	if err != nil || caller.DryRun {
		return till, "", err
	}
	return till, secret, nil
}

// maxSecrets is with how many secrets a delivery is signed.
const maxSecrets = 4

// liveSecrets are those that sign at a time.
func liveSecrets(list []muster.WebhookSecret, now time.Time) (live []muster.WebhookSecret) {
	for _, s := range list {
		if s.Till.IsZero() || now.Before(s.Till) {
			live = append(live, s)
		}
	}
	return live
}
