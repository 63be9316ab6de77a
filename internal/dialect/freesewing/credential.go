package freesewing

import (
	"net/http"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// caller is who a request comes from, by the credential that its route takes:
// a token, or the id and secret of an API key.
func (d *Dialect) caller(r *http.Request, g guard) (c muster.Caller, err error) {
	cred := core.Credential{Community: communityOf(r), Dialect: Name, RequestID: r.Header.Get("X-Request-Id"), Address: r.RemoteAddr, DryRun: r.Header.Get(muster.HeaderDryRun)}
	switch g {
	case guardNone:
		return c, nil
	case guardKey:
		id, secret, ok := r.BasicAuth()
		if !ok || id == "" || secret == "" {
			return c, errUnauthorized
		}
		cred.Key, cred.Secret = muster.KeyID(id), secret
		c, err = d.core.Authenticate(r.Context(), cred)
	default:
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return c, errUnauthorized
		}
		cred.Secret = strings.TrimSpace(token)
		c, err = d.core.AuthenticateToken(r.Context(), cred)
	}
	if muster.CodeOf(err) == muster.Unauthenticated {
		return c, errUnauthorized
	}
	if err == nil && g != guardGuest && c.Account != "" {
		err = d.consented(r, c)
	}
	return c, err
}

// consented refuses who has not consented to their data being processed, or
// may not sign in: the original knows neither, but on the guests' routes.
func (d *Dialect) consented(r *http.Request, c muster.Caller) error {
	v, err := d.core.Account(r.Context(), c, muster.RefID(c.Account))
	if code := muster.CodeOf(err); code == muster.Forbidden || code == muster.NotFound {
		return nil // whom it may not read it says later
	}
	if err == nil && (number(v, fieldConsent) < 1 || statusOf(v.Standing) < 1) {
		return errUnauthorized
	}
	return err
}
