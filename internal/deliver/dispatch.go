package deliver

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

const (
	// perDestination and inAll are how many attempts run at the same time. A
	// community has at most as many as it leaves free, so that one whose game
	// servers all hang does not keep the others waiting.
	perDestination = 4
	inAll          = 128
	// lease is how long a claim on a community's events lasts, if it is not
	// renewed: for so long nobody sends them where a process was killed.
	lease = 30 * time.Second
	// gathering is how long changes are let gather before they are looked at.
	gathering = 100 * time.Millisecond
	// pollEvery is how often it is looked for what fell due, and for what
	// other processes committed.
	pollEvery = time.Second
	// keepGivenUp is how long it can be seen what was given up.
	keepGivenUp = 7 * 24 * time.Hour
	forgetEvery = time.Hour
)

// Config is what a Dispatcher works with.
type Config struct {
	Wordings map[string]Wording // by kind of destination
	Allowed  Allowed            // private networks that may be called
	Now      func() time.Time   // time.Now but in tests
	Timeout  time.Duration      // of one attempt; 0: ten seconds
	// Webhook words an event for webhooks: the JSON body.
	Webhook        func(core.Notice) ([]byte, error)
	WebhookTimeout time.Duration // of one attempt; 0: fifteen seconds
	// Holder names this process to others on the same store. One that takes
	// the place of another, which is gone for certain, takes its name, and so
	// need not wait until its claims are over. Empty: a new name.
	Holder string
	Logger *slog.Logger
}

// Dispatcher sends the events of all communities of one store. Where several
// processes do so, each community's are sent by the one that claimed it.
type Dispatcher struct {
	core   *core.Core
	config Config
	client *http.Client
	hooks  map[string]*http.Client // for webhooks, by the scheme of their address

	// These belong to the goroutine of Run.
	claims  map[muster.CommunityID]time.Time // ours, and until when
	running map[attemptKey]bool
	busy    map[destination]int        // attempts that run
	share   map[muster.CommunityID]int // of them
	ended   chan outcome
	forgot  time.Time // when it was last forgotten what was given up

	delivered, failed, givenUp atomic.Int64
}

type (
	destination struct {
		community muster.CommunityID
		name      string
	}
	attemptKey struct {
		destination
		seq int64
	}
	outcome struct {
		attemptKey
		err error // of our own, not of the destination's
	}
)

// New makes a Dispatcher.
func New(c *core.Core, config Config) *Dispatcher {
	if config.Timeout == 0 {
		config.Timeout = attemptTime
	}
	if config.WebhookTimeout == 0 {
		config.WebhookTimeout = webhookTime
	}
	if config.Holder == "" {
		config.Holder = uuid.NewString()
	}
	return &Dispatcher{
		core: c, config: config, client: newClient(config.Allowed.control),
		hooks:  map[string]*http.Client{"http": newClient(config.Allowed.clear), "https": newClient(config.Allowed.control)},
		claims: map[muster.CommunityID]time.Time{}, running: map[attemptKey]bool{}, busy: map[destination]int{}, share: map[muster.CommunityID]int{},
		ended: make(chan outcome, inAll),
	}
}

// Counts are how many events arrived, how many attempts failed, and how many
// events were given up, by this process.
func (d *Dispatcher) Counts() (delivered, failed, givenUp int64) {
	return d.delivered.Load(), d.failed.Load(), d.givenUp.Load()
}

// Run sends events until ctx ends; then it lets the attempts that run come to
// their end, and gives back its claims.
func (d *Dispatcher) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	gathers, committed := false, d.core.Committed()
	for {
		select {
		case <-ctx.Done():
			d.stop()
			return
		case <-committed:
			committed = d.core.Committed()
			if !gathers {
				gathers = true
				timer.Reset(gathering)
			}
		case <-timer.C:
			gathers = false
			more, err := d.pass(ctx)
			d.report(err)
			if more && err == nil {
				timer.Reset(0)
			} else {
				timer.Reset(pollEvery)
			}
		case o := <-d.ended:
			d.report(d.after(ctx, o))
		}
	}
}

func (d *Dispatcher) report(err error) {
	if err != nil {
		d.config.Logger.Warn("events wait", slog.Any("error", err))
	}
}

// stop waits for the attempts that run, each of which has an end.
func (d *Dispatcher) stop() {
	for len(d.running) > 0 {
		d.done(<-d.ended)
	}
	d.client.CloseIdleConnections()
	for _, client := range d.hooks {
		client.CloseIdleConnections()
	}
	for id := range d.claims {
		d.report(d.core.UnclaimEvents(context.Background(), id, d.config.Holder))
	}
	clear(d.claims)
}

