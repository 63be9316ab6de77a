package core

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// maxScan is how many accounts one query looks at, so that a rare value in a
// large community costs several requests and not one long one.
const maxScan = 5000

// Query asks for accounts by what the caller may see of them; absent members
// filter nothing, and all that are there must hold.
type Query struct {
	Ref muster.Ref // whom it leads to, and nobody else; nil: all

	Joined, Active, Archived, Banned muster.Opt[bool]
	SignIn                           muster.Opt[muster.SignIn]

	AnyRank, AllRanks []muster.RankID // by id or label

	Search              string                   // part of the username or name, in any case
	Name, Bio, Language muster.Opt[string]       // as they stand
	Level               muster.Opt[muster.Level] // at which its person signs in
	Owner               muster.Opt[bool]
	Values              map[muster.FieldID][]string // by id or key: the value's text is one of these; of a list, an item's

	Times []TimeSpan

	Deleted bool  // the deleted ones, not the living
	After   int64 // only greater numbers
	Limit   int   // at most 1,000
}

// TimeSpan holds where a time of an account lies in it. A zero bound bounds
// nothing; what never happened lies nowhere.
type TimeSpan struct {
	Member      string // "joined_at", "last_login", "created_at" or "updated_at"
	Since, Till time.Time
}

// timeOf is a time of an account by its member's name.
func timeOf(a muster.Account, member string) (at time.Time, ok bool) {
	switch member {
	case "joined_at":
		return a.JoinedAt, true
	case "last_login":
		return a.LastLogin, true
	case "created_at":
		return a.CreatedAt, true
	case "updated_at":
		return a.UpdatedAt, true
	}
	return at, false
}

// Found is a page of accounts by number. Next is what After is for the next
// page; 0: there is none. A page may be short, even empty, and not the last.
type Found struct {
	Accounts []View
	Next     int64
}

// Query lists accounts. What the caller may not see cannot be asked about:
// such a field is one that is not there.
func (c *Core) Query(ctx context.Context, caller muster.Caller, q Query) (found Found, err error) {
	if err := caller.MayReadAll(); err != nil {
		return Found{}, err
	}
	if q.Deleted {
		if err := caller.MayManage(muster.AreaAccounts); err != nil {
			return Found{}, err
		}
	}
	if err := c.lapse(ctx, caller.Community); err != nil {
		return Found{}, err
	}
	err = c.read(ctx, caller, func(t *store.Tx, rules muster.Rules, s muster.Settings) error {
		if err := q.prepare(caller, rules); err != nil {
			return err
		}
		found = Found{}
		return c.scan(t, caller, q, func(a muster.Account) bool {
			if v := c.view(caller, a, rules, s); q.holds(v) {
				found.Accounts = append(found.Accounts, v)
			}
			return len(found.Accounts) < q.Limit
		}, &found.Next)
	})
	return found, err
}

// prepare checks a query, and names ranks and fields by id.
func (q *Query) prepare(caller muster.Caller, rules muster.Rules) (err error) {
	q.Limit = max(1, page(q.Limit))
	if q.AnyRank, err = rankIDs(rules, "rank", q.AnyRank); err != nil {
		return err
	}
	if q.AllRanks, err = rankIDs(rules, "all_ranks", q.AllRanks); err != nil {
		return err
	}
	for i, span := range q.Times {
		if _, ok := timeOf(muster.Account{}, span.Member); !ok {
			return muster.Errorf(muster.Invalid, "times."+strconv.Itoa(i), "there is no time %s", muster.Quote(span.Member))
		}
	}
	byID := map[muster.FieldID][]string{}
	for name, texts := range q.Values {
		f, err := visibleField(caller, rules, name)
		if err != nil {
			return withinValue(name, err)
		}
		if byID[f.ID], err = asked(f, texts); err != nil {
			return withinValue(name, err)
		}
	}
	q.Values = byID
	return nil
}

// asked are the texts of values that are asked for, as textsOf has them. What no
// value of the field can be is refused; the empty text is no value.
func asked(f muster.Field, texts []string) (list []string, err error) {
	for _, text := range texts {
		switch {
		case text == "":
		case f.Type == muster.TypeNumber:
			n, err := strconv.ParseFloat(text, 64)
			if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
				return nil, muster.Errorf(muster.Invalid, "", "must be a number, as the field has them")
			}
			text = textsOf(muster.Number(n))[0]
		case f.Type == muster.TypeBoolean && text != "true" && text != "false":
			return nil, muster.Errorf(muster.Invalid, "", "must be true or false, as the field has it")
		}
		list = append(list, text)
	}
	return list, nil
}

