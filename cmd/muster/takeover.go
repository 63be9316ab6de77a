package main

import (
	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// What a community's clients hold from the server that they come from stays
// good: API keys, of which only a hash is known there, and tokens.

type keyTake struct {
	inCommunity
	output
	ID      string `arg:"" help:"Id of the key, as clients name it."`
	Owner   string `required:"" placeholder:"REF" help:"Account that it acts for."`
	Level   int    `default:"4" placeholder:"N" help:"What it may do, 0 to 8; 4 edits the own account (default: 4)."`
	Name    string `help:"What the key is for."`
	Expires *when  `placeholder:"WHEN" help:"When it ends: a date, a time, or how long from now (default: never)."`
}

// Help says which hashes are taken.
func (keyTake) Help() string {
	return `The hash of its secret is read from the first line of the input: FreeSewing's column as it is, bcrypt, argon2id or scrypt:SALT:HASH. Its first use here replaces the hash.`
}

// Run takes the key over.
func (cmd *keyTake) Run(p *program) error {
	hash, err := firstLine(p.in)
	if err != nil {
		return err
	}
	if hash == "" {
		return misuse("the input has no first line: it is to be the hash of the key's secret")
	}
	return cmd.do(p.ctx, func(c *core.Core, caller muster.Caller) error {
		key := muster.Key{ID: muster.KeyID(cmd.ID), Name: cmd.Name, Level: muster.Level(cmd.Level), RankPower: muster.AnyRankPower}
		if err := expire(&key, cmd.Expires); err != nil {
			return err
		}
		if key.Owner, err = accountID(p.ctx, c, caller, cmd.Owner); err != nil {
			return err
		}
		if key, err = c.TakeOverKey(p.ctx, caller, key, hash); err != nil {
			return err
		}
		return showKey(p, cmd.output, key, "")
	})
}

type communityTokens struct {
	inCommunity
	output
	Issuer   string `placeholder:"ISS" help:"Who made them: their claim iss."`
	Audience string `placeholder:"AUD" help:"Whom they are for: their claim aud."`
	None     bool   `help:"Take none any more."`
}

// Help says where the secret comes from.
func (communityTokens) Help() string {
	return `The secret of their HMAC is read from the first line of the input, and kept sealed. They are good until they end, or the account's password changes.

Example: muster community tokens --issuer https://backend.example.org --audience https://backend.example.org/1 < old-secret.txt`
}

// Run takes tokens of another server, or no more of them.
func (cmd *communityTokens) Run(p *program) error {
	tokens := core.ForeignTokens{Issuer: cmd.Issuer, Audience: cmd.Audience}
	if !cmd.None {
		secret, err := firstLine(p.in)
		if err != nil {
			return err
		}
		if tokens.Secret = secret; secret == "" {
			return misuse("the input has no first line: it is to be the secret of the tokens")
		}
	}
	return cmd.do(p.ctx, func(c *core.Core, caller muster.Caller) error {
		if err := c.SetForeignTokens(p.ctx, caller, tokens); err != nil {
			return err
		}
		community, err := c.OwnCommunity(p.ctx, caller)
		if err != nil {
			return err
		}
		return showCommunity(p, cmd.output, community)
	})
}
