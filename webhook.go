package muster

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"
)

// WebhookID names a Webhook.
type WebhookID string

// Webhook is where a community's events are sent, signed as Standard Webhooks
// has it. It sees what a key of its level and areas would see.
type Webhook struct {
	ID          WebhookID   `json:"id"`
	URL         string      `json:"url"`
	Description string      `json:"description,omitempty"`
	Events      []EventKind `json:"events"`            // kinds, "account.*", or "*"
	Members     []string    `json:"members,omitempty"` // only changes that touched one of them, see Change.Touches
	Active      bool        `json:"active"`
	Level       Level       `json:"level"`
	Areas       []Area      `json:"areas,omitempty"` // empty: all; they decide who may see keys
	CreatedAt   time.Time   `json:"created_at"`
	Disabled    string      `json:"disabled,omitempty"` // why it was switched off of itself
}

// WebhookSecret is one of the secrets that a webhook's deliveries are signed
// with.
type WebhookSecret struct {
	Text string    `json:"text"`          // whsec_ and base64
	Till time.Time `json:"till,omitzero"` // zero: the newest, which has no end
}

// Kind is what a Change is to those who choose among all changes: whose it is
// and what was done. Each has one; what a ban or a deletion does beside is not
// told as an update.
func (c Change) Kind() EventKind {
	if c.Account == "" {
		return c.definitionKind()
	}
	switch c.Deed {
	case DeedDelete:
		return "account.deleted"
	case DeedRestore:
		return "account.restored"
	case DeedErase:
		return "account.erased"
	case DeedSync:
		return "account.synced"
	case DeedClock:
		return "account.clocked"
	case DeedCredential:
		return "account.credential"
	}
	if kind := c.Event(); kind != "" {
		return "account." + kind
	}
	return "account." + EventUpdated
}

func (c Change) definitionKind() EventKind {
	of, _, _ := strings.Cut(c.Subject, " ")
	what := "updated"
	switch {
	case c.Before.Definition == nil && c.After.Definition != nil:
		what = "created"
	case c.Before.Definition != nil && c.After.Definition == nil:
		what = "deleted"
	case of == "key" && revoked(c.After.Definition) && !revoked(c.Before.Definition):
		what = "revoked"
	}
	return EventKind(of + "." + what)
}

func revoked(definition json.RawMessage) bool {
	var k Key
	return json.Unmarshal(definition, &k) == nil && !k.RevokedAt.IsZero()
}

// EventWebhookTest is the kind of a test.
const EventWebhookTest EventKind = "webhook.test"

// EventKinds lists what Change.Kind can be.
var EventKinds = slices.Concat(
	kindsOf("account", "created", "updated", "deleted", "restored", "erased", "banned", "kicked", "clocked", "synced", "credential"),
	kindsOf("key", "created", "updated", "revoked"),
	kindsOf("field"), kindsOf("rank"), kindsOf("department"), kindsOf("clock_type"), kindsOf("flow"), kindsOf("server"), kindsOf("webhook"), kindsOf("community"),
)

func kindsOf(of string, whats ...string) (list []EventKind) {
	if len(whats) == 0 {
		whats = []string{"created", "updated", "deleted"}
	}
	for _, what := range whats {
		list = append(list, EventKind(of+"."+what))
	}
	return list
}

// Matches reports whether a pattern means a kind: it is the kind, "account.*"
// or "*".
func (k EventKind) Matches(pattern EventKind) bool {
	prefix, open := strings.CutSuffix(string(pattern), "*")
	return k == pattern || open && strings.HasPrefix(string(k), prefix)
}

// CheckEventPatterns refuses a pattern that means nothing; Field is its place.
func CheckEventPatterns(list []EventKind) error {
	if len(list) > maxItems {
		return Errorf(TooLarge, "", "lists more than %d kinds", maxItems)
	}
	for i, pattern := range list {
		prefix, open := strings.CutSuffix(string(pattern), "*")
		whole := !open || prefix == "" || strings.HasSuffix(prefix, ".")
		if !whole || !slices.ContainsFunc(EventKinds, func(k EventKind) bool { return k.Matches(pattern) }) {
			return Errorf(Invalid, itoa(i), "there is no kind %s; there are %v, account.* and so on, and *", Quote(pattern), EventKinds)
		}
	}
	return nil
}

