package core

import (
	"context"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/seal"
	"github.com/muster-accounts/muster/internal/store"
)

// errCode does not tell whether a code was wrong, old or used.
var errCode = muster.Errorf(muster.Unauthenticated, "mfa", "the one-time code is wrong, or was used")

// errCodeMissing asks who has shown all else for the code.
var errCodeMissing = muster.Errorf(muster.Forbidden, "mfa", "a one-time code is needed")

// askCode asks for a one-time code where the account has that on.
func (c *Core) askCode(t *store.Tx, a muster.Account, code string) error {
	switch {
	case !a.MFA:
		return nil
	case code == "":
		return errCodeMissing
	}
	return c.checkCode(t, a, code)
}

// checkCode accepts a code of the account's authenticator, or one of its
// scratch codes; either works once.
func (c *Core) checkCode(t *store.Tx, a muster.Account, code string) error {
	m, err := t.MFA(a.Community, a.ID)
	if err != nil {
		return err
	}
	step, ok, err := seal.CheckTOTP(m.Secret, code, c.now())
	if err != nil {
		return err
	}
	if ok && step > m.Step {
		m.Step = step
		return t.PutMFA(a.Community, a.ID, m)
	}
	if m.Scratch, ok = seal.UseScratchCode(m.Scratch, code); !ok {
		return errCode
	}
	return t.PutMFA(a.Community, a.ID, m)
}

// own is the living account of a caller who may change how it is signed in to.
func own(t *store.Tx, caller muster.Caller) (muster.Account, error) {
	if caller.Account == "" {
		return muster.Account{}, muster.Errorf(muster.Forbidden, "", "this key is the community's and no account's")
	}
	if err := caller.MayMakeCredential(caller.Account, 0); err != nil {
		return muster.Account{}, err
	}
	return find(t, caller, muster.RefID(caller.Account))
}

var errMFAOn = muster.Errorf(muster.Conflict, "mfa", "one-time codes are asked for already")

// PrepareMFA makes a secret for the authenticator of the caller's account. It
// counts from EnableMFA on, until when it can be made anew.
func (c *Core) PrepareMFA(ctx context.Context, caller muster.Caller) (totp seal.TOTP, err error) {
	err = c.write(ctx, caller, func(t *store.Tx) error {
		a, err := own(t, caller)
		if err != nil {
			return err
		}
		if a.MFA {
			return errMFAOn
		}
		community, err := t.Community(caller.Community)
		if err != nil {
			return err
		}
		totp = seal.NewTOTP(community.Name, a.Username)
		return t.PutMFA(a.Community, a.ID, store.MFA{Secret: totp.Secret})
	})
	return totp, err
}

// EnableMFA has codes asked for from now on, if the caller's authenticator
// makes them: code is one, of the secret that PrepareMFA made. The scratch
// codes are shown this once.
func (c *Core) EnableMFA(ctx context.Context, caller muster.Caller, code string) (v View, scratch []string, err error) {
	err = c.write(ctx, caller, func(t *store.Tx) error {
		a, err := own(t, caller)
		if err != nil {
			return err
		}
		if a.MFA {
			return errMFAOn
		}
		m, err := t.MFA(a.Community, a.ID)
		if err != nil {
			return err
		}
		if m.Secret == "" {
			return muster.Errorf(muster.Conflict, "mfa", "there is no secret yet; ask for one first")
		}
		step, ok, err := seal.CheckTOTP(m.Secret, code, c.now())
		if err != nil {
			return err
		}
		if !ok {
			return errCode
		}
		scratch = seal.NewScratchCodes()
		m.Step, m.Scratch = step, seal.HashScratchCodes(scratch)
		if err := t.PutMFA(a.Community, a.ID, m); err != nil {
			return err
		}
		return c.setMFA(t, caller, a, true, &v)
	})
	return v, scratch, err
}

// DisableMFA ends the asking for codes, for who brings both the password and a
// code once more; Unauthenticated where either is wrong.
func (c *Core) DisableMFA(ctx context.Context, caller muster.Caller, password, code string) (v View, err error) {
	var hash string
	err = c.store.Read(ctx, func(t *store.Tx) (err error) {
		if _, err = own(t, caller); err == nil {
			hash, _, err = t.Password(caller.Community, caller.Account)
		}
		return err
	})
	if err != nil {
		return v, err
	}
	ok, _, err := seal.VerifyPassword(ctx, hash, password)
	if err != nil {
		return v, err
	}
	if !ok {
		return v, errSignIn
	}
	err = c.write(ctx, caller, func(t *store.Tx) error {
		a, err := own(t, caller)
		if err != nil {
			return err
		}
		if !a.MFA {
			return muster.Errorf(muster.Conflict, "mfa", "no one-time codes are asked for")
		}
		now, _, err := t.Password(a.Community, a.ID)
		if err == nil && now != hash {
			err = errSignIn // it was changed meanwhile
		}
		if err == nil {
			err = c.checkCode(t, a, code)
		}
		if err != nil {
			return err
		}
		return c.setMFA(t, caller, a, false, &v)
	})
	return v, err
}

// setMFA writes whether codes are asked for; history tells that it was done.
func (c *Core) setMFA(t *store.Tx, caller muster.Caller, a muster.Account, on bool, out *View) error {
	if err := t.SetMFA(a.Community, a.ID, on); err != nil {
		return err
	}
	c.record(t, caller, &muster.Change{Deed: muster.DeedCredential, Account: a.ID, Subject: "mfa"})
	return c.viewNow(t, caller, a.ID, out)
}

// dropMFA ends the asking for codes for somebody who lost them all. It is an
// administrator's deed.
func (c *Core) dropMFA(t *store.Tx, caller muster.Caller, a muster.Account) error {
	if err := caller.MayManage(muster.AreaKeys); err != nil || !a.MFA {
		return err
	}
	return c.setMFA(t, caller, a, false, &View{})
}
