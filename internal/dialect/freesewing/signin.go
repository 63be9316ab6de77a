package freesewing

import (
	"context"
	"errors"
	"net"
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
	address, _, err := net.SplitHostPort(in.RemoteAddr)
	if err != nil {
		address = in.RemoteAddr
	}
	pass, err := d.door.AllowSignIn(communityOf(in.Request), address, name)
	if err != nil {
		pass.SetHeaders(in.w.Header())
		return answer{}, err
	}
	c, err := d.core.SignIn(ctx, core.SignIn{
		Community: communityOf(in.Request), Name: name, Password: password, Dialect: Name, RequestID: in.Header.Get("X-Request-Id"),
	})
	if e, ok := errors.AsType[*muster.Error](err); ok && e.Code == muster.Forbidden {
		return answer{}, shutOut(e.Field)
	}
	if err != nil {
		return answer{}, err
	}
	v, err := d.core.Account(ctx, c, muster.RefID(c.Account))
	if err != nil {
		return answer{}, err
	}
	out, err := d.withToken(ctx, c, d.success(in, v), v)
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

// shutOut tells who has the right password why it does not help them.
func shutOut(part string) error {
	key := "accountBlocked"
	if part == "standing.sign_in" {
		key = "accountDisabled"
	}
	return refusal{http.StatusForbidden, key, "this account cannot be signed in to"}
}

// withToken puts a token of the caller's into an answer.
func (d *Dialect) withToken(ctx context.Context, c muster.Caller, out answer, v core.View) (answer, error) {
	token, err := d.core.Token(ctx, c, map[string]any{
		"_id": v.Number, "username": v.Username, "role": roleOf(v.Standing), "status": statusOf(v.Standing),
	})
	out.Token = token
	return out, err
}
