package core

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/seal"
	"github.com/muster-accounts/muster/internal/store"
)

// How long a reply is kept, and how long a request counts as running whose
// server never said how it ended.
const (
	ReplyLife   = 24 * time.Hour
	requestLife = 20 * time.Minute
)

// The ways in which a request that may come twice is refused.
var (
	ErrReused  = errors.New("the key belongs to another request")
	ErrRunning = errors.New("a request with this key is running")
	ErrNotKept = errors.New("a request with this key was answered, and its answer is not kept")
)

// Once is a request that is to be done once, however often it comes: whose it
// is, which route's, the name that its client gave it, and what it asks.
type Once struct {
	Community   muster.CommunityID
	Scope       string // the credential and the route
	Name        string
	Fingerprint string
}

// Reply is what was answered to it.
type Reply struct {
	Status int
	Header map[string]string
	Body   []byte // nil: it is not to be kept
}

// Begin gives back the reply of a request that was done already, or nil where
// it is to be done now: then Finish or Forget has to follow. A request is
// ErrReused where another one has its name, ErrRunning while the first is not
// done, and ErrNotKept where its reply held a secret, or was too large to keep.
func (c *Core) Begin(ctx context.Context, o Once) (reply *Reply, err error) {
	var kept store.Reply
	err = c.store.WriteIn(ctx, o.Community, func(t *store.Tx) error {
		now := c.time()
		found := false
		if kept, found, err = t.Reply(o.Community, o.Scope, o.Name, now); err != nil {
			return err
		}
		switch {
		case found && kept.Fingerprint != o.Fingerprint:
			return ErrReused
		case found && kept.Status == 0:
			return ErrRunning
		case found:
			return nil
		}
		kept = store.Reply{Scope: o.Scope, Name: o.Name, Fingerprint: o.Fingerprint, Begun: now, Ends: now.Add(requestLife)}
		if err := t.DropReplies(o.Community, now); err != nil {
			return err
		}
		return t.PutReply(o.Community, kept)
	})
	switch {
	case err != nil || kept.Status == 0:
		return nil, err
	case kept.Body == nil:
		return nil, ErrNotKept
	}
	reply = &Reply{Status: kept.Status}
	if err := json.Unmarshal([]byte(kept.Header), &reply.Header); err != nil {
		return nil, err
	}
	if c.ring == nil {
		return nil, errNoRing
	}
	body, err := c.ring.Open(o.place(), string(kept.Body))
	if err != nil {
		return nil, ErrNotKept // the server's secret was replaced since
	}
	reply.Body = []byte(body)
	return reply, nil
}

// place is what a sealed reply belongs to.
func (o Once) place() seal.Place {
	return seal.Place{Community: o.Community, Subject: o.Scope + "\x00" + o.Name, Member: "reply"}
}

// Finish keeps what was answered, sealed, for ReplyLife.
func (c *Core) Finish(ctx context.Context, o Once, r Reply) error {
	header, err := json.Marshal(r.Header)
	if err != nil {
		return err
	}
	kept := store.Reply{Scope: o.Scope, Name: o.Name, Fingerprint: o.Fingerprint, Status: r.Status, Header: string(header), Begun: c.time()}
	kept.Ends = kept.Begun.Add(ReplyLife)
	if r.Body != nil {
		if c.ring == nil {
			return errNoRing
		}
		sealed, err := c.ring.Seal(o.place(), string(r.Body))
		if err != nil {
			return err
		}
		kept.Body = []byte(sealed)
	}
	return c.store.WriteIn(ctx, o.Community, func(t *store.Tx) error { return t.PutReply(o.Community, kept) })
}

// Forget lets a request be done anew that was not done.
func (c *Core) Forget(ctx context.Context, o Once) error {
	return c.store.WriteIn(ctx, o.Community, func(t *store.Tx) error { return t.DropReply(o.Community, o.Scope, o.Name) })
}
