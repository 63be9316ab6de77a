package communifire

import (
	"context"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// signIn is PUT /api/users/token: the token of whoever signs in, which clients
// then show as a key. The vendor's app looks at whether there is one, and not
// at the status, which at 401 has it log out instead of saying what is wrong;
// so a wrong password is a refusal with 200.
func (d *Dialect) signIn(ctx context.Context, _ muster.Caller, in request) (any, error) {
	body, _, err := readBody(in.w, in.r, false)
	if err != nil {
		return nil, err
	}
	name, err := credential(body, "UserName")
	if err != nil {
		return nil, err
	}
	password, err := credential(body, labelPassword)
	if err != nil {
		return nil, err
	}
	community := communityOf(in.r)
	pass, err := d.door.AllowSignIn(community, in.r.RemoteAddr, name)
	if err != nil {
		pass.SetHeaders(in.w.Header())
		return nil, err
	}
	c, err := d.core.SignIn(ctx, core.SignIn{
		Visitor: core.Visitor{Community: community, Dialect: Name, RequestID: in.r.Header.Get("X-Request-Id")}, Name: name, Password: password,
		Check: func(switches map[string]string) error {
			if switchAuth.Of(switches) == authNoPasswords {
				return muster.Errorf(muster.Forbidden, "", "nobody signs in to this community by username and password")
			}
			return nil
		},
	})
	if muster.CodeOf(err) == muster.Unauthenticated {
		_, text := describe(err)
		return refusal(text), nil
	}
	if err != nil {
		return nil, err
	}
	return d.core.Token(ctx, c, nil)
}

// credential is a text of the body, whose name is read in any case.
func credential(body map[string]any, name string) (text string, err error) {
	found := 0
	for label, v := range body {
		if strings.EqualFold(label, name) && err == nil {
			found++
			text, err = textOf(v)
		}
	}
	switch {
	case err != nil:
		return "", muster.Within(name, err)
	case found == 0:
		return "", muster.Errorf(muster.Invalid, name, "is required")
	case found > 1:
		return "", muster.Errorf(muster.Invalid, name, "stands twice in the body")
	}
	return text, nil
}
