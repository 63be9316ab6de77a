package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/seal"
	"github.com/muster-accounts/muster/internal/store"
)

// place is where a command finds the data.
type place struct {
	Data     string `env:"MUSTER_DATA" default:"./muster-data" placeholder:"DIR" help:"Folder that holds the data (default: ./muster-data)."`
	Database string `env:"MUSTER_DATABASE" placeholder:"URL" help:"PostgreSQL database for the accounts, rather than a file in --data: postgres://USER@HOST/NAME (a password is safer in the environment)."`

	SecretFile string `env:"MUSTER_SECRET_FILE" type:"path" placeholder:"FILE" help:"The server's own secret, mode 0600, without which the data cannot be read; made at the first start. Back it up, like the data (default: DIR/secret)."`
}

// open opens the database. Only those who begin something make one: a typing
// mistake in --data or --database must not leave an empty one behind.
func (l place) open(ctx context.Context, begin bool) (*core.Core, *store.Store, error) {
	s, err := l.store(ctx, begin)
	if err != nil {
		return nil, nil, err
	}
	return core.New(s, time.Now), s, nil
}

func (l place) store(ctx context.Context, begin bool) (*store.Store, error) {
	if l.Database != "" {
		if begin {
			if err := os.MkdirAll(l.Data, 0o700); err != nil { // for what is kept beside it
				return nil, err
			}
		}
		s, err := store.OpenPostgres(ctx, l.Database, begin)
		if errors.Is(err, store.ErrEmpty) {
			err = errors.New("there is nothing of muster in this database; look at --database, or begin with: muster serve")
		}
		return s, err
	}
	if _, err := os.Stat(filepath.Join(l.Data, store.File)); errors.Is(err, fs.ErrNotExist) && !begin {
		return nil, l.nothingThere()
	}
	return store.Open(ctx, l.Data)
}

func (l place) nothingThere() error {
	return fmt.Errorf("there is no database in %s; give --data, or begin with: muster serve", l.Data)
}

// with runs fn on the database and closes it.
func (l place) with(ctx context.Context, begin bool, fn func(*core.Core) error) error {
	c, s, err := l.open(ctx, begin)
	if err != nil {
		return err
	}
	if err = l.bindSecret(ctx, c); err == nil {
		err = fn(c)
	}
	return errors.Join(err, s.Close())
}

// inCommunity is where a command finds the data, and whose it works on.
type inCommunity struct {
	place
	Community string `env:"MUSTER_COMMUNITY" placeholder:"ID" help:"Community to work on, by id or UUID; may be left out where there is only one."`
}

// do runs fn as the operator of the community, for what can be done nowhere else: whoever has said to ask a server must not
// be given what stands here.
func (l inCommunity) do(ctx context.Context, fn func(*core.Core, muster.Caller) error) error {
	if os.Getenv(envServer) != "" {
		return misuse(envServer + " is set, and this command works on the server's own machine: unset it, to work on the data here")
	}
	return l.here(ctx, fn)
}

// here runs fn as the operator of the community.
func (l inCommunity) here(ctx context.Context, fn func(*core.Core, muster.Caller) error) error {
	return l.with(ctx, false, func(c *core.Core) error {
		community, err := pick(ctx, c, l.Community)
		if err != nil {
			return err
		}
		return fn(c, muster.Operator(community.ID))
	})
}

// pick finds the community that was named, or the only one there is.
func pick(ctx context.Context, c *core.Core, name string) (muster.Community, error) {
	if name != "" {
		return c.Community(ctx, name)
	}
	list, err := c.Communities(ctx)
	if err != nil {
		return muster.Community{}, err
	}
	switch len(list) {
	case 1:
		return list[0], nil
	case 0:
		return muster.Community{}, errors.New("there is no community yet; make one with: muster community create ID")
	}
	ids := make([]string, len(list))
	for i, community := range list {
		ids[i] = string(community.ID)
	}
	return muster.Community{}, misuse("--community is needed, there are several: " + strings.Join(ids, ", "))
}

// secretPath is where the server's own secret is kept.
func (l place) secretPath() string {
	if l.SecretFile == "" {
		return filepath.Join(l.Data, "secret")
	}
	return l.SecretFile
}

// bindSecret loads the server's own secret, and refuses that of other data.
func (l place) bindSecret(ctx context.Context, c *core.Core) error {
	path := l.secretPath()
	bound, err := c.SecretBound(ctx)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); bound && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the secret file %s is missing: restore it, or name it with --secret-file", path)
	}
	secret, err := seal.Load(path)
	if err != nil {
		return err
	}
	return c.BindSecret(ctx, secret)
}
