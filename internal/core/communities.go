package core

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// CreateCommunity adds a community, with the fields that its dialects need; an
// empty UUID is made. Only the server's own machine can do so: no credential
// reaches across communities.
func (c *Core) CreateCommunity(ctx context.Context, community muster.Community, fields []muster.Field) (muster.Community, error) {
	if community.UUID == "" {
		community.UUID = newID()
	}
	community.UUID = strings.ToLower(community.UUID)
	if community.Name == "" {
		community.Name = string(community.ID)
	}
	community.CreatedAt = c.time()
	if err := community.Validate(); err != nil {
		return community, err
	}
	if err := checkZoneMap(community.Settings.TimeZones); err != nil {
		return community, err
	}
	by := muster.Operator(community.ID)
	return community, c.store.Write(ctx, func(t *store.Tx) error {
		if err := idFree(t, community.ID); err != nil {
			return err
		}
		if err := t.InsertCommunity(community); err != nil {
			return err
		}
		if err := c.recordDefinition(t, by, muster.DeedCatalogue, "community", nil, community); err != nil {
			return err
		}
		for _, f := range fields {
			if err := c.putField(t, by, f); err != nil {
				return err
			}
		}
		return nil
	})
}

// UpdateCommunity lets edit change a community's name and settings.
func (c *Core) UpdateCommunity(ctx context.Context, caller muster.Caller, edit func(*muster.Community)) (community muster.Community, err error) {
	if err := caller.MayManage(muster.AreaCatalogue); err != nil {
		return community, err
	}
	err = c.writeAnyhow(ctx, caller, func(t *store.Tx) error {
		before, err := t.Community(caller.Community)
		if err != nil {
			return err
		}
		community = before
		community.Settings.Dialects = slices.Clone(before.Settings.Dialects)
		community.Settings.Switches = maps.Clone(before.Settings.Switches)
		community.Settings.TimeZones = maps.Clone(before.Settings.TimeZones)
		edit(&community)
		community.ID, community.UUID, community.CreatedAt = before.ID, before.UUID, before.CreatedAt
		if err := community.Validate(); err != nil {
			return err
		}
		if err := checkZoneMap(community.Settings.TimeZones); err != nil {
			return err
		}
		if owner := community.Settings.Owner; owner != "" && owner != before.Settings.Owner {
			if community.Settings.Owner, err = reference(t, community.ID, owner); err != nil {
				return muster.Within("owner", err)
			}
		}
		if sameDefinition(before, community) {
			return nil
		}
		if err := t.UpdateCommunity(community); err != nil {
			return err
		}
		return c.recordDefinition(t, caller, muster.DeedCatalogue, "community", before, community)
	})
	return community, err
}

// OwnCommunity is the caller's own.
func (c *Core) OwnCommunity(ctx context.Context, caller muster.Caller) (community muster.Community, err error) {
	if err := caller.MayRead(); err != nil {
		return community, err
	}
	err = c.store.Read(ctx, func(t *store.Tx) error {
		community, err = t.Community(caller.Community)
		return err
	})
	return community, err
}

// ManagedCommunity is the caller's own with its settings, for those who may
// change them.
func (c *Core) ManagedCommunity(ctx context.Context, caller muster.Caller) (community muster.Community, err error) {
	if err := caller.MayManage(muster.AreaCatalogue); err != nil {
		return community, err
	}
	return c.OwnCommunity(ctx, caller)
}

// Community is a community by its short id or UUID. It answers the server's
// own machine only.
func (c *Core) Community(ctx context.Context, name string) (community muster.Community, err error) {
	err = c.store.Read(ctx, func(t *store.Tx) error {
		community, err = t.CommunityNamed(name)
		return err
	})
	return community, err
}

// Communities lists all communities, for the server's own machine only.
func (c *Core) Communities(ctx context.Context) (list []muster.Community, err error) {
	err = c.store.Read(ctx, func(t *store.Tx) error {
		list, err = t.Communities()
		return err
	})
	return list, err
}
