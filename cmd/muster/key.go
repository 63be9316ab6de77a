package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/demo"
)

type keyCmd struct {
	Create keyCreate `cmd:"" help:"Create an API key and print its secret, once."`
	Take   keyTake   `cmd:"" help:"Take over a key of another server, of which a hash is known."`
	Set    keySet    `cmd:"" help:"Change what a key may do; its secret stays."`
	List   keyList   `cmd:"" help:"List the keys; their secrets cannot be shown."`
	Show   keyShow   `cmd:"" help:"Show one key; its secret cannot be shown."`
	Revoke keyRevoke `cmd:"" help:"End a key at once."`
	Rotate keyRotate `cmd:"" help:"Give a key another secret and print it, once."`
	Freeze keyFreeze `cmd:"" help:"Make a key open nothing until it is thawed."`
	Thaw   keyThaw   `cmd:"" help:"Let a frozen key open again."`
}

type keyCreate struct {
	reach
	output
	ID        string  `name:"id" help:"Id of the key, which is no secret (default: a new UUID)."`
	Secret    *string `placeholder:"VALUE" help:"Keep a secret that clients are configured with already; - reads it from the first line of the input, where other users of this machine cannot see it (default: a new one)."`
	Name      string  `help:"What the key is for."`
	Level     *int    `placeholder:"N" help:"What it may do, 0 to 8: 1 reads accounts it can name, 2 lists them and history, 3 edits accounts, 8 everything; with --owner 4 edits the own account, 8 others (default: 3, with --owner 4)."`
	Areas     words   `placeholder:"NAMES" help:"Restrict writing to these areas, by comma: profile, values, ranks, identities, standing, accounts, catalogue, keys (default: all)."`
	RankPower *int64  `placeholder:"N" help:"Most powerful rank that it may give or take (default: any)."`
	Owner     string  `placeholder:"REF" help:"Account that it acts for (default: none, it is the community's own)."`
	PerMinute int     `placeholder:"N" help:"Requests a minute for each class of routes (default: the community's preset)."`
	Expires   *when   `placeholder:"WHEN" help:"When it ends: a date, a time, or how long from now, such as 36h or 90d (default: never)."`
}

// shortSecret is how many characters a secret has at least that nobody warns
// of.
const shortSecret = 16

// Help gives examples.
func (keyCreate) Help() string {
	return `Examples:
    muster key create --name "Discord bot" --level 3 --areas ranks,values
    muster key create --name "old game server" --secret - < old-key.txt`
}

// Run creates the key. A secret that was given is not repeated.
func (cmd *keyCreate) Run(p *program) error {
	secret, err := givenSecret(cmd.Secret, p.in)
	if err != nil {
		return err
	}
	areas, err := areasNamed(cmd.Areas)
	if err != nil && cmd.Areas != nil {
		return err
	}
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		if secret == demo.Secret && caller.Community != demo.ID {
			return fmt.Errorf("everybody knows the secret %q: it is for the demo only", secret)
		}
		if secret != "" && len(secret) < shortSecret {
			_, _ = fmt.Fprintf(p.err, "muster: warning: a secret of %d characters can be guessed\n", len(secret))
		}
		key := muster.Key{
			ID: muster.KeyID(cmd.ID), Name: cmd.Name, Level: muster.LevelWriteSome,
			RankPower: muster.AnyRankPower, PerMinute: cmd.PerMinute,
		}
		if cmd.Owner != "" {
			key.Level = muster.LevelUser
		}
		put((*int)(&key.Level), cmd.Level)
		put(&key.RankPower, cmd.RankPower)
		key.Areas = areas
		if err := expire(&key, cmd.Expires); err != nil {
			return err
		}
		if key.Owner, err = accountID(p.ctx, c, caller, cmd.Owner); err != nil {
			return err
		}
		key, made, err := c.CreateKey(p.ctx, caller, key, secret)
		if err != nil {
			return err
		}
		if secret != "" {
			made = "" // whoever gave it has it
		}
		return showKey(p, cmd.output, key, made)
	})
}

