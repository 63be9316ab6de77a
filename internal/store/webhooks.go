package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/muster-accounts/muster"
)

// Webhooks lists a community's webhooks by id.
func (t *Tx) Webhooks(c muster.CommunityID) ([]muster.Webhook, error) {
	return definitions[muster.Webhook](t, `SELECT definition FROM webhooks WHERE community_id = $1 ORDER BY webhook_id`, c)
}

// Webhook is a webhook by its id.
func (t *Tx) Webhook(c muster.CommunityID, id muster.WebhookID) (w muster.Webhook, err error) {
	var text string
	err = t.row(`SELECT definition FROM webhooks WHERE community_id = $1 AND webhook_id = $2`, []any{c, id}, &text)
	if err != nil {
		return w, muster.Within("webhook", notFound(err, "there is no webhook %s", muster.Quote(id)))
	}
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		return w, fmt.Errorf("definition %s: %w", text, err)
	}
	return w, nil
}

// InsertWebhook adds a webhook with its first secret.
func (t *Tx) InsertWebhook(c muster.CommunityID, w muster.Webhook, secrets []muster.WebhookSecret) error {
	text, err := encode(w)
	if err != nil {
		return err
	}
	content, err := t.sealedJSON(c, webhookSubject(string(w.ID)), secrets)
	if err != nil {
		return err
	}
	err = t.exec(`INSERT INTO webhooks (community_id, webhook_id, definition, content) VALUES ($1, $2, $3, $4)`, c, w.ID, text, content)
	return t.taken(err, "id", "there is a webhook %q already", w.ID)
}

// UpdateWebhook replaces a webhook's definition.
func (t *Tx) UpdateWebhook(c muster.CommunityID, w muster.Webhook) error {
	text, err := encode(w)
	if err != nil {
		return err
	}
	return t.exec(`UPDATE webhooks SET definition = $3 WHERE community_id = $1 AND webhook_id = $2`, c, w.ID, text)
}

// DeleteWebhook removes a webhook, with what is on its way there.
func (t *Tx) DeleteWebhook(c muster.CommunityID, w muster.Webhook) error {
	err := t.exec(`DELETE FROM webhooks WHERE community_id = $1 AND webhook_id = $2`, c, w.ID)
	if err == nil {
		err = t.exec(`DELETE FROM delivery_attempts WHERE community_id = $1 AND destination = $2`, c, w.Destination())
	}
	if err == nil {
		err = t.DropDeliveries(c, w.Destination())
	}
	return err
}

// WebhookSecrets are a webhook's secrets, the newest first.
func (t *Tx) WebhookSecrets(c muster.CommunityID, id muster.WebhookID) (list []muster.WebhookSecret, err error) {
	var content string
	err = t.row(`SELECT content FROM webhooks WHERE community_id = $1 AND webhook_id = $2`, []any{c, id}, &content)
	if err != nil {
		return nil, muster.Within("webhook", notFound(err, "there is no webhook %s", muster.Quote(id)))
	}
	err = t.openedJSON(c, webhookSubject(string(id)), content, &list)
	return list, err
}

// SetWebhookSecrets replaces a webhook's secrets.
func (t *Tx) SetWebhookSecrets(c muster.CommunityID, id muster.WebhookID, secrets []muster.WebhookSecret) error {
	content, err := t.sealedJSON(c, webhookSubject(string(id)), secrets)
	if err != nil {
		return err
	}
	return t.exec(`UPDATE webhooks SET content = $3 WHERE community_id = $1 AND webhook_id = $2`, c, id, content)
}

func webhookSubject(id string) string { return "webhook " + id }

func (t *Tx) resealWebhooks(c muster.CommunityID, last row) (row, bool, error) {
	return t.resealContents(c, last,
		`SELECT webhook_id, content FROM webhooks WHERE community_id = $1 AND webhook_id > $2 ORDER BY webhook_id LIMIT `+resealRows,
		`UPDATE webhooks SET content = $3 WHERE community_id = $1 AND webhook_id = $2`, webhookSubject)
}

// Delivery is a delivery to a destination by the number of its change.
func (t *Tx) Delivery(c muster.CommunityID, destination string, seq int64) (muster.Delivery, error) {
	list, err := t.deliveriesWhere(c, `destination = $2 AND seq = $3`, destination, seq)
	if err == nil && len(list) == 0 {
		err = muster.Errorf(muster.NotFound, "seq", "there is no such delivery, or it was forgotten")
	}
	if err != nil {
		return muster.Delivery{}, err
	}
	return list[0], nil
}

