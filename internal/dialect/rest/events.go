package rest

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// event is an event as webhooks and the live feed are told of it.
type event struct {
	Type      muster.EventKind `json:"type"`
	Timestamp time.Time        `json:"timestamp"`
	Data      eventData        `json:"data"`
}

type eventData struct {
	Webhook muster.WebhookID `json:"webhook,omitempty"` // which a test is about
	Change  *change          `json:"change,omitempty"`
	Account *account         `json:"account,omitempty"` // as it is now
}

func eventOf(e core.Event) event {
	out := event{Type: e.Kind, Timestamp: e.At}
	if e.Change.Seq != 0 {
		ch := changeOf(e.Change)
		out.Data.Change = &ch
	}
	return out
}

// Webhook words what a webhook is told.
func Webhook(n core.Notice) ([]byte, error) {
	out := eventOf(n.Event)
	if n.View != nil {
		a := accountOf(*n.View)
		out.Data.Account = &a
	}
	if out.Data.Change == nil {
		out.Data.Webhook = n.Webhook.ID
	}
	return encode(out), nil
}

const (
	// streamsPerKey is how many live feeds a key may have open.
	streamsPerKey = 5
	// heartbeat is how often a feed in which nothing happens shows that it is there.
	heartbeat = 15 * time.Second
	// pollEvery is how often it is looked for what other processes committed.
	pollEvery = time.Second
	// gathering is how long changes are let gather before they are read.
	gathering = 20 * time.Millisecond
	// comeBack is when a client that was cut off is to call again.
	comeBack = 2 * time.Second
)

const headerLastEvent = "Last-Event-ID"

func (d *Dialect) eventRoutes() []route {
	return []route{{method: http.MethodGet, pattern: root + "/events", class: classRead, query: []string{"after", "types"}, do: d.follow}}
}

// follow opens a live feed.
func (d *Dialect) follow(ctx context.Context, c muster.Caller, in request) (reply, error) {
	after, err := in.place()
	if err != nil {
		return reply{}, err
	}
	var kinds []muster.EventKind
	for _, word := range in.words("types") {
		kinds = append(kinds, muster.EventKind(word))
	}
	if err := muster.CheckEventPatterns(kinds); err != nil {
		return reply{}, wrongQuery("types", "%s", muster.MessageOf(err))
	}
	at, err := d.core.FeedPlace(ctx, c, after)
	if err != nil {
		return reply{}, in.gone(err)
	}
	key := streamKey{c.Community, c.Key}
	if in.Method == http.MethodHead {
		return reply{header: feedHeader}, nil
	}
	if !d.streams.open(key) {
		return reply{}, problem{
			status: http.StatusTooManyRequests, code: string(muster.Limited), header: [2]string{"Retry-After", "15"},
			detail: fmt.Sprintf("this key has %d live feeds open, and may have no more", streamsPerKey),
		}
	}
	f := feed{dialect: d, request: in.Request, caller: c, kinds: kinds, at: at}
	return reply{header: feedHeader, stream: func(w http.ResponseWriter) {
		defer d.streams.close(key)
		f.run(w)
	}}, nil
}

var feedHeader = map[string]string{"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}

// place is the change behind which a feed begins: that of the header, by which
// a client goes on that was cut off, or else of the parameter.
func (in request) place() (after muster.Opt[int64], err error) {
	text, from := in.Header.Get(headerLastEvent), inHeader
	if text == "" {
		text, from = in.query.Get("after"), inQuery
	}
	if text == "" && !in.query.Has("after") {
		return after, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		err := muster.Errorf(muster.Invalid, "", "must be the number of a change")
		if from == inHeader {
			return after, muster.Within(inHeader, muster.Within(headerLastEvent, err))
		}
		return after, wrongQuery("after", "%s", err)
	}
	return muster.Some(n), nil
}

// gone says that the place of a feed is at fault, where it is.
func (in request) gone(err error) error {
	switch {
	case muster.CodeOf(err) != muster.Gone:
		return err
	case in.Header.Get(headerLastEvent) != "":
		return muster.Within(inHeader, muster.Within(headerLastEvent, err))
	default:
		return muster.Within(inQuery, muster.Within("after", err))
	}
}

// feed is one open live feed.
type feed struct {
	dialect *Dialect
	request *http.Request
	caller  muster.Caller
	kinds   []muster.EventKind
	at      int64 // up to which change all was looked at
	told    int64 // the last id that was sent
	out     *http.ResponseController
	w       http.ResponseWriter
}

// run feeds until the client goes or reads too slowly, its key ends, or the
// server is about to. However it ends, the client comes back and goes on.
func (f *feed) run(w http.ResponseWriter) {
	f.w, f.out, f.told = w, http.NewResponseController(w), f.at
	_ = f.out.SetReadDeadline(time.Time{}) // the request has come; what ends the feed is not its age
	w.WriteHeader(http.StatusOK)
	bounded := f.out.SetWriteDeadline(time.Now().Add(f.dialect.readTime)) == nil
	if f.send(fmt.Sprintf("retry: %d\nid: %d\n\n", comeBack.Milliseconds(), f.at)) != nil {
		return
	}
	beat, poll := time.NewTicker(heartbeat), time.NewTicker(pollEvery)
	defer beat.Stop()
	defer poll.Stop()
	for {
		committed := f.dialect.core.Committed()
		if f.catchUp() != nil || !bounded { // a client that cannot be dropped is told what there is, and not kept
			return
		}
		select {
		case <-f.request.Context().Done():
			return
		case <-f.dialect.stopping:
			return
		case <-beat.C:
			if f.beat() != nil {
				return
			}
		case <-poll.C:
		case <-committed:
			if !f.gather() {
				return
			}
		}
	}
}

// gather waits a moment, and reports whether the feed goes on.
func (f *feed) gather() bool {
	moment := time.NewTimer(gathering)
	defer moment.Stop()
	select {
	case <-moment.C:
		return true
	case <-f.request.Context().Done():
	case <-f.dialect.stopping:
	}
	return false
}

// catchUp sends all that there is to send. Who asks is asked for each time: a
// key may have ended, or see less.
func (f *feed) catchUp() error {
	for more := true; more; {
		caller, err := f.dialect.caller(f.request)
		if err != nil {
			return err
		}
		var list []core.Event
		if list, f.at, more, err = f.dialect.core.Feed(f.request.Context(), caller, f.at, f.kinds); err != nil {
			return err
		}
		var b bytes.Buffer
		for _, e := range list {
			f.told = e.Change.Seq
			fmt.Fprintf(&b, "id: %d\nevent: %s\ndata: %s\n\n", f.told, e.Kind, encode(eventOf(e)))
		}
		if b.Len() > 0 {
			if err := f.send(b.String()); err != nil {
				return err
			}
		}
		select {
		case <-f.dialect.stopping:
			return context.Canceled
		default:
		}
	}
	return nil
}

// beat shows that the feed is there, and how far it has come where what
// happened was not for this client.
func (f *feed) beat() error {
	if f.told == f.at {
		return f.send(": here\n\n")
	}
	f.told = f.at
	return f.send(fmt.Sprintf(": here\nid: %d\n\n", f.at))
}

// send fails where the client does not read in time.
func (f *feed) send(text string) error {
	_ = f.out.SetWriteDeadline(time.Now().Add(f.dialect.readTime))
	if _, err := f.w.Write([]byte(text)); err != nil {
		return err
	}
	return f.out.Flush()
}
