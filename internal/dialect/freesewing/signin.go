package freesewing

import (
	"context"
	"errors"
	"net/http"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// signIn is POST /signin, and /login of old.
func (d *Dialect) signIn(ctx context.Context, _ muster.Caller, in request) (answer, error) {
	name, err := credential(in.body["username"], "username")
	if err != nil {
		return answer{}, err
	}
	password, err := credential(in.body["password"], "password")
	if err != nil {
		return answer{}, err
	}
	token, err := code(in)
	if err != nil {
		return answer{}, err
	}
	if err := d.allowSignIn(in, name); err != nil {
		return answer{}, err
	}
	c, err := d.core.SignIn(ctx, core.SignIn{Visitor: visitor(in), Name: name, Password: password, Code: token})
	if err != nil {
		return answer{}, shutOut(err)
	}
	return d.signedIn(ctx, c, in)
}

// allowSignIn counts an attempt of a client at a name, be it an account's, an
// address or a link's id.
func (d *Dialect) allowSignIn(in request, name string) error {
	pass, err := d.door.AllowSignIn(communityOf(in.Request), in.RemoteAddr, name)
	if err != nil {
		pass.SetHeaders(in.w.Header())
	}
	return err
}

// signedIn answers who has signed in: with a token and the account, also where
// consent is lacking.
func (d *Dialect) signedIn(ctx context.Context, c muster.Caller, in request) (answer, error) {
	v, err := d.core.Account(ctx, c, muster.RefID(c.Account))
	if err != nil {
		return answer{}, err
	}
	out, err := d.withToken(ctx, c, d.success(in, v), v, in.era)
	if err == nil && number(v, fieldConsent) < 1 {
		err = consentLacking{out}
	}
	return out, err
}

// credential is a name or password as it came. Some clients send a number for
// the account's id.
func credential(v any, name string) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", refusal{http.StatusBadRequest, name + "Missing", name + ": is missing"}
	case string:
		if v == "" {
			return credential(nil, name)
		}
		return v, nil
	case interface{ String() string }:
		if name == "username" {
			return v.String(), nil
		}
	}
	return "", invalid(name, "must be a text")
}

// shutOut tells who has all that is needed to sign in why it does not help
// them; other errors stay.
func shutOut(err error) error {
	e, ok := errors.AsType[*muster.Error](err)
	if !ok || e.Code != muster.Forbidden {
		return err
	}
	switch e.Field {
	case "mfa":
		return refusal{http.StatusForbidden, "mfaTokenRequired", "token: " + e.Message}
	case "sign_up":
		return refusal{http.StatusForbidden, "signUpClosed", e.Message}
	case "standing.sign_in.inactive":
		return refusal{http.StatusForbidden, "accountInactive", "this account was not confirmed yet"}
	case "standing.sign_in":
		return refusal{http.StatusForbidden, "accountDisabled", "this account cannot be signed in to"}
	}
	return refusal{http.StatusForbidden, "accountBlocked", "this account cannot be signed in to"}
}

// withToken puts a token of the caller's into an answer.
func (d *Dialect) withToken(ctx context.Context, c muster.Caller, out answer, v core.View, in era) (answer, error) {
	shown := map[string]any{"_id": in.userID(v.Account), "username": v.Username, "role": roleOf(v.Standing), "status": statusOf(v.Standing)}
	if in.uuidOnly {
		shown["id"] = v.Number
	}
	token, err := d.core.Token(ctx, c, shown)
	out.Token = token
	return out, err
}
