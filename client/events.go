package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
)

// Event is a change, as the live feed and webhooks tell of it.
type Event struct {
	Type muster.EventKind `json:"type"` // account.created, rank.deleted and so on
	At   time.Time        `json:"timestamp"`
	Data EventData        `json:"data"`
}

// EventData is what an Event is about.
type EventData struct {
	Webhook muster.WebhookID `json:"webhook,omitempty"` // which is tested, and nothing else
	Change  Change           `json:"change,omitzero"`
	Account *Account         `json:"account,omitempty"` // as it is now; webhooks alone are told
}

// EventFilter says which events are followed, and from where.
type EventFilter struct {
	Types []muster.EventKind // kinds, "account.*", or "*"; none: all
	After muster.Opt[int64]  // behind the change of this number; 0 is the beginning of history. Not set, it begins now
}

// Events follows what happens, until the context ends, whose error is then the last that it yields. A feed that was cut
// goes on behind the last event, so that none is missing and none comes twice; it is tried for as long as that takes. What
// the server refuses ends it: [ErrGone] where the place is none in this history, such as one of before a restore.
func (c *Client) Events(ctx context.Context, f EventFilter) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		feed := &feed{client: c, filter: f, yield: yield}
		if f.After.Set {
			feed.last = strconv.FormatInt(f.After.Value, 10)
		}
		if err := feed.follow(ctx); !errors.Is(err, errStopped) {
			yield(Event{}, err)
		}
	}
}

// errStopped ends a feed whose reader has had enough.
var errStopped = errors.New("client: nobody reads the feed")

// feed is a live feed that is being read.
type feed struct {
	client *Client
	filter EventFilter
	yield  func(Event, error) bool
	last   string        // the place from where it goes on; empty: now
	opened bool          // it has been open once
	failed int           // how often it could not be opened since it was
	wait   time.Duration // before it is opened again, once it was; the server says so
}

// follow reads one connection after the other. One that never was open is given up as other calls are.
func (f *feed) follow(ctx context.Context) error {
	for {
		f.failed++
		err := f.once(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		wait, again := f.client.again(err, true, f.failed)
		if !again || !f.opened && f.failed >= f.client.pace.tries {
			return err
		}
		if f.opened {
			wait = max(wait, f.wait)
		}
		if err := f.client.pace.sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// once reads a connection until it ends.
func (f *feed) once(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	silence := time.AfterFunc(f.client.pace.silence, cancel)
	defer silence.Stop()
	r := newCall(http.MethodGet, nil, nil, "events")
	if len(f.filter.Types) > 0 {
		r.query.Set("types", join(f.filter.Types))
	}
	r.header.Set("Accept", "text/event-stream")
	if f.last != "" {
		r.header.Set("Last-Event-ID", f.last)
	}
	res, err := f.client.send(ctx, r, nil)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if media, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); media != "text/event-stream" {
		return fmt.Errorf("client: the answer is %q and no feed; is this the address of a Muster server?", media)
	}
	f.opened, f.failed = true, 0
	return f.read(res.Body, func() { silence.Reset(f.client.pace.silence) })
}

// read reads messages as the HTML standard has them, as far as this server uses that: one line of data at most.
func (f *feed) read(body io.Reader, heard func()) error {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, maxItem)
	var id, data string
	for lines.Scan() {
		heard()
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "id":
			id = value
		case "data":
			data = value
		case "retry":
			if ms, err := strconv.ParseInt(value, 10, 32); err == nil && ms >= 0 {
				f.wait = time.Duration(ms) * time.Millisecond
			}
		}
		if lines.Text() != "" {
			continue
		}
		if data != "" { // else it tells how far the feed has come
			var e Event
			if err := json.Unmarshal([]byte(data), &e); err != nil {
				return fmt.Errorf("client: the event %s cannot be read: %w", id, err)
			}
			if !f.yield(e, nil) {
				return errStopped
			}
		}
		if id != "" {
			f.last = id
		}
		id, data = "", ""
	}
	if err := lines.Err(); err != nil && errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("client: an event is larger than %d bytes", maxItem)
	}
	return cut{io.ErrUnexpectedEOF} // however it ended
}