// Wants reports whether a webhook is told of a kind of events.
func (w Webhook) Wants(kind EventKind) bool {
	return w.Active && slices.ContainsFunc(w.Events, kind.Matches)
}

// maxURL is how long the address of a webhook may be.
const maxURL = 2_000

// Validate checks what a person may set.
func (w Webhook) Validate() error {
	if err := checkID("id", string(w.ID)); err != nil {
		return err
	}
	if strings.ContainsAny(string(w.ID), " .") {
		return Errorf(Invalid, "id", "must have no spaces and no dots")
	}
	if err := checkLine("url", w.URL, maxURL); err != nil {
		return err
	}
	u, err := url.Parse(w.URL)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return Errorf(Invalid, "url", "must be an address such as https://example.org/hooks; http reaches private networks that the operator allows only")
	case u.User != nil:
		return Errorf(Invalid, "url", "must hold no user and no password")
	case strings.Contains(w.URL, "#"): // an empty one, too
		return Errorf(Invalid, "url", "must hold no fragment (#)")
	}
	if err := checkText("description", w.Description, maxLine); err != nil {
		return err
	}
	if len(w.Events) == 0 {
		return Errorf(Invalid, "events", "names no kind of events")
	}
	if err := Within("events", CheckEventPatterns(w.Events)); err != nil {
		return err
	}
	if len(w.Members) > maxItems {
		return Errorf(TooLarge, "members", "lists more than %d members", maxItems)
	}
	if w.Level < LevelReadAll || w.Level > LevelAdmin {
		return Errorf(Invalid, "level", "must be from %d to %d", LevelReadAll, LevelAdmin)
	}
	return nil
}

// Destination is the name of a webhook among the destinations of events.
func (w Webhook) Destination() string { return KindWebhook + " " + string(w.ID) }

// KindWebhook is the kind of destinations that are webhooks.
const KindWebhook = "webhook"

// Caller is as whom a webhook sees.
func (w Webhook) Caller(c CommunityID) Caller {
	return Caller{Community: c, Level: w.Level, Areas: w.Areas}
}

// How long a webhook's secret is, in bytes.
const (
	leastSecret = 24
	mostSecret  = 64
)

// SecretPrefix begins the secrets of webhooks.
const SecretPrefix = "whsec_"

// WebhookKey is what a webhook's secret signs with.
func WebhookKey(secret string) ([]byte, error) {
	text, ok := strings.CutPrefix(secret, SecretPrefix)
	key, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(key) < leastSecret || len(key) > mostSecret {
		return nil, Errorf(Invalid, "secret", "must be %s and the base64 of %d to %d bytes", SecretPrefix, leastSecret, mostSecret)
	}
	return key, nil
}

// Attempt is one attempt to deliver an event to a webhook.
type Attempt struct {
	At     time.Time
	Took   time.Duration
	Status int    // of the answer; 0: there was none
	Error  string // empty: it arrived
}

// hookWaits is how long a webhook's delivery waits after each attempt that
// failed, as Standard Webhooks proposes it; after the last it is given up.
var hookWaits = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// Retried is a webhook's delivery after an attempt that failed. spread, from 0
// to 1, makes the wait up to a tenth longer; least is how long the receiver
// asked to be left alone, of which a day counts. A test is not tried again.
func (d Delivery) Retried(at time.Time, why string, spread float64, least time.Duration) Delivery {
	d.LastError = why
	d.Attempts++
	if d.Attempts > len(hookWaits) || d.Event == EventWebhookTest {
		d.Next, d.GivenUp = time.Time{}, at
		return d
	}
	wait := max(hookWaits[d.Attempts-1], min(least, 24*time.Hour))
	d.Next = at.Add(wait + time.Duration(float64(wait)*spread/10))
	return d
}
