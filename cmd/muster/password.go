package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

type accountPassword struct {
	inCommunity
	Ref    string `arg:"" help:"Account whose password it is."`
	Hash   bool   `help:"The input is the hash that another system keeps of it: argon2id, bcrypt, scrypt:SALT:HASH in hexadecimal, or FreeSewing's column."`
	SignIn bool   `name:"sign-in" negatable:"" default:"true" help:"Let the account sign in, if it never could (default: true)."`
}

// Help tells how the password is given.
func (accountPassword) Help() string {
	return refHelp + `

On a terminal the password is asked for and not shown; else it is the first line of the input. It ends all tokens of the account.

Examples:
    muster account password j.doe
    muster account password j.doe --hash < old-hash.txt`
}

// Run sets the password. It is told by nothing that is printed or recorded.
func (cmd *accountPassword) Run(p *program) error {
	text, err := readPassword(p)
	if err != nil {
		return err
	}
	var password *core.Password
	if cmd.Hash {
		password, err = core.ForeignPassword(text)
	} else {
		password, err = core.NewPassword(p.ctx, text)
	}
	if err != nil {
		return err
	}
	return cmd.do(p.ctx, func(c *core.Core, caller muster.Caller) error {
		before, err := c.Account(p.ctx, caller, parseRef(cmd.Ref))
		if err != nil {
			return named(cmd.Ref, err)
		}
		target := core.Target{Ref: muster.RefID(before.ID), Password: password}
		if cmd.SignIn && before.Standing.SignIn == muster.SignInInactive {
			target.Edit.Standing.SignIn = muster.Some(muster.SignInActive)
		}
		if _, err := c.Change(p.ctx, caller, []core.Target{target}, core.Options{Atomic: true}); err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.out, "The password of %s is set.\n", before.Username)
		return err
	})
}

// readPassword asks for a password twice on a terminal, and else takes the
// first line of the input.
func readPassword(p *program) (string, error) {
	file, ok := p.in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return firstLine(p.in)
	}
	var given [2]string
	for i, prompt := range []string{"Password: ", "Once more: "} {
		_, _ = fmt.Fprint(p.err, prompt)
		b, err := term.ReadPassword(int(file.Fd()))
		_, _ = fmt.Fprintln(p.err)
		if err != nil {
			return "", fmt.Errorf("reading the password: %w", err)
		}
		given[i] = string(b)
	}
	if given[0] != given[1] {
		return "", errors.New("the two passwords differ")
	}
	return given[0], nil
}

// firstLine reads a secret from the input.
func firstLine(in io.Reader) (string, error) {
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("reading the secret: %w", err)
	}
	return strings.TrimSpace(line), nil
}
