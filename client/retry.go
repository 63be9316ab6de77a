package client

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"time"
)

// pace is how long is waited for what.
type pace struct {
	tries   int           // how often a request is sent at most
	first   time.Duration // the first wait between two tries; each later one is twice as long
	longest time.Duration // the longest wait that a server may ask for; beyond it the refusal is handed on
	attempt time.Duration // how long an attempt may take where the context has no deadline
	bulk    time.Duration // the same for many edits at once
	silence time.Duration // how long a live feed may say nothing, before it counts as cut; it shows each 15 s that it is there

	sleep func(context.Context, time.Duration) error
}

var usualPace = pace{
	tries: 4, first: 200 * time.Millisecond, longest: time.Minute, attempt: 30 * time.Second, bulk: 16 * time.Minute, silence: 45 * time.Second, sleep: sleep,
}

// within bounds a context that has no deadline.
func within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, d)
}

// newName is a name for a request that nobody else gives.
func newName() string { return rand.Text() }

// mayRepeat reports whether it does no harm if a call arrives twice.
func (r *call) mayRepeat() bool {
	return r.method == http.MethodGet || r.header.Get(headerOnce) != ""
}

// cut is an answer that ended too early.
type cut struct{ error }

func (c cut) Unwrap() error { return c.error }

// final is an error behind which nothing is tried again.
type final struct{ error }

func (f final) Unwrap() error { return f.error }

// repeat tries until it works, will not work, or was tried often enough. safe: it may arrive twice.
func (c *Client) repeat(ctx context.Context, safe bool, try func() error) error {
	for tried := 1; ; tried++ {
		err := try()
		if err == nil || ctx.Err() != nil || tried >= c.pace.tries {
			return err
		}
		wait, again := c.again(err, safe, tried)
		if !again {
			return err
		}
		if end, ok := ctx.Deadline(); ok && time.Until(end) < wait {
			return err // which says more than that there was no time
		}
		if c.pace.sleep(ctx, wait) != nil {
			return err
		}
	}
}

// again reports whether something is worth another try, and when.
func (c *Client) again(err error, safe bool, tried int) (wait time.Duration, again bool) {
	if _, ok := errors.AsType[final](err); ok {
		return 0, false
	}
	wait = c.pace.backOff(tried)
	refusal, ok := errors.AsType[*Error](err)
	if !ok {
		return wait, unsent(err) || safe && broken(err)
	}
	if refusal.RetryAfter > 0 {
		wait = refusal.RetryAfter
	}
	switch refusal.Status {
	case http.StatusTooManyRequests: // nothing was done
		again = true
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		again = safe
	case http.StatusConflict: // an attempt before this one is still at work
		again = safe && refusal.Code == CodeKeyInUse && tried > 1
	}
	return wait, again && wait <= c.pace.longest
}

// backOff is the wait behind a try, half of it by chance, so that not all clients come back at once.
func (p pace) backOff(tried int) time.Duration {
	wait := min(p.first<<min(max(tried-1, 0), 20), p.longest/2)
	return wait/2 + mathrand.N(wait/2+1) //nolint:gosec // spreads clients over time; nobody has to be kept from guessing it
}

// unsent reports whether a request has not left: nobody answered the call.
func unsent(err error) bool {
	e, ok := errors.AsType[*net.OpError](err)
	return ok && e.Op == "dial"
}

// broken reports whether the way to the server or back is what failed. A
// certificate that is not good is no better the next time.
func broken(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return false
	}
	_, early := errors.AsType[cut](err)
	_, failed := errors.AsType[*url.Error](err)
	return early || failed
}

// sleep waits, or fails where the context ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
