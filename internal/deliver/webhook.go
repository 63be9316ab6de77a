package deliver

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// webhookTime is how long one attempt to tell a webhook may take.
const webhookTime = 15 * time.Second

// errAddress does not repeat the address, which may be a secret.
var errAddress = errors.New("the webhook's address cannot be called")

// The headers of Standard Webhooks.
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
)

// sign is the signatures of a message, one for each secret (Standard Webhooks:
// HMAC-SHA256 of id, seconds and body, with dots between).
func sign(secrets []string, id string, at time.Time, body []byte) (string, error) {
	var list []string
	for _, secret := range secrets {
		key, err := muster.WebhookKey(secret)
		if err != nil {
			return "", err
		}
		sum := hmac.New(sha256.New, key)
		_, _ = fmt.Fprintf(sum, "%s.%d.", id, at.Unix())
		_, _ = sum.Write(body)
		list = append(list, "v1,"+base64.StdEncoding.EncodeToString(sum.Sum(nil)))
	}
	return strings.Join(list, " "), nil
}

// tryWebhook makes one attempt to tell a webhook, and has written down how it
// went.
func (d *Dispatcher) tryWebhook(ctx context.Context, delivery muster.Delivery) error {
	began := d.config.Now()
	tried := core.Tried{Attempt: muster.Attempt{At: began}, Spread: rand.Float64()} //nolint:gosec // spreads attempts, guards nothing
	notice, err := d.core.Notice(ctx, delivery)
	if err == nil {
		err = d.tell(ctx, delivery, notice, &tried)
	}
	tried.Took = d.config.Now().Sub(began)
	if err == nil {
		d.delivered.Add(1)
	} else {
		tried.Error = shown(err.Error(), "")
		d.failed.Add(1)
	}
	after, e := d.core.WebhookTried(ctx, delivery, tried)
	if e == nil && err != nil {
		d.note(after)
	}
	return e
}

// tell posts an event to a webhook. What the receiver says beside the status
// is not kept: it may be what it was told.
func (d *Dispatcher) tell(ctx context.Context, delivery muster.Delivery, notice core.Notice, tried *core.Tried) error {
	ctx, cancel := context.WithTimeout(ctx, d.config.WebhookTimeout)
	defer cancel()
	req, err := d.webhookRequest(ctx, delivery, notice)
	if err != nil {
		return err
	}
	res, err := d.hooks[req.URL.Scheme].Do(req)
	if err != nil {
		return told(err)
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.CopyN(io.Discard, res.Body, maxAnswer) // so that the connection serves again; what it says does not count
	tried.Status, tried.Gone, tried.Wait = res.StatusCode, res.StatusCode == http.StatusGone, retryAfter(res.Header.Get("Retry-After"), tried.At)
	switch {
	case res.StatusCode/100 == 2:
		return nil
	case res.StatusCode/100 == 3:
		return fmt.Errorf("answered %d; redirects are not followed", res.StatusCode)
	default:
		return fmt.Errorf("answered %d", res.StatusCode)
	}
}

func (d *Dispatcher) webhookRequest(ctx context.Context, delivery muster.Delivery, notice core.Notice) (*http.Request, error) {
	body, err := d.config.Webhook(notice)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(notice.Webhook.URL)
	if err != nil || d.hooks[u.Scheme] == nil {
		return nil, errAddress
	}
	id, now := string(notice.Webhook.ID)+"_"+strconv.FormatInt(delivery.Seq, 10), d.config.Now()
	signature, err := sign(notice.Secrets, id, now, body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, errAddress
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "Muster",
		headerID: id, headerTimestamp: strconv.FormatInt(now.Unix(), 10), headerSignature: signature,
	} {
		req.Header.Set(name, value)
	}
	return req, nil
}

// retryAfter is how long a receiver wants to be left alone: in seconds, or
// until a date. What says neither says nothing.
func retryAfter(text string, now time.Time) time.Duration {
	if text == "" {
		return 0
	}
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
