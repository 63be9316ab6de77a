package core

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

type serverRef struct {
	community muster.CommunityID
	server    int64
}

// Servers lists a community's game servers by id.
func (c *Core) Servers(ctx context.Context, caller muster.Caller) (list []muster.Server, err error) {
	if err := caller.MayRead(); err != nil {
		return nil, err
	}
	err = c.store.Read(ctx, func(t *store.Tx) error {
		list, err = t.Servers(caller.Community)
		return err
	})
	return list, err
}

// Server is one game server.
func (c *Core) Server(ctx context.Context, caller muster.Caller, id int64) (s muster.Server, err error) {
	if err := caller.MayRead(); err != nil {
		return s, err
	}
	err = c.store.Read(ctx, func(t *store.Tx) error {
		s, err = t.Server(caller.Community, id)
		return err
	})
	return s, err
}

// Contact notes that a game server has called; WriteLastUses writes it down.
func (c *Core) Contact(caller muster.Caller, id int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.contacts[serverRef{caller.Community, id}] = c.time()
}

// PutServer adds a game server or replaces the definition of the one with its
// id; an id of 0 is made. Ranks of the whitelist may be named by label.
func (c *Core) PutServer(ctx context.Context, caller muster.Caller, s muster.Server) (muster.Server, error) {
	err := c.manage(ctx, caller, muster.AreaCatalogue, func(t *store.Tx) error {
		if s.ID == 0 {
			list, err := t.Servers(caller.Community)
			if err != nil {
				return err
			}
			s.ID = nextServer(list)
		}
		rules, err := t.Rules(caller.Community)
		if err != nil {
			return err
		}
		if s.Whitelist.Ranks, err = rankIDs(rules, "whitelist.ranks", s.Whitelist.Ranks); err != nil {
			return err
		}
		if s.Whitelist.Blocked, err = rankIDs(rules, "whitelist.blocked", s.Whitelist.Blocked); err != nil {
			return err
		}
		if err := c.putServer(t, caller, s); err != nil {
			return err
		}
		s, err = t.Server(caller.Community, s.ID)
		return err
	})
	return s, err
}

// nextServer is the id behind the greatest.
func nextServer(list []muster.Server) int64 {
	next := int64(1)
	for _, s := range list {
		next = max(next, s.ID+1)
	}
	return next
}

// putServer writes a game server, if it differs from what is there.
func (c *Core) putServer(t *store.Tx, caller muster.Caller, s muster.Server) error {
	if err := s.Validate(); err != nil {
		return err
	}
	if len(s.ACE) > 0 { // in the form in which history keeps it
		var ace bytes.Buffer
		if err := json.Compact(&ace, s.ACE); err != nil {
			return err
		}
		s.ACE = ace.Bytes()
	}
	before, err := t.Server(caller.Community, s.ID)
	had := err == nil
	if err != nil && muster.CodeOf(err) != muster.NotFound {
		return err
	}
	if had && sameDefinition(before, s) {
		return nil
	}
	now := s
	now.HasPushSecret = before.HasPushSecret
	if err := c.follow(t, caller.Community, before, now); err != nil {
		return err
	}
	if err := t.PutServer(caller.Community, s); err != nil {
		return err
	}
	return c.recordDefinition(t, caller, muster.DeedCatalogue, serverSubject(s.ID), orNil(before, had), s)
}

func serverSubject(id int64) string { return "server " + strconv.FormatInt(id, 10) }

// DeleteServer removes a game server; times on it stay with the accounts.
func (c *Core) DeleteServer(ctx context.Context, caller muster.Caller, id int64) error {
	return c.manage(ctx, caller, muster.AreaCatalogue, func(t *store.Tx) error {
		before, err := t.Server(caller.Community, id)
		if err != nil {
			return err
		}
		return c.deleteServer(t, caller, before)
	})
}

func (c *Core) deleteServer(t *store.Tx, caller muster.Caller, s muster.Server) error {
	if err := t.DeleteServer(caller.Community, s.ID); err != nil {
		return err
	}
	if err := t.DropDeliveries(caller.Community, s.Destination()); err != nil { // the next one with its id is another
		return err
	}
	return c.recordDefinition(t, caller, muster.DeedCatalogue, serverSubject(s.ID), s, nil)
}

// ServerWish is what a game server, or a client, says of one. Absent members
// are left alone, and so is everything else of a server that is there.
type ServerWish struct {
	ID                               int64 // 0: found by its name, else made
	Name, Description, Address, Type muster.Opt[string]
	Port                             muster.Opt[int]
	ACE                              muster.Opt[json.RawMessage]
}

func (w ServerWish) apply(s muster.Server) muster.Server {
	s.Name, s.Description = w.Name.Or(s.Name), w.Description.Or(s.Description)
	s.Address, s.Type = w.Address.Or(s.Address), w.Type.Or(s.Type)
	s.Port, s.ACE = w.Port.Or(s.Port), w.ACE.Or(s.ACE)
	return s
}

