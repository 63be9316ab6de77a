package client

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/muster-accounts/muster"
)

// Key is an API credential.
type Key struct {
	ID        muster.KeyID     `json:"id"`
	Name      string           `json:"name,omitempty"`
	Level     muster.Level     `json:"level"`
	Areas     []muster.Area    `json:"areas,omitempty"` // none: all that the level allows
	RankPower *int64           `json:"rank_power"`      // no rank above it may be given or taken; nil: any
	Owner     muster.AccountID `json:"owner,omitempty"` // for whom it acts; empty: it is the community's own
	PerMinute int              `json:"per_minute,omitempty"`
	Addresses []string         `json:"addresses,omitempty"` // from which alone it may be used; none: from anywhere
	CreatedAt time.Time        `json:"created_at"`
	ExpiresAt time.Time        `json:"expires_at,omitzero"` // zero: never
	RevokedAt time.Time        `json:"revoked_at,omitzero"` // zero: it is not
	FrozenAt  time.Time        `json:"frozen_at,omitzero"`  // zero: it is not

	OldSecretEnds time.Time `json:"old_secret_ends,omitzero"` // until when the secret before this one opens as well
	LastUsedAt    time.Time `json:"last_used_at,omitzero"`    // written now and then
	LimitHits     int64     `json:"limit_hits"`               // requests that were too many

	Secret string `json:"secret,omitempty"` // in the answer of what made it, and never again
}

// NewKey is a key to be made. Without a RankPower it gives and takes no ranks of a power above 0.
type NewKey struct {
	ID        muster.KeyID       `json:"id,omitempty"` // empty: it is made
	Name      string             `json:"name,omitempty"`
	Level     muster.Level       `json:"level"`
	Areas     []muster.Area      `json:"areas,omitempty"`
	RankPower muster.Opt[*int64] `json:"rank_power,omitzero"` // see RankPower and AnyRankPower
	Owner     muster.AccountID   `json:"owner,omitempty"`
	PerMinute int                `json:"per_minute,omitempty"`
	Addresses []string           `json:"addresses,omitempty"`
	ExpiresAt time.Time          `json:"expires_at,omitzero"`
}

// KeyEdit is what is to become different of a key. What is not set stays.
type KeyEdit struct {
	Name      muster.Opt[string]           `json:"name,omitzero"`
	Level     muster.Opt[muster.Level]     `json:"level,omitzero"`
	Areas     muster.Opt[[]muster.Area]    `json:"areas,omitzero"`
	RankPower muster.Opt[*int64]           `json:"rank_power,omitzero"`
	Owner     muster.Opt[muster.AccountID] `json:"owner,omitzero"`
	PerMinute muster.Opt[int]              `json:"per_minute,omitzero"`
	Addresses muster.Opt[[]string]         `json:"addresses,omitzero"`
	ExpiresAt muster.Opt[time.Time]        `json:"expires_at,omitzero"` // the zero time: never
}

// RankPower lets a key give and take ranks up to a power.
func RankPower(most int64) muster.Opt[*int64] { return muster.Some(&most) }

// AnyRankPower lets a key give and take every rank.
func AnyRankPower() muster.Opt[*int64] { return muster.Some[*int64](nil) }

// Keys lists the keys, the oldest first.
func (c *Client) Keys(ctx context.Context) ([]Key, error) { return all[Key](ctx, c, "keys") }

// Key reads a key.
func (c *Client) Key(ctx context.Context, id muster.KeyID) (Key, error) {
	return read[Key](ctx, c, "keys", string(id))
}

// CreateKey makes a key. The answer has its secret, this once: where that is lost on its way ([ErrNotKept]), the key is
// there all the same, and RotateKey gives it another.
func (c *Client) CreateKey(ctx context.Context, k NewKey, options ...CallOption) (Key, error) {
	return write[Key](ctx, c, http.MethodPost, k, options, "keys")
}

// EditKey changes what a key may do.
func (c *Client) EditKey(ctx context.Context, id muster.KeyID, e KeyEdit, options ...CallOption) (Key, error) {
	return write[Key](ctx, c, http.MethodPatch, e, options, "keys", string(id))
}

// RotateKey gives a key another secret, which the answer has, this once. The one before opens as well for an overlap, in
// whole hours, 30 days at most.
func (c *Client) RotateKey(ctx context.Context, id muster.KeyID, overlap time.Duration, options ...CallOption) (Key, error) {
	hours, err := wholly(overlap, time.Hour)
	if err != nil {
		return Key{}, err
	}
	body := map[string]int64{"overlap_hours": hours}
	return write[Key](ctx, c, http.MethodPost, body, options, "keys", string(id), "rotate")
}

// wholly is a time in a unit, which it has to be a multiple of: a shorter one would end what was meant to last.
func wholly(d, unit time.Duration) (int64, error) {
	if d%unit != 0 {
		return 0, fmt.Errorf("client: %v is not a multiple of %v", d, unit)
	}
	return int64(d / unit), nil
}

// FreezeKey makes a key open nothing until it is thawed.
func (c *Client) FreezeKey(ctx context.Context, id muster.KeyID, options ...CallOption) (Key, error) {
	return write[Key](ctx, c, http.MethodPost, nil, options, "keys", string(id), "freeze")
}

// ThawKey makes a frozen key open again what it did.
func (c *Client) ThawKey(ctx context.Context, id muster.KeyID, options ...CallOption) (Key, error) {
	return write[Key](ctx, c, http.MethodPost, nil, options, "keys", string(id), "thaw")
}

// RevokeKey ends a key, at once and for good.
func (c *Client) RevokeKey(ctx context.Context, id muster.KeyID, options ...CallOption) error {
	return c.remove(ctx, options, "keys", string(id))
}