// pass looks at all communities: takes from their outboxes, and begins what is
// due and there is room for. more says that outboxes have more to take.
func (d *Dispatcher) pass(ctx context.Context) (more bool, err error) {
	communities, err := d.core.WithEvents(ctx)
	if err != nil {
		return false, err
	}
	for _, id := range communities {
		left, e := d.serve(ctx, id)
		more, err = more || left, errors.Join(err, e)
	}
	now := d.config.Now()
	if now.Sub(d.forgot) < forgetEvery {
		return more, err
	}
	d.forgot = now
	return more, errors.Join(err, d.core.ForgetEnded(ctx, now.Add(-keepGivenUp)))
}

// serve does what pass does for one community, if no other process has it.
func (d *Dispatcher) serve(ctx context.Context, id muster.CommunityID) (more bool, err error) {
	until, err := d.core.ClaimEvents(ctx, id, d.config.Holder, lease)
	if err != nil {
		return false, err
	}
	if until.IsZero() {
		delete(d.claims, id)
		return false, nil
	}
	d.claims[id] = until
	if more, err = d.core.SendEvents(ctx, id); err != nil {
		return false, err
	}
	return more, d.begin(ctx, id)
}

// begin begins attempts at what is due in a community, as many as there is
// room for. It is this process's, and long enough for an attempt to end.
func (d *Dispatcher) begin(ctx context.Context, id muster.CommunityID) error {
	if !d.claims[id].After(d.config.Now().Add(max(d.config.Timeout, d.config.WebhookTimeout))) {
		return nil // the next pass sees to it
	}
	due, err := d.core.DueEvents(ctx, id)
	if err != nil {
		return err
	}
	for _, delivery := range due {
		to := destination{id, delivery.Destination}
		key := attemptKey{to, delivery.Seq}
		if d.running[key] || d.busy[to] >= perDestination || d.share[id] >= inAll-len(d.running) {
			continue
		}
		d.running[key] = true
		d.busy[to]++
		d.share[id]++
		go func() { d.ended <- outcome{key, d.try(context.WithoutCancel(ctx), delivery)} }()
	}
	return nil
}

// after notes that an attempt has ended, and begins what can follow it. Where
// its outcome could not be written that is left to the next pass, lest the
// same event be sent as fast as can be.
func (d *Dispatcher) after(ctx context.Context, o outcome) error {
	d.done(o)
	if o.err != nil {
		return o.err
	}
	return d.begin(ctx, o.community)
}

func (d *Dispatcher) done(o outcome) {
	delete(d.running, o.attemptKey)
	if d.busy[o.destination]--; d.busy[o.destination] == 0 {
		delete(d.busy, o.destination)
	}
	if d.share[o.community]--; d.share[o.community] == 0 {
		delete(d.share, o.community)
	}
}

// try makes one attempt, and writes down how it went. What could not even be
// worded has failed like what did not arrive: it shows, and others go on.
func (d *Dispatcher) try(ctx context.Context, delivery muster.Delivery) error {
	if delivery.Kind() == muster.KindWebhook {
		return d.tryWebhook(ctx, delivery)
	}
	var answer string
	to, err := d.core.Tell(ctx, delivery)
	if err == nil {
		answer, err = d.attempt(ctx, delivery.Kind(), delivery.Event, to)
	}
	if err == nil {
		d.delivered.Add(1)
		return d.core.Delivered(ctx, delivery, to.Server.ID)
	}
	d.failed.Add(1)
	delivery = delivery.Failed(d.config.Now(), why(err, answer, to.Secret), rand.Float64()) //nolint:gosec // spreads attempts, guards nothing
	d.note(delivery)
	return d.core.Undelivered(ctx, delivery)
}

// note tells the log of a delivery that failed.
func (d *Dispatcher) note(delivery muster.Delivery) {
	about := []any{
		slog.String("community", string(delivery.Community)), slog.String("destination", delivery.Destination), slog.Int64("seq", delivery.Seq),
		slog.String("account", string(delivery.Account)), slog.Int("attempts", delivery.Attempts), slog.String("error", delivery.LastError),
	}
	if delivery.GivenUp.IsZero() {
		d.config.Logger.Debug("an event did not arrive", about...)
		return
	}
	d.givenUp.Add(1)
	d.config.Logger.Warn("an event was given up", about...)
}

// why is what is kept of a failure, for people.
func why(err error, answer, secret string) string {
	text := err.Error()
	if answer != "" {
		text += ": " + answer
	}
	return shown(text, secret)
}

// Test tells a game server that nothing happened, now and once, and answers
// what came back.
func (d *Dispatcher) Test(ctx context.Context, caller muster.Caller, server int64) (answer string, err error) {
	to, err := d.core.Rehearse(ctx, caller, server)
	if err != nil {
		return "", err
	}
	delivery := muster.Delivery{Community: caller.Community, Destination: to.Server.Destination(), Event: muster.EventTest}
	answer, err = d.attempt(ctx, delivery.Kind(), delivery.Event, to)
	if err != nil {
		return "", muster.Errorf(muster.Unavailable, "server", "%s", why(err, answer, to.Secret))
	}
	return answer, d.core.Delivered(ctx, delivery, server)
}
