package rest

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

func (d *Dialect) webhookRoutes() []route {
	const all, one = root + "/webhooks", root + "/webhooks/{webhook}"
	return []route{
		{method: http.MethodGet, pattern: all, class: classRead, do: d.listWebhooks},
		{method: http.MethodPost, pattern: all, class: classWrite, do: d.createWebhook, secret: true},
		{method: http.MethodGet, pattern: one, class: classRead, do: d.readWebhook},
		{method: http.MethodPatch, pattern: one, class: classWrite, do: d.patchWebhook},
		{method: http.MethodDelete, pattern: one, class: classWrite, do: d.deleteWebhook},
		{method: http.MethodPost, pattern: one + "/rotate", class: classWrite, do: d.rotateWebhook, secret: true},
		{method: http.MethodPost, pattern: one + "/test", class: classWrite, do: d.testWebhook},
		{method: http.MethodGet, pattern: one + "/deliveries", class: classRead, query: []string{"limit", "cursor"}, do: d.listDeliveries},
		{method: http.MethodPost, pattern: one + "/deliveries/{seq}/resend", class: classWrite, do: d.resend},
	}
}

// webhook is a webhook as it is read.
type webhook struct {
	ID          muster.WebhookID   `json:"id"`
	URL         string             `json:"url"`
	Description string             `json:"description"`
	Events      []muster.EventKind `json:"events"`
	Members     []string           `json:"members"`
	Active      bool               `json:"active"`
	Level       muster.Level       `json:"level"`
	CreatedAt   time.Time          `json:"created_at"`
	Disabled    string             `json:"disabled,omitempty"` // why it was switched off of itself
	Secret      string             `json:"secret,omitempty"`   // where it was just made
}

func webhookOf(w muster.Webhook) webhook {
	if w.Members == nil {
		w.Members = []string{}
	}
	return webhook{ID: w.ID, URL: w.URL, Description: w.Description, Events: w.Events, Members: w.Members, Active: w.Active, Level: w.Level, CreatedAt: w.CreatedAt, Disabled: w.Disabled}
}

func (in request) webhook() muster.WebhookID { return muster.WebhookID(in.PathValue("webhook")) }

func (d *Dialect) listWebhooks(ctx context.Context, c muster.Caller, in request) (reply, error) {
	list, err := d.core.Webhooks(ctx, c)
	items := []webhook{}
	for _, w := range list {
		items = append(items, webhookOf(w))
	}
	return in.page(items, "", 0), err
}

func (d *Dialect) readWebhook(ctx context.Context, c muster.Caller, in request) (reply, error) {
	w, err := d.core.Webhook(ctx, c, in.webhook())
	return reply{body: webhookOf(w)}, err
}

func (d *Dialect) createWebhook(ctx context.Context, c muster.Caller, in request) (reply, error) {
	body, err := in.object(typeJSON)
	if err != nil {
		return reply{}, err
	}
	wish, err := body.webhookWish()
	if err != nil {
		return reply{}, err
	}
	id, err := body.text("id")
	if err != nil {
		return reply{}, err
	}
	secret, err := body.text("secret")
	if err := either(err, body.rest()); err != nil {
		return reply{}, err
	}
	w, shown, err := d.core.CreateWebhook(ctx, c, muster.WebhookID(id.Value), wish, secret.Value)
	out := webhookOf(w)
	out.Secret = shown
	return reply{status: http.StatusCreated, header: map[string]string{"Location": root + "/webhooks/" + string(w.ID)}, body: out}, err
}

func (d *Dialect) patchWebhook(ctx context.Context, c muster.Caller, in request) (reply, error) {
	body, err := in.object(typePatch)
	if err != nil {
		return reply{}, err
	}
	wish, err := body.webhookWish()
	if err := either(err, body.rest()); err != nil {
		return reply{}, err
	}
	w, err := d.core.UpdateWebhook(ctx, c, in.webhook(), wish)
	return reply{body: webhookOf(w)}, err
}

// webhookWish reads what is said of a webhook.
func (o object) webhookWish() (wish core.WebhookWish, err error) {
	for _, m := range []named[muster.Opt[string]]{{"url", &wish.URL}, {"description", &wish.Description}} {
		if *m.at, err = o.text(m.name); err != nil {
			return wish, err
		}
	}
	events, err := o.texts("events")
	if err != nil {
		return wish, err
	}
	if events.Set {
		wish.Events = muster.Some(convert[muster.EventKind](events.Value))
	}
	if wish.Members, err = o.texts("members"); err != nil {
		return wish, err
	}
	if wish.Active, err = o.bool("active"); err != nil {
		return wish, err
	}
	level, err := o.integer("level")
	if level.Set {
		wish.Level = muster.Some(muster.Level(level.Value))
	}
	return wish, err
}

