package sonoran

import (
	"context"
	"net/http"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/limit"
)

// request is what a route of v2 is given.
type request struct {
	accountID muster.AccountID // from the path, which goes before what the body says
	body      object           // of methods that have one
}

// envelope is a v2 success.
type envelope struct {
	Success bool `json:"success"`
	Data    any  `json:"data"`
	Meta    struct {
		Timestamp *isoTime `json:"timestamp"`
		Path      string   `json:"path"` // without the query
	} `json:"meta"`
}

// v2 is a route of v2: a bearer key, from which the community comes, and a
// JSON body where the method has one.
func (d *Dialect) v2(method, pattern string, class limit.Class, do func(context.Context, muster.Caller, request) (any, error)) route {
	return route{method: method, pattern: pattern, handler: func(w http.ResponseWriter, r *http.Request) {
		out, err := func() (any, error) {
			caller, err := d.v2Caller(r)
			if err != nil {
				return nil, err
			}
			if err := d.count(w, caller, class); err != nil {
				return nil, err
			}
			in := request{accountID: muster.AccountID(r.PathValue("accountId"))}
			if method != http.MethodGet {
				if in.body, err = readBody(w, r); err != nil {
					return nil, err
				}
			}
			return do(r.Context(), caller, in)
		}()
		if err != nil {
			d.v2Error(w, r, err)
			return
		}
		answer := envelope{Success: true, Data: out}
		answer.Meta.Timestamp, answer.Meta.Path = iso(d.now()), r.URL.EscapedPath()
		d.writeJSON(w, r, http.StatusOK, "application/json", answer)
	}}
}

func (d *Dialect) v2Caller(r *http.Request) (muster.Caller, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return muster.Caller{}, muster.Errorf(muster.Unauthenticated, "", "Missing Authorization header.")
	}
	scheme, secret, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return muster.Caller{}, muster.Errorf(muster.Unauthenticated, "", "The Authorization header must have the form: Bearer <API key>.")
	}
	return d.caller(r, strings.TrimSpace(secret), "")
}

func (d *Dialect) v2Account(ctx context.Context, c muster.Caller, in request) (any, error) {
	v, err := d.core.Account(ctx, c, muster.RefID(in.accountID))
	return accountOf(v), err
}

func (d *Dialect) v2Ranks(ctx context.Context, c muster.Caller, in request) (any, error) {
	v, err := d.core.Account(ctx, c, muster.RefID(in.accountID))
	return ranksOf(v), err
}

func (d *Dialect) v2SetRanks(ctx context.Context, c muster.Caller, in request) (any, error) {
	ranks, err := rankEdit(in.body)
	if err != nil {
		return nil, err
	}
	active, err := in.body.boolean("active")
	if err != nil {
		return nil, err
	}
	edit := muster.Edit{Ranks: ranks, Standing: muster.StandingEdit{Active: active}}
	v, err := d.core.Edit(ctx, c, muster.RefID(in.accountID), edit)
	return accountOf(v), err
}