// showKey shows a key, and its secret where it is new.
func showKey(p *program, o output, key muster.Key, secret string, more ...[]string) error {
	v := viewKey(key)
	v.Secret = secret
	rows := [][]string{
		{"ID", string(key.ID)}, {"Name", key.Name}, {"Level", strconv.Itoa(int(key.Level))}, {"Areas", areasOf(key, ", ")}, {"Rank power", powerOf(key)},
		{"Owner", string(key.Owner)}, {"Expires", orNever(key.ExpiresAt)},
	}
	if key.OldSecretEnds.After(time.Now()) {
		rows = append(rows, []string{"Old secret", "opens until " + moment(key.OldSecretEnds)})
	}
	rows = append(rows, more...)
	return o.one(p.out, v, append(rows, secretRows(secret, "only its hash is kept")...))
}

// givenSecret is the secret of --secret, or nothing where one is to be made.
func givenSecret(given *string, in io.Reader) (string, error) {
	switch {
	case given == nil:
		return "", nil
	case *given == "":
		return "", misuse("--secret is empty; leave it out for a new one")
	case *given != "-":
		return *given, nil
	}
	line, err := firstLine(in)
	if err == nil && line == "" {
		err = misuse("--secret -: the input has no first line")
	}
	if err != nil {
		return "", err
	}
	return line, nil
}

// areasNamed are the areas of a flag; nil, for all, where it says so.
func areasNamed(names words) (areas []muster.Area, err error) {
	if len(names) == 0 {
		return nil, misuse("--areas names none; give the areas, or all")
	}
	if slices.Equal(names, words{"all"}) {
		return nil, nil
	}
	for _, name := range names {
		areas = append(areas, muster.Area(name))
	}
	return areas, nil
}

// expire sets when a key ends, where that was given.
func expire(key *muster.Key, at *when) error {
	if at == nil {
		return nil
	}
	key.ExpiresAt = at.after(time.Now()).UTC().Truncate(time.Microsecond)
	if !key.Live(time.Now()) {
		return misuse("--expires lies in the past")
	}
	return nil
}

type keySet struct {
	reach
	output
	ID muster.KeyID `arg:"" help:"Id of the key."`
	keyFlags
}

// keyFlags are the parts of a key that can be changed.
type keyFlags struct {
	Name         *string `help:"What the key is for."`
	Level        *int    `placeholder:"N" help:"What it may do, 0 to 8, as for key create."`
	Areas        *words  `placeholder:"NAMES" help:"Restrict writing to these areas, by comma; all lifts the restriction."`
	RankPower    *int64  `xor:"power" placeholder:"N" help:"Most powerful rank that it may give or take."`
	AnyRankPower bool    `xor:"power" help:"It may give and take every rank."`
	Owner        *string `placeholder:"REF" help:"Account that it acts for; nothing (--owner=) makes it the community's own."`
	PerMinute    *int    `placeholder:"N" help:"Requests a minute for each class of routes; 0 for the community's preset."`
	Expires      *when   `xor:"end" placeholder:"WHEN" help:"When it ends: a date, a time, or how long from now, such as 36h or 90d."`
	NeverExpires bool    `xor:"end" help:"It does not end."`
}

// Run changes what was given.
func (cmd *keySet) Run(p *program) error {
	if cmd.keyFlags == (keyFlags{}) {
		return errNothingGiven
	}
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		var given muster.Key
		if err := expire(&given, cmd.Expires); err != nil {
			return err
		}
		if cmd.Areas != nil {
			var err error
			if given.Areas, err = areasNamed(*cmd.Areas); err != nil {
				return err
			}
		}
		if cmd.Owner != nil {
			var err error
			if given.Owner, err = accountID(p.ctx, c, caller, *cmd.Owner); err != nil {
				return err
			}
		}
		key, err := c.UpdateKey(p.ctx, caller, cmd.ID, func(k *muster.Key) { cmd.apply(k, given) })
		if err != nil {
			return err
		}
		return showKey(p, cmd.output, key, "")
	})
}

