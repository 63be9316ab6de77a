package freesewing

import (
	"context"
	"errors"
	"net/http"

	"github.com/muster-accounts/muster"
)

// mfaSetup is what an authenticator is set up with.
type mfaSetup struct {
	Secret string `json:"secret"`
	URL    string `json:"otpauth"`
	QRCode string `json:"qrcode"` // SVG
}

// setMFA is POST /account/mfa/{jwt|key}: three calls in one, told apart by
// their members.
func (d *Dialect) setMFA(ctx context.Context, c muster.Caller, in request) (answer, error) {
	on, ok := in.body["mfa"].(bool)
	token, err := code(in)
	if err != nil {
		return answer{}, err
	}
	switch {
	case !ok:
		return answer{}, refusal{http.StatusBadRequest, "invalidMfaSetting", "mfa: must be true or false"}
	case !on:
		return d.disableMFA(ctx, c, in, token)
	case in.body["secret"] == nil && token == "":
		return d.prepareMFA(ctx, c)
	case token == "":
		return answer{}, refusal{http.StatusBadRequest, "mfaTokenMissing", "token: is missing"}
	}
	v, scratch, err := d.core.EnableMFA(ctx, c, token)
	if err != nil {
		return answer{}, mfaRefusal(err, http.StatusForbidden, "mfaTokenInvalid")
	}
	out := d.success(in, v)
	if in.era.scratch {
		out.ScratchCodes = scratch
	}
	return out, nil
}

func (d *Dialect) prepareMFA(ctx context.Context, c muster.Caller) (answer, error) {
	totp, err := d.core.PrepareMFA(ctx, c)
	if err != nil {
		return answer{}, mfaRefusal(err, http.StatusForbidden, "mfaTokenInvalid")
	}
	picture, err := totp.QRCode()
	return answer{status: http.StatusOK, Result: "success", MFA: &mfaSetup{totp.Secret, totp.URL, picture}}, err
}

func (d *Dialect) disableMFA(ctx context.Context, c muster.Caller, in request, token string) (answer, error) {
	if token == "" {
		return answer{}, refusal{http.StatusBadRequest, "mfaTokenMissing", "token: is missing"}
	}
	password, err := credential(in.body["password"], "password")
	if err != nil {
		return answer{}, err
	}
	if err := d.allowSignIn(in, string(c.Account)); err != nil {
		return answer{}, err
	}
	v, err := d.core.DisableMFA(ctx, c, password, token)
	if err != nil {
		return answer{}, mfaRefusal(err, http.StatusUnauthorized, "authenticationFailed")
	}
	return d.success(in, v), nil
}

// mfaRefusal words what is refused of one-time codes: wrong is what a wrong
// one is called.
func mfaRefusal(err error, status int, wrong string) error {
	e, ok := errors.AsType[*muster.Error](err)
	switch {
	case ok && e.Code == muster.Unauthenticated:
		return refusal{status, wrong, e.Message}
	case ok && e.Code == muster.Conflict:
		return refusal{http.StatusBadRequest, "mfaActive", e.Message}
	}
	return err
}

// code is the one-time code of a body, if it has one. Some clients send it as
// a number.
func code(in request) (string, error) {
	switch v := in.body["token"].(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case interface{ String() string }:
		return v.String(), nil
	}
	return "", invalid("token", "must be a text")
}