func (d *Dialect) deleteWebhook(ctx context.Context, c muster.Caller, in request) (reply, error) {
	return reply{status: http.StatusNoContent}, d.core.DeleteWebhook(ctx, c, in.webhook())
}

// overlap is how long an old secret signs where nobody says.
const overlap = 24 * time.Hour

// rotateWebhook takes a body or none.
func (d *Dialect) rotateWebhook(ctx context.Context, c muster.Caller, in request) (reply, error) {
	body, err := in.optional()
	if err != nil {
		return reply{}, err
	}
	secret, err := body.text("secret")
	if err != nil {
		return reply{}, err
	}
	seconds, err := body.integer("overlap_seconds")
	if err := either(err, body.rest()); err != nil {
		return reply{}, err
	}
	const most = int64(1<<63-1) / int64(time.Second) // more would be less
	till, shown, err := d.core.RotateWebhook(ctx, c, in.webhook(), secret.Value, time.Duration(min(seconds.Or(int64(overlap/time.Second)), most))*time.Second)
	return reply{body: struct {
		ID     muster.WebhookID `json:"id"`
		Secret string           `json:"secret,omitempty"`
		Old    time.Time        `json:"old_secret_until"`
	}{in.webhook(), shown, till}}, err
}

// delivery is a delivery as it is read.
type delivery struct {
	Seq       int64            `json:"seq"`
	Type      muster.EventKind `json:"type"`
	Account   muster.AccountID `json:"account,omitempty"`
	State     string           `json:"state"`
	Since     time.Time        `json:"since"`
	Next      time.Time        `json:"next,omitzero"`
	Delivered time.Time        `json:"delivered_at,omitzero"`
	GivenUp   time.Time        `json:"given_up_at,omitzero"`
	Error     string           `json:"error,omitempty"`
	Attempts  []attempt        `json:"attempts"`
}

type attempt struct {
	At     time.Time `json:"at"`
	Took   int64     `json:"took_ms"`
	Status int       `json:"status,omitempty"`
	Error  string    `json:"error,omitempty"`
}

func deliveryOf(t core.Tries) delivery {
	out := delivery{
		Seq: t.Seq, Type: t.Event, Account: t.Account, State: "waiting", Since: t.Since, Next: t.Next, Delivered: t.Delivered, GivenUp: t.GivenUp,
		Error: t.LastError, Attempts: []attempt{},
	}
	switch {
	case !t.Delivered.IsZero():
		out.State = "delivered"
	case !t.GivenUp.IsZero():
		out.State = "given_up"
	}
	if t.Event == muster.EventWebhookTest {
		out.Account = ""
	}
	for _, a := range t.Tried {
		out.Attempts = append(out.Attempts, attempt{a.At, a.Took.Milliseconds(), a.Status, a.Error})
	}
	return out
}

func (d *Dialect) listDeliveries(ctx context.Context, c muster.Caller, in request) (reply, error) {
	limit, err := in.number("limit", 1, 1000, 100)
	if err != nil {
		return reply{}, err
	}
	before, err := in.cursor("d")
	if err != nil {
		return reply{}, err
	}
	list, next, err := d.core.WebhookDeliveries(ctx, c, in.webhook(), before, int(limit))
	items := []delivery{}
	for _, t := range list {
		items = append(items, deliveryOf(t))
	}
	return in.page(items, "d", next), err
}

func (d *Dialect) testWebhook(ctx context.Context, c muster.Caller, in request) (reply, error) {
	if err := in.nothing(); err != nil {
		return reply{}, err
	}
	return begun(d.core.TestWebhook(ctx, c, in.webhook()))
}

func (d *Dialect) resend(ctx context.Context, c muster.Caller, in request) (reply, error) {
	seq, err := strconv.ParseInt(in.PathValue("seq"), 10, 64)
	if err != nil {
		return reply{}, muster.Errorf(muster.NotFound, "seq", "there is no such delivery")
	}
	if err := in.nothing(); err != nil {
		return reply{}, err
	}
	return begun(d.core.Resend(ctx, c, in.webhook(), seq))
}

// begun is a delivery that is on its way.
func begun(d muster.Delivery, err error) (reply, error) {
	return reply{status: http.StatusAccepted, body: deliveryOf(core.Tries{Delivery: d})}, err
}
