package freesewing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// profile is what everybody may see of an account, where its community shows
// profiles.
type profile struct {
	ID       any    `json:"id"`
	Bio      string `json:"bio"`
	IHash    string `json:"ihash"`
	Img      string `json:"img"`
	Patron   int    `json:"patron"`
	Role     string `json:"role"`
	Username string `json:"username"`
}

// pictureHash is what clients of the original find a picture by. There it was
// a hash of the e-mail address, which told everybody who had the address.
func pictureHash(id muster.AccountID) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}

// readProfile is GET /users/{id}, for everybody.
func (d *Dialect) readProfile(ctx context.Context, _ muster.Caller, in request) (answer, error) {
	v, err := d.core.PublicProfile(ctx, visitor(in), userRef(in))
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, Result: "success", Profile: &profile{
		in.era.userID(v.Account), v.Bio, pictureHash(v.ID), d.base(in.Request) + v.PicturePath(), number(v, fieldPatron), roleOf(v.Standing), v.Username,
	}}, nil
}

func userRef(in request) muster.Ref {
	id := in.PathValue("id")
	return muster.Ref{{By: muster.ByNumber, Value: id}, {By: muster.ByID, Value: id}, {By: muster.ByUsername, Value: id}}
}

// userData is what a user has made. Muster keeps accounts, and nothing of
// patterns and the like.
type userData struct {
	APIKeys   []listedKey `json:"apikeys"`
	Bookmarks []nothing   `json:"bookmarks"`
	Patterns  []nothing   `json:"patterns"`
	Sets      []nothing   `json:"sets"`
}

// readUser is GET /users/{id}/{jwt|key}: of the own account alone. The
// original told anybody anybody's keys.
func (d *Dialect) readUser(ctx context.Context, c muster.Caller, in request) (answer, error) {
	keys, v, err := d.ownKeys(ctx, c)
	if err != nil {
		return answer{}, err
	}
	found, err := d.core.Account(ctx, c, userRef(in))
	if err != nil && muster.CodeOf(err) != muster.NotFound {
		return answer{}, err
	}
	if found.ID != c.Account {
		if in.era.uuidOnly {
			return answer{}, refusal{http.StatusForbidden, "idMismatch", "id: is not that of the own account"}
		}
		return answer{}, muster.Errorf(muster.Forbidden, "", "only what the own account has can be read")
	}
	return answer{status: http.StatusOK, Result: "success", Data: userData{listed(keys, v, in.era), []nothing{}, []nothing{}, []nothing{}}}, nil
}

// searchUsers is POST /admin/search/users/{jwt|key}.
func (d *Dialect) searchUsers(ctx context.Context, c muster.Caller, in request) (answer, error) {
	if err := c.MayManage(muster.AreaAccounts); err != nil {
		return answer{}, err
	}
	q, err := textMember(in, "q", "searchMissing")
	if err != nil {
		return answer{}, err
	}
	found := map[string][]*account{in.era.foundBy[0]: {}, in.era.foundBy[1]: {}}
	if in.era.uuidOnly {
		found["uuid"] = []*account{}
	}
	for _, by := range []struct {
		under string
		muster.Handle
	}{
		{in.era.foundBy[0], muster.Handle{By: muster.ByUsername, Value: q}},
		{in.era.foundBy[1], muster.Handle{By: muster.ByEmail, Value: q}},
		{"uuid", muster.Handle{By: muster.ByID, Value: q}},
	} {
		v, err := d.core.Account(ctx, c, muster.Ref{by.Handle})
		if muster.CodeOf(err) == muster.NotFound || found[by.under] == nil {
			continue
		}
		if err != nil {
			return answer{}, err
		}
		found[by.under] = append(found[by.under], d.accountOf(in, v))
	}
	return answer{status: http.StatusOK, Result: "success", Users: found}, nil
}

// readAny is GET /admin/user/{id}/{jwt|key}.
func (d *Dialect) readAny(ctx context.Context, c muster.Caller, in request) (answer, error) {
	if err := c.MayManage(muster.AreaAccounts); err != nil {
		return answer{}, err
	}
	v, err := d.core.Account(ctx, c, userRef(in))
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, Result: "success", User: d.accountOf(in, v)}, nil
}

var (
	roles    = map[string]muster.Level{"user": muster.LevelUser, "curator": muster.LevelCurator, "support": muster.LevelSupport, "admin": muster.LevelAdmin}
	statuses = map[muster.Number]muster.SignIn{0: muster.SignInInactive, 1: muster.SignInActive, -1: muster.DisabledBySelf, -2: muster.DisabledByAdmin}
)

// updateAny is PATCH /admin/user/{id}/{jwt|key}.
func (d *Dialect) updateAny(ctx context.Context, c muster.Caller, in request) (answer, error) {
	if err := c.MayManage(muster.AreaStanding); err != nil {
		return answer{}, err
	}
	e := muster.Edit{Values: muster.Values{}}
	if v, there := in.body["role"]; there {
		name, _ := v.(string)
		level, ok := roles[name]
		if !ok {
			return answer{}, invalid("role", "must be user, curator, support or admin")
		}
		e.Standing.Level = muster.Some(level)
	}
	if v, there := in.body["status"]; there {
		n, ok := integer(v)
		signIn, known := statuses[n]
		if !ok || !known {
			return answer{}, invalid("status", "must be 1, 0, -1 or -2")
		}
		e.Standing.SignIn = muster.Some(signIn)
	}
	if v, there := in.body["consent"]; there {
		n, ok := integer(v)
		if !ok {
			return answer{}, invalid("consent", "must be a number")
		}
		e.Values[fieldConsent] = n
	}
	target := core.Target{Ref: userRef(in), Edit: e}
	if v, there := in.body["mfaEnabled"]; there {
		if v != false {
			return answer{}, invalid("mfaEnabled", "can be made false, and nothing else: only its owner can set it up")
		}
		target.DropMFA = true
	}
	results, err := d.core.Change(ctx, c, []core.Target{target}, core.Options{Atomic: true})
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, Result: "success", User: d.accountOf(in, results[0].View)}, nil
}

// impersonate is GET /admin/impersonate/{id}/jwt.
func (d *Dialect) impersonate(ctx context.Context, c muster.Caller, in request) (answer, error) {
	as, err := d.core.Impersonate(ctx, c, userRef(in))
	if err != nil {
		return answer{}, err
	}
	v, err := d.core.Account(ctx, as, muster.RefID(as.Account))
	if err != nil {
		return answer{}, err
	}
	return d.withToken(ctx, as, d.success(in, v), v, in.era)
}
