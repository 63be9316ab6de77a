package core

import (
	"context"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/avatar"
	"github.com/muster-accounts/muster/internal/seal"
	"github.com/muster-accounts/muster/internal/store"
)

// Password is a password ready to be kept: hashed, which takes its time and
// so is done before a change waits for its turn.
type Password struct{ hash string }

// NewPassword hashes a password that may be an account's; Invalid where it
// may not.
func NewPassword(ctx context.Context, password string) (*Password, error) {
	if err := muster.CheckPassword(password); err != nil {
		return nil, err
	}
	hash, err := seal.HashPassword(ctx, password)
	return &Password{hash}, err
}

// ForeignPassword takes over a hash from another system; which there are
// seal.ForeignHash says. The next sign-in replaces it by one of Muster's own.
func ForeignPassword(hash string) (*Password, error) {
	kept, err := seal.ForeignHash(hash)
	return &Password{kept}, err
}

// Picture is a picture ready to be an account's.
type Picture struct{ avatar.Picture }

// NewPicture makes a picture of an upload, see avatar.Make.
func NewPicture(ctx context.Context, upload []byte) (*Picture, error) {
	p, err := avatar.Make(ctx, upload)
	return &Picture{p}, err
}

// setPassword gives an account a password and ends all its tokens. History
// tells that it was done, and nothing of the password.
func (c *Core) setPassword(t *store.Tx, caller muster.Caller, a muster.Account, p *Password, batch string) (*muster.Change, error) {
	if err := caller.MayMakeCredential(a.ID, a.Standing.SignsInAt()); err != nil {
		return nil, err
	}
	if err := t.SetPassword(a.Community, a.ID, p.hash, c.time()); err != nil {
		return nil, err
	}
	change := &muster.Change{Deed: muster.DeedCredential, Account: a.ID, Subject: "password", Batch: batch}
	c.record(t, caller, change)
	return change, nil
}

// PictureContent is what a picture's path shows. It asks for no rights, since
// pages show pictures without a credential: who knows the path was told it.
func (c *Core) PictureContent(ctx context.Context, community muster.CommunityID, id muster.AccountID, name string) (content []byte, err error) {
	err = c.store.Read(ctx, func(t *store.Tx) error {
		content, err = t.Image(community, id, name)
		return err
	})
	return content, err
}