// apply sets what was given; areas, owner and end were read from their flags.
func (g keyFlags) apply(k *muster.Key, read muster.Key) {
	put(&k.Name, g.Name)
	put((*int)(&k.Level), g.Level)
	put(&k.RankPower, g.RankPower)
	put(&k.PerMinute, g.PerMinute)
	if g.Areas != nil {
		k.Areas = read.Areas
	}
	if g.AnyRankPower {
		k.RankPower = muster.AnyRankPower
	}
	if g.Owner != nil {
		k.Owner = read.Owner
	}
	if g.Expires != nil || g.NeverExpires {
		k.ExpiresAt = read.ExpiresAt
	}
}

type keyList struct {
	reach
	output
}

// Run lists the keys.
func (cmd *keyList) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		list, err := c.Keys(p.ctx, caller)
		if err != nil {
			return err
		}
		shown, rows := []keyView{}, [][]string{}
		for _, k := range list {
			shown = append(shown, viewKey(k))
			rows = append(rows, []string{
				string(k.ID), stateOfKey(k), strconv.Itoa(int(k.Level)), areasOf(k, ","), powerOf(k), orNever(k.ExpiresAt), orNever(k.LastUsedAt), k.Name,
			})
		}
		return cmd.list(p.out, shown, "ID STATE LEVEL AREAS POWER EXPIRES USED NAME", rows)
	})
}

type keyRevoke struct {
	reach
	output
	ID muster.KeyID `arg:"" help:"Id of the key."`
}

// Run revokes the key.
func (cmd *keyRevoke) Run(p *program) error {
	return cmd.do(p, func(c deeds, caller muster.Caller) error {
		if err := c.RevokeKey(p.ctx, caller, cmd.ID); err != nil {
			return err
		}
		return cmd.say(p.out, map[string]muster.KeyID{"revoked": cmd.ID}, "The key %s is revoked.", cmd.ID)
	})
}

// keyView is a key as JSON. Secret stands only in the answer to its creation.
type keyView struct {
	ID         muster.KeyID     `json:"id"`
	Secret     string           `json:"secret,omitempty"`
	Name       string           `json:"name"`
	Level      muster.Level     `json:"level"`
	Areas      []muster.Area    `json:"areas"`      // none: all
	RankPower  *int64           `json:"rank_power"` // null: any
	Owner      muster.AccountID `json:"owner,omitempty"`
	PerMinute  int              `json:"per_minute"` // 0: the community's preset
	CreatedAt  time.Time        `json:"created_at"`
	ExpiresAt  time.Time        `json:"expires_at,omitzero"`
	RevokedAt  time.Time        `json:"revoked_at,omitzero"`
	FrozenAt   time.Time        `json:"frozen_at,omitzero"`
	LastUsedAt time.Time        `json:"last_used_at,omitzero"`
	LimitHits  int64            `json:"limit_hits"` // requests that were too many

	Addresses     []string  `json:"addresses,omitempty"` // from which alone it may be used
	OldSecretEnds time.Time `json:"old_secret_ends,omitzero"`
}

func viewKey(k muster.Key) keyView {
	v := keyView{
		ID: k.ID, Name: k.Name, Level: k.Level, Areas: append([]muster.Area{}, k.Areas...), Owner: k.Owner, PerMinute: k.PerMinute,
		CreatedAt: k.CreatedAt, ExpiresAt: k.ExpiresAt, RevokedAt: k.RevokedAt, FrozenAt: k.FrozenAt, LastUsedAt: k.LastUsedAt, LimitHits: k.LimitHits,
		Addresses: k.Addresses, OldSecretEnds: k.OldSecretEnds,
	}
	if k.RankPower != muster.AnyRankPower {
		v.RankPower = &k.RankPower
	}
	return v
}

func orNever(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return moment(t)
}
