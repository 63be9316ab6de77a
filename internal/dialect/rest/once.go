package rest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// headerOnce is the header by which a client gives a request a name, under
// which it is done once (draft-ietf-httpapi-idempotency-key-header).
const headerOnce = "Idempotency-Key"

// maxReply is how large a reply is kept.
const maxReply = 1 << 20

// keptHeaders are kept with a reply.
var keptHeaders = []string{"Content-Type", "ETag", "Location", "Muster-Change", muster.HeaderDryRun, "Accept-Patch"}

// onceName reads the header: a structured field's string, or the bare text.
func onceName(text string) (string, error) {
	name, refuse := strings.TrimSpace(text), func(message string) (string, error) {
		return "", muster.Within(inHeader, muster.Within(headerOnce, muster.Errorf(muster.Invalid, "", "%s", message)))
	}
	if inner, ok := strings.CutPrefix(name, `"`); ok {
		if name, ok = strings.CutSuffix(inner, `"`); !ok {
			return refuse("begins with a quotation mark and does not end with one")
		}
		name = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(name)
	}
	odd := strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c > '~' })
	if name == "" || len(name) > 200 || odd {
		return refuse("must be 1 to 200 printable ASCII characters")
	}
	return name, nil
}

// once is the request by its name; the body is read for its fingerprint, and
// stands ready to be read again.
func once(w http.ResponseWriter, r *http.Request, c muster.Caller, call route) (o core.Once, err error) {
	if o.Name, err = onceName(r.Header.Get(headerOnce)); err != nil {
		return o, err
	}
	limit := int64(maxBody)
	if call.class == classBulk {
		limit = MaxBulk
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err := unreadable(err, limit); err != nil {
		return o, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	sum := sha256.New()
	_, _ = io.WriteString(sum, r.URL.RequestURI()+"\n"+r.Header.Get("Content-Type")+"\n"+r.Header.Get(headerMatch)+"\n")
	_, _ = sum.Write(body)
	o.Community, o.Fingerprint = c.Community, hex.EncodeToString(sum.Sum(nil))
	o.Scope = string(c.Key) + " " + string(c.Account) + " " + call.method + " " + call.pattern
	return o, nil
}

// serveOnce answers a request that has a name: with what was answered before,
// or by doing it.
func (d *Dialect) serveOnce(w http.ResponseWriter, r *http.Request, c muster.Caller, call route, do func(http.ResponseWriter)) error {
	o, err := once(w, r, c, call)
	if err != nil {
		return err
	}
	reply, err := d.core.Begin(r.Context(), o)
	if err != nil {
		return refusedOnce(err)
	}
	if reply != nil {
		for name, value := range reply.Header {
			w.Header().Set(name, value)
		}
		w.Header().Set("Idempotency-Replayed", "true")
		w.WriteHeader(reply.Status)
		_, _ = w.Write(reply.Body) //nolint:gosec // it is what was answered before, of the same type; and the client may have gone
		return nil
	}
	note := &recorder{ResponseWriter: w}
	done := false
	defer func() { // a panic as well must not keep the name for ever
		if !done {
			d.keep(r, o, note, call, false)
		}
	}()
	do(note)
	done = true
	d.keep(r, o, note, call, note.status < http.StatusInternalServerError && note.status != http.StatusTooManyRequests)
	return nil
}

// keep notes how a request ended. Where the client has gone that is still so.
func (d *Dialect) keep(r *http.Request, o core.Once, note *recorder, call route, done bool) {
	ctx := context.WithoutCancel(r.Context())
	err := error(nil)
	if done {
		reply := core.Reply{Status: note.status, Header: map[string]string{}}
		for _, name := range keptHeaders {
			if value := note.Header().Get(name); value != "" {
				reply.Header[name] = value
			}
		}
		secret := call.secret && note.status < http.StatusMultipleChoices // a refusal holds none
		if !secret && !note.long {
			reply.Body = note.body.Bytes()
			if reply.Body == nil {
				reply.Body = []byte{}
			}
		}
		err = d.core.Finish(ctx, o, reply)
	} else {
		err = d.core.Forget(ctx, o)
	}
	if err != nil {
		d.log.ErrorContext(ctx, "a reply could not be kept", "dialect", Name, "path", r.URL.Path, "request_id", r.Header.Get("X-Request-Id"), "error", err)
	}
}

// refusedOnce words why a request is not done by its name.
func refusedOnce(err error) error {
	p := problem{status: http.StatusConflict, detail: err.Error()}
	switch {
	case errors.Is(err, core.ErrReused):
		p.status, p.code = http.StatusUnprocessableEntity, "key_reused"
	case errors.Is(err, core.ErrRunning):
		p.code = "key_in_use"
	case errors.Is(err, core.ErrNotKept):
		p.code = "reply_not_kept"
		p.detail += ": it held a secret, or was too large. Look at what is there, and use another key to do it again"
	default:
		return err
	}
	p.at = []fault{{Header: headerOnce, Detail: p.detail}}
	return p
}

// recorder notes an answer on its way.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
	long   bool
}

// WriteHeader notes the status.
func (n *recorder) WriteHeader(status int) {
	if n.status == 0 {
		n.status = status
	}
	n.ResponseWriter.WriteHeader(status)
}

// Write notes what is written, as long as it can be kept.
func (n *recorder) Write(b []byte) (int, error) {
	if n.status == 0 {
		n.status = http.StatusOK
	}
	if n.long = n.long || n.body.Len()+len(b) > maxReply; n.long {
		n.body = bytes.Buffer{}
	} else {
		n.body.Write(b)
	}
	return n.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the server's own writer.
func (n *recorder) Unwrap() http.ResponseWriter { return n.ResponseWriter }