// DeliveriesBefore lists the deliveries to a destination whose numbers are
// smaller than one, the latest first.
func (t *Tx) DeliveriesBefore(c muster.CommunityID, destination string, before int64, limit int) ([]muster.Delivery, error) {
	return t.deliveriesWhere(c, `destination = $2 AND seq < $3 ORDER BY seq DESC LIMIT $4`, destination, before, limit)
}

// Arrived notes that a delivery arrived, and makes the account's next one due.
func (t *Tx) Arrived(d muster.Delivery, at time.Time) error {
	err := t.exec(`UPDATE deliveries SET delivered_at = $4, next_at = 0, given_up_at = 0, last_error = ''
		WHERE community_id = $1 AND destination = $2 AND seq = $3`, d.Community, d.Destination, d.Seq, micros(at))
	if err != nil {
		return err
	}
	return t.nextDue(d, at)
}

// Again makes a delivery due now, whatever has become of it.
func (t *Tx) Again(d muster.Delivery, at time.Time) error {
	return t.exec(`UPDATE deliveries SET attempts = 0, since = $4, next_at = $4, given_up_at = 0, delivered_at = 0, last_error = ''
		WHERE community_id = $1 AND destination = $2 AND seq = $3`, d.Community, d.Destination, d.Seq, micros(at))
}

// GiveUpDeliveries gives up all that waits for a destination.
func (t *Tx) GiveUpDeliveries(c muster.CommunityID, destination string, at time.Time, why string) error {
	return t.exec(`UPDATE deliveries SET next_at = 0, given_up_at = $3, last_error = $4
		WHERE community_id = $1 AND destination = $2 AND given_up_at = 0 AND delivered_at = 0`, c, destination, micros(at), why)
}

// InsertAttempt adds an attempt to those of a delivery.
func (t *Tx) InsertAttempt(d muster.Delivery, a muster.Attempt) error {
	return t.exec(`INSERT INTO delivery_attempts (community_id, destination, seq, attempt, at, took, status, error)
		VALUES ($1, $2, $3, (SELECT COALESCE(MAX(attempt), 0) + 1 FROM delivery_attempts WHERE community_id = $1 AND destination = $2 AND seq = $3), $4, $5, $6, $7)`,
		d.Community, d.Destination, d.Seq, micros(a.At), a.Took.Microseconds(), int64(a.Status), a.Error)
}

// Attempts lists the attempts of a delivery, the first first.
func (t *Tx) Attempts(d muster.Delivery) (list []muster.Attempt, err error) {
	err = t.rows(`SELECT at, took, status, error FROM delivery_attempts WHERE community_id = $1 AND destination = $2 AND seq = $3 ORDER BY attempt`,
		[]any{d.Community, d.Destination, d.Seq}, func(scan func(...any) error) error {
			var a muster.Attempt
			var at, took int64
			err := scan(&at, &took, &a.Status, &a.Error)
			a.At, a.Took = fromMicros(at), time.Duration(took)*time.Microsecond
			list = append(list, a)
			return err
		})
	return list, err
}

// ForgetArrived removes the deliveries that arrived before a time, and the
// attempts of all deliveries that are no more.
func (t *Tx) ForgetArrived(c muster.CommunityID, before time.Time) error {
	err := t.exec(`DELETE FROM deliveries WHERE community_id = $1 AND delivered_at > 0 AND delivered_at < $2`, c, micros(before))
	if err != nil {
		return err
	}
	return t.exec(`DELETE FROM delivery_attempts WHERE community_id = $1 AND NOT EXISTS (SELECT 1 FROM deliveries d
		WHERE d.community_id = $1 AND d.destination = delivery_attempts.destination AND d.seq = delivery_attempts.seq)`, c)
}

// ChangesAfter lists the changes behind a number, the earliest first, at most
// some hundred of them.
func (t *Tx) ChangesAfter(c muster.CommunityID, after int64) (list []muster.Change, err error) {
	err = t.rows(`SELECT `+changeColumns+` FROM changes WHERE community_id = $1 AND seq > $2 ORDER BY seq LIMIT `+outboxRows, []any{c, after},
		func(scan func(...any) error) error {
			change, err := t.scanChange(c, scan)
			list = append(list, change)
			return err
		})
	return list, err
}
