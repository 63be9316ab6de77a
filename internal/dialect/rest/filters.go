package rest

import (
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// either is the first of two errors that there is.
func either(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

func asError(err error) (*muster.Error, bool) { return errors.AsType[*muster.Error](err) }

// asQuery says that the member at fault stands in the query.
func asQuery(err error) error {
	e, ok := asError(err)
	if !ok || e.Code != muster.Invalid && e.Code != muster.NotFound || len(e.Path) == 0 || e.Path[0] == inQuery {
		return err
	}
	return muster.Within(inQuery, err)
}

// accountQuery reads which accounts are asked for.
func (in request) accountQuery() (q core.Query, err error) {
	if q.Ref, err = in.whom(); err != nil {
		return q, err
	}
	for _, m := range []named[muster.Opt[bool]]{{"joined", &q.Joined}, {"active", &q.Active}, {"archived", &q.Archived}, {"banned", &q.Banned}, {"owner", &q.Owner}} {
		if *m.at, err = in.flag(m.name); err != nil {
			return q, err
		}
	}
	deleted, err := in.flag("deleted")
	if err != nil {
		return q, err
	}
	if in.query.Has("sign_in") {
		states := []muster.SignIn{muster.SignInInactive, muster.SignInActive, muster.DisabledBySelf, muster.DisabledByAdmin}
		q.SignIn = muster.Some(muster.SignIn(in.query.Get("sign_in")))
		if !slices.Contains(states, q.SignIn.Value) {
			return q, wrongQuery("sign_in", "must be one of %v", states)
		}
	}
	for _, m := range []named[muster.Opt[string]]{{"name", &q.Name}, {"bio", &q.Bio}, {"language", &q.Language}} {
		if in.query.Has(m.name) {
			*m.at = muster.Some(in.query.Get(m.name))
		}
	}
	if in.query.Has("level") {
		level, err := in.number("level", 0, int64(muster.LevelAdmin), 0)
		if err != nil {
			return q, err
		}
		q.Level = muster.Some(muster.Level(level))
	}
	q.Search, q.Deleted = in.query.Get("search"), deleted.Value
	q.AnyRank, q.AllRanks = convert[muster.RankID](in.words("rank")), convert[muster.RankID](in.words("all_ranks"))
	for name, all := range in.query {
		if field, ok := strings.CutPrefix(name, "values."); ok {
			if q.Values == nil {
				q.Values = map[muster.FieldID][]string{}
			}
			q.Values[muster.FieldID(field)] = all
		}
	}
	if err := in.spans(&q); err != nil {
		return q, err
	}
	limit, err := in.number("limit", 1, 1000, 100)
	if err != nil {
		return q, err
	}
	q.Limit = int(limit)
	after, err := in.number("after", 0, muster.MaxNumber, 0)
	if err != nil {
		return q, err
	}
	q.After, err = in.cursor("a")
	q.After = max(q.After, after)
	return q, err
}

// whom is the one account that a query points at, if it does.
func (in request) whom() (ref muster.Ref, err error) {
	for _, name := range []string{"id", "number", "identity", "username", "email"} {
		value := in.query.Get(name)
		if !in.query.Has(name) {
			continue
		}
		if ref != nil {
			return nil, wrongQuery(name, "points at an account, as another parameter does already")
		}
		switch name {
		case "id":
			ref = muster.RefID(muster.AccountID(value))
		case "number":
			n, err := in.number(name, 0, math.MaxInt64, 0)
			if err != nil {
				return nil, err
			}
			ref = muster.RefNumber(n)
		case "username":
			ref = muster.RefUsername(value)
		case "email":
			ref = muster.Ref{{By: muster.ByEmail, Value: value}}
		default:
			provider, of, ok := strings.Cut(value, ":")
			if !ok || provider == "" || of == "" {
				return nil, wrongQuery(name, "must be provider:value, such as discord:1")
			}
			ref = muster.RefIdentity(provider, of)
		}
	}
	return ref, nil
}

// spans reads the bounds of times.
func (in request) spans(q *core.Query) (err error) {
	for _, m := range []struct{ name, member string }{
		{"joined", "joined_at"}, {"created", "created_at"}, {"updated", "updated_at"}, {"login", "last_login"},
	} {
		span := core.TimeSpan{Member: m.member}
		if span.Since, err = in.time(m.name + "_since"); err != nil {
			return err
		}
		if span.Till, err = in.time(m.name + "_until"); err != nil {
			return err
		}
		if !span.Since.IsZero() || !span.Till.IsZero() {
			q.Times = append(q.Times, span)
		}
	}
	return nil
}
