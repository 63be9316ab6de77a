package muster

import (
	"math"
	"net/netip"
	"slices"
	"time"
)

// KeyID names a Key; it is public, unlike the key's secret.
type KeyID string

// AnyRankPower is the rank power of a key that may grant every rank.
const AnyRankPower = math.MaxInt64

// Key is an API credential. Its secret is shown once, at creation; the store
// holds the SHA-256 of it and nothing more.
type Key struct {
	ID        KeyID     `json:"id"`
	Name      string    `json:"name,omitempty"`
	Level     Level     `json:"level"`
	Areas     []Area    `json:"areas,omitempty"`      // empty: all that the level allows
	RankPower int64     `json:"rank_power"`           // no rank above it may be granted or taken
	Owner     AccountID `json:"owner,omitempty"`      // the account it acts for; empty for the community's own
	PerMinute int       `json:"per_minute,omitempty"` // requests a minute and class; 0: the community's preset
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at,omitzero"` // zero: never
	RevokedAt time.Time `json:"revoked_at,omitzero"` // zero: not revoked
	FrozenAt  time.Time `json:"frozen_at,omitzero"`  // zero: not frozen; else it opens nothing until it is thawed
	Addresses []string  `json:"addresses,omitempty"` // from which alone it may be used: addresses and networks; none: from anywhere

	OldSecretEnds time.Time `json:"old_secret_ends,omitzero"` // until when the secret before this one opens as well; zero: there is none

	LastUsedAt time.Time `json:"-"` // zero: never; written now and then, not at each use
	LimitHits  int64     `json:"-"` // requests that were too many; written as LastUsedAt is
}

// Validate checks what a person may set.
func (k Key) Validate() error {
	if err := checkID("id", string(k.ID)); err != nil {
		return err
	}
	if err := checkLine("name", k.Name, maxName); err != nil {
		return err
	}
	if k.Level < 0 || k.Level > LevelAdmin {
		return Errorf(Invalid, "level", "must be from 0 to %d", LevelAdmin)
	}
	if k.PerMinute < 0 {
		return Errorf(Invalid, "per_minute", "must not be negative")
	}
	for i, text := range k.Addresses {
		if _, err := network(text); err != nil {
			return Errorf(Invalid, "addresses."+itoa(i), "is neither an address (192.0.2.1) nor a network (192.0.2.0/24)")
		}
	}
	for i, a := range k.Areas {
		if !slices.Contains(Areas, a) {
			return Errorf(Invalid, "areas."+itoa(i), "unknown area %s; there are %v", Quote(a), Areas)
		}
	}
	return nil
}

// network reads an address or a network.
func network(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		addr = addr.Unmap()
		return addr.Prefix(addr.BitLen())
	}
	return netip.ParsePrefix(text)
}

// OpensFrom reports whether the key may be used from an address, as
// http.Request.RemoteAddr has it. Where that is unknown, a key that is bound to
// addresses may not.
func (k Key) OpensFrom(remote string) bool {
	if len(k.Addresses) == 0 {
		return true
	}
	host, err := netip.ParseAddrPort(remote)
	return err == nil && slices.ContainsFunc(k.Addresses, func(text string) bool {
		within, err := network(text)
		return err == nil && within.Contains(host.Addr().Unmap().WithZone(""))
	})
}

// Live reports whether the key is neither expired, revoked nor frozen at now.
func (k Key) Live(now time.Time) bool {
	return k.RevokedAt.IsZero() && k.FrozenAt.IsZero() && (k.ExpiresAt.IsZero() || now.Before(k.ExpiresAt))
}
