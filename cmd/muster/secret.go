package main

import (
	"errors"

	"github.com/muster-accounts/muster/internal/seal"
)

type secretCmd struct {
	Rotate secretRotate `cmd:"" help:"Replace the server's own secret, and seal all data with the new one."`
}

type secretRotate struct {
	place
	output
}

// Help says what it takes.
func (secretRotate) Help() string {
	return `No server may run on the data meanwhile. Whoever is signed in has to sign in again; API keys stay. Interrupted, it goes on when it is run again. Back the new file up.`
}

// Run makes a new secret, seals everything with it, and forgets the old one.
func (cmd *secretRotate) Run(p *program) (err error) {
	c, s, err := cmd.open(p.ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if cmd.Database == "" {
		unlock, err := lock(cmd.Data)
		if err != nil {
			return err
		}
		defer unlock()
	}
	path := cmd.secretPath()
	if err := cmd.bindSecret(p.ctx, c); err != nil { // the one of now is right, before it is replaced
		return err
	}
	if err := seal.Renew(path); err != nil {
		return err
	}
	if err := cmd.bindSecret(p.ctx, c); err != nil {
		return err
	}
	if err := seal.DropOlder(path); err != nil {
		return err
	}
	return cmd.say(p.out, map[string]string{"secret_file": path}, "Everything is sealed with a new secret, in %s. Back it up.", path)
}
