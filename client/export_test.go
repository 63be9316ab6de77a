package client

import (
	"context"
	"io"
	"net/http"
	"time"
)

// MaxAnswer is how large the body of an answer may be.
const MaxAnswer = maxAnswer

// SetSleep has a client wait between tries as a test says.
func (c *Client) SetSleep(sleep func(context.Context, time.Duration) error) { c.pace.sleep = sleep }

// SetSilence says how long a live feed may say nothing.
func (c *Client) SetSilence(d time.Duration) { c.pace.silence = d }

// ReadFeed reads messages of a live feed, and tells where it has come.
func ReadFeed(body io.Reader, each func(Event) bool) (last string, err error) {
	f := &feed{yield: func(e Event, _ error) bool { return each(e) }}
	err = f.read(body, func() {})
	return f.last, err
}

// ReadResults reads the answer to many edits.
func ReadResults(body io.Reader, each func(EditResult) error) (out EditSummary, err error) {
	err = readResults(body, each, &out)
	return out, err
}

// Refused is the refusal that an answer is.
func Refused(res *http.Response) error { return refused(res) }
