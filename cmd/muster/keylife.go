package main

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
)

type keyRotate struct {
	reach
	output
	ID      muster.KeyID  `arg:"" help:"Id of the key."`
	Overlap time.Duration `placeholder:"TIME" help:"How long the secret before opens as well, such as 24h; 720h at most (default: it ends at once)."`
}

// Help gives an example.
func (keyRotate) Help() string {
	return `Example: muster key rotate bot --overlap 24h

The secret before the present one ends now, whatever was said of it. What the key may do stays.`
}

// Run gives the key another secret.
func (cmd *keyRotate) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		key, secret, err := c.RotateKey(p.ctx, caller, cmd.ID, cmd.Overlap)
		if err != nil {
			return err
		}
		return showKey(p, cmd.output, key, secret)
	})
}

// keyFreezing is freeze and thaw.
type keyFreezing struct {
	reach
	output
	ID muster.KeyID `arg:"" help:"Id of the key."`
}

func (cmd *keyFreezing) freeze(p *program, frozen bool, said string) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		key, err := c.FreezeKey(p.ctx, caller, cmd.ID, frozen)
		if err != nil {
			return err
		}
		return cmd.say(p.out, viewKey(key), said, key.ID)
	})
}

type keyFreeze struct{ keyFreezing }

// Run freezes the key.
func (cmd *keyFreeze) Run(p *program) error {
	return cmd.freeze(p, true, "The key %s is frozen: it opens nothing until it is thawed.")
}

type keyThaw struct{ keyFreezing }

// Run thaws the key.
func (cmd *keyThaw) Run(p *program) error {
	return cmd.freeze(p, false, "The key %s opens again.")
}

// stateOfKey is how a key stands, in a word.
func stateOfKey(k muster.Key) string {
	switch {
	case !k.RevokedAt.IsZero():
		return "revoked"
	case !k.FrozenAt.IsZero():
		return "frozen"
	case !k.Live(time.Now()):
		return "expired"
	default:
		return "live"
	}
}

type keyShow struct {
	reach
	output
	ID muster.KeyID `arg:"" help:"Id of the key."`
}

// Run shows the key.
func (cmd *keyShow) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		list, err := c.Keys(p.ctx, caller)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(list, func(k muster.Key) bool { return k.ID == cmd.ID })
		if at < 0 {
			return muster.Errorf(muster.NotFound, "", "there is no key %s", muster.Quote(cmd.ID))
		}
		return showKey(p, cmd.output, list[at], "", []string{"State", stateOfKey(list[at])}, []string{"Used", orNever(list[at].LastUsedAt)})
	})
}

// areasOf are the areas of a key, in words.
func areasOf(k muster.Key, between string) string {
	if len(k.Areas) == 0 {
		return "all"
	}
	names := make([]string, len(k.Areas))
	for i, a := range k.Areas {
		names[i] = string(a)
	}
	return strings.Join(names, between)
}

// powerOf is the rank power of a key, in words.
func powerOf(k muster.Key) string {
	if k.RankPower == muster.AnyRankPower {
		return "any"
	}
	return strconv.FormatInt(k.RankPower, 10)
}