// visibleField is a field, by id or key, that the caller may see of everybody.
// One that the caller may not is refused as one that is not there.
func visibleField(caller muster.Caller, rules muster.Rules, name muster.FieldID) (muster.Field, error) {
	f, err := rules.Field(name)
	if err == nil && !f.See.Allow(caller, "") {
		err = muster.Errorf(muster.Invalid, "", "there is no field %s", muster.Quote(name))
	}
	return f, err
}

// scan gives accounts to each, by number, until that has enough, there are no
// more, or maxScan were looked at; next is where to go on.
func (c *Core) scan(t *store.Tx, caller muster.Caller, q Query, each func(muster.Account) bool, next *int64) error {
	if q.Ref != nil {
		a, err := find(t, caller, q.Ref)
		if muster.CodeOf(err) == muster.NotFound {
			return nil
		}
		if err == nil && a.Number > q.After {
			each(a)
		}
		return err
	}
	const step = 200
	filter := store.Standing{Joined: q.Joined, Active: q.Active, Archived: q.Archived, Banned: q.Banned, Ranks: q.AnyRank}
	for looked, after := 0, q.After; looked < maxScan; looked += step {
		list, err := t.AccountsOf(caller.Community, filter, after, step)
		if q.Deleted {
			list, err = t.DeletedAccounts(caller.Community, after, step)
		}
		if err != nil {
			return err
		}
		for _, a := range list {
			after = a.Number
			if !each(a) {
				*next = after
				return nil
			}
		}
		if *next = after; len(list) < step {
			*next = 0
			return nil
		}
	}
	return nil
}

// holds reports whether all that is asked for is so.
func (q Query) holds(v View) bool {
	s := v.Standing
	for _, b := range []struct {
		asked muster.Opt[bool]
		is    bool
	}{{q.Joined, s.Joined}, {q.Active, s.Active}, {q.Archived, s.Archived}, {q.Banned, s.Ban != nil}, {q.Owner, v.Owner}} {
		if b.asked.Set && b.asked.Value != b.is {
			return false
		}
	}
	if q.SignIn.Set && q.SignIn.Value != s.SignIn || q.Level.Set && q.Level.Value != s.SignsInAt() {
		return false
	}
	if len(q.AnyRank) > 0 && !slices.ContainsFunc(q.AnyRank, v.Holds) || slices.ContainsFunc(q.AllRanks, func(id muster.RankID) bool { return !v.Holds(id) }) {
		return false
	}
	return q.holdsText(v) && q.holdsTimes(v)
}

func (q Query) holdsText(v View) bool {
	for _, m := range []struct {
		asked muster.Opt[string]
		is    string
	}{{q.Name, v.Name}, {q.Bio, v.Bio}, {q.Language, v.Language}} {
		if m.asked.Set && m.asked.Value != m.is {
			return false
		}
	}
	if q.Search != "" {
		part := store.Fold(q.Search)
		if !strings.Contains(store.Fold(v.Username), part) && !strings.Contains(store.Fold(v.Name), part) {
			return false
		}
	}
	for id, texts := range q.Values {
		if !slices.ContainsFunc(textsOf(v.Values[id]), func(text string) bool { return slices.Contains(texts, text) }) {
			return false
		}
	}
	return true
}

// textsOf are the texts by which a value is asked for; none has the empty one.
func textsOf(v muster.Value) []string {
	switch v := v.(type) {
	case muster.Text:
		return []string{string(v)}
	case muster.List:
		return v
	case muster.Number:
		return []string{strconv.FormatFloat(float64(v), 'f', -1, 64)}
	case muster.Bool:
		return []string{strconv.FormatBool(bool(v))}
	}
	return []string{""}
}

func (q Query) holdsTimes(v View) bool {
	for _, span := range q.Times {
		at, _ := timeOf(v.Account, span.Member)
		if at.IsZero() || at.Before(span.Since) || !span.Till.IsZero() && !at.Before(span.Till) {
			return false
		}
	}
	return true
}
