package muster

import (
	"math"
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
	ID         KeyID     `json:"id"`
	Name       string    `json:"name,omitempty"`
	Level      Level     `json:"level"`
	Areas      []Area    `json:"areas,omitempty"`      // empty: all that the level allows
	RankPower  int64     `json:"rank_power"`           // no rank above it may be granted or taken
	Owner      AccountID `json:"owner,omitempty"`      // the account it acts for; empty for the community's own
	PerMinute  int       `json:"per_minute,omitempty"` // requests a minute and class; 0: the community's preset
	CreatedAt  time.Time `json:"created_at"`
	ExpiresAt  time.Time `json:"expires_at,omitzero"` // zero: never
	RevokedAt  time.Time `json:"revoked_at,omitzero"` // zero: not revoked
	LastUsedAt time.Time `json:"-"`                   // zero: never; written now and then, not at each use
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
	for _, a := range k.Areas {
		if !slices.Contains(Areas, a) {
			return Errorf(Invalid, "areas", "unknown area %s; there are %v", Quote(a), Areas)
		}
	}
	return nil
}

// Live reports whether the key is neither expired nor revoked at now.
func (k Key) Live(now time.Time) bool {
	return k.RevokedAt.IsZero() && (k.ExpiresAt.IsZero() || now.Before(k.ExpiresAt))
}