// EditServer changes what a game server says of itself.
func (c *Core) EditServer(ctx context.Context, caller muster.Caller, wish ServerWish) (s muster.Server, err error) {
	if err := caller.MayEdit("", muster.AreaServers); err != nil {
		return s, err
	}
	err = c.write(ctx, caller, func(t *store.Tx) error {
		before, err := t.Server(caller.Community, wish.ID)
		if err != nil {
			return err
		}
		s = wish.apply(before)
		return c.putServer(t, caller, s)
	})
	return s, err
}

// AddServers adds game servers; one whose id is there is changed. It answers
// all servers.
func (c *Core) AddServers(ctx context.Context, caller muster.Caller, wishes []ServerWish) ([]muster.Server, error) {
	return c.wishServers(ctx, caller, wishes, false)
}

// SetServers makes the game servers those that are wished, found by id or
// else by name; what a wish does not name of them stays, whitelists and
// secrets too. Others are deleted, which is the right of an administrator. It
// answers all servers.
func (c *Core) SetServers(ctx context.Context, caller muster.Caller, wishes []ServerWish) ([]muster.Server, error) {
	return c.wishServers(ctx, caller, wishes, true)
}

func (c *Core) wishServers(ctx context.Context, caller muster.Caller, wishes []ServerWish, replace bool) (list []muster.Server, err error) {
	if err := caller.MayEdit("", muster.AreaServers); err != nil {
		return nil, err
	}
	err = c.write(ctx, caller, func(t *store.Tx) error {
		if list, err = t.Servers(caller.Community); err != nil {
			return err
		}
		named, err := c.applyWishes(t, caller, list, wishes, replace)
		if err != nil {
			return err
		}
		for _, s := range list {
			if !replace || named[s.ID] {
				continue
			}
			if err := caller.MayManage(muster.AreaCatalogue); err != nil {
				return err
			}
			if err := c.deleteServer(t, caller, s); err != nil {
				return err
			}
		}
		list, err = t.Servers(caller.Community)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// applyWishes writes the wished servers and tells which they are.
func (c *Core) applyWishes(t *store.Tx, caller muster.Caller, list []muster.Server, wishes []ServerWish, byName bool) (map[int64]bool, error) {
	named, next := map[int64]bool{}, nextServer(list)
	for _, w := range wishes {
		next = max(next, w.ID+1)
	}
	for i, w := range wishes {
		at := slices.IndexFunc(list, func(s muster.Server) bool {
			return s.ID == w.ID || byName && w.ID == 0 && s.Name == w.Name.Value && !named[s.ID]
		})
		s := muster.Server{ID: w.ID}
		switch {
		case at >= 0:
			s = list[at]
		case w.ID == 0:
			s.ID = next
			next++
		}
		if named[s.ID] {
			return nil, muster.Errorf(muster.Invalid, fmt.Sprintf("servers.%d.id", i), "names the server %d, which is named already", s.ID)
		}
		named[s.ID] = true
		if err := c.putServer(t, caller, w.apply(s)); err != nil {
			return nil, muster.Within(fmt.Sprintf("servers.%d", i), err)
		}
	}
	return named, nil
}

// SetPushSecret keeps, sealed, what a game server is told changes with; empty
// for none.
func (c *Core) SetPushSecret(ctx context.Context, caller muster.Caller, id int64, secret string) error {
	var sealed []byte
	if secret != "" {
		var err error
		if sealed, err = c.sealPush(caller.Community, id, secret); err != nil {
			return err
		}
	}
	return c.manage(ctx, caller, muster.AreaKeys, func(t *store.Tx) error {
		before, err := t.Server(caller.Community, id)
		if err != nil {
			return err
		}
		now := before
		now.HasPushSecret = secret != ""
		if err := c.follow(t, caller.Community, before, now); err != nil {
			return err
		}
		if err := t.SetPushSecret(caller.Community, id, sealed); err != nil {
			return err
		}
		type has struct {
			PushSecret bool `json:"push_secret"`
		}
		return c.recordDefinition(t, caller, muster.DeedCredential, serverSubject(id), has{before.HasPushSecret}, has{secret != ""})
	})
}

// PushSecret is what a game server is told changes with; empty where it has
// none. It answers the server's own machine only.
func (c *Core) PushSecret(ctx context.Context, community muster.CommunityID, id int64) (string, error) {
	var sealed []byte
	err := c.store.Read(ctx, func(t *store.Tx) (err error) {
		sealed, err = t.PushSecret(community, id)
		return err
	})
	if err != nil || sealed == nil {
		return "", err
	}
	return c.openPush(community, id, sealed)
}
