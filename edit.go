package muster

import (
	"maps"
	"slices"
	"strings"
)

// Edit is a wish to change one account. Absent members are left alone.
type Edit struct {
	Username   Opt[string]
	Email      Opt[string] // empty clears, as for the three below
	Name       Opt[string]
	Bio        Opt[string]
	Language   Opt[string]
	Values     Values // by field id or key; nil clears
	Ranks      RankEdit
	Identities IdentityEdit
	Standing   StandingEdit
}

// IsZero reports that nothing is asked for.
func (e Edit) IsZero() bool { return len(e.Areas()) == 0 }

// Areas are the areas in which the edit writes.
func (e Edit) Areas() []Area {
	var areas []Area
	for _, in := range []struct {
		asked bool
		area  Area
	}{
		{e.Username.Set || e.Email.Set || e.Name.Set || e.Bio.Set || e.Language.Set, AreaProfile},
		{len(e.Values) > 0, AreaValues},
		{!e.Ranks.IsZero(), AreaRanks},
		{!e.Identities.IsZero(), AreaIdentities},
		{!e.Standing.IsZero(), AreaStanding},
	} {
		if in.asked {
			areas = append(areas, in.area)
		}
	}
	return areas
}

// Apply is pure and row-local: no I/O, no clock, no randomness. after is the
// edited account; undo turns after back into before, and is zero where nothing
// had to be changed. Nothing of a is changed. Errors are of code Invalid or
// TooLarge and name the member at fault. Identities to add bring their own id
// and times.
func (a Account) Apply(e Edit, rules Rules) (after Account, undo Edit, err error) {
	after = a.clone()
	if err = after.applyProfile(e); err == nil {
		err = after.applyValues(e.Values, rules)
	}
	if err == nil && !e.Ranks.IsZero() {
		after.Ranks, err = e.Ranks.apply(a.Ranks, rules)
	}
	if err == nil && !e.Identities.IsZero() {
		after.Identities, err = e.Identities.apply(a.Identities)
	}
	if err == nil {
		err = after.applyStanding(e.Standing, rules)
	}
	if err != nil {
		return a, Edit{}, err
	}
	if rules.ActiveFromRanks && !sameGrants(a.Ranks, after.Ranks) {
		after.Standing.Active = len(after.Ranks) > 0
	}
	return after, Undo(Diff(a, after)), nil
}

func (a *Account) applyProfile(e Edit) error {
	for _, m := range []struct {
		name  string
		want  Opt[string]
		at    *string
		check func(field, s string) error
	}{
		{"username", e.Username, &a.Username, checkUsername},
		{"email", e.Email, &a.Email, checkEmail},
		{"name", e.Name, &a.Name, func(f, s string) error { return checkLine(f, s, maxName) }},
		{"bio", e.Bio, &a.Bio, func(f, s string) error { return checkText(f, s, maxLongText) }},
		{"language", e.Language, &a.Language, func(f, s string) error { return checkLine(f, s, maxName) }},
	} {
		if !m.want.Set {
			continue
		}
		if err := m.check(m.name, m.want.Value); err != nil {
			return err
		}
		*m.at = m.want.Value
	}
	return nil
}

func checkUsername(field, s string) error {
	if s == "" || strings.TrimSpace(s) != s {
		return Errorf(Invalid, field, "must not be empty nor begin or end with a space")
	}
	return checkLine(field, s, maxName)
}

func checkEmail(field, s string) error {
	local, domain, found := strings.Cut(s, "@")
	if s != "" && (!found || local == "" || domain == "" || strings.ContainsAny(s, " <>,;") || strings.Contains(domain, "@")) {
		return Errorf(Invalid, field, "is not an e-mail address")
	}
	return checkLine(field, s, 254)
}

func (a *Account) applyValues(values Values, rules Rules) error {
	named := make(map[FieldID]bool, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		v := values[name]
		within := func(err error) error { return Within("values", WithinMember(string(name), err)) }
		f, err := rules.Field(name)
		if err == nil && named[f.ID] {
			err = Errorf(Invalid, "", "names a field that is named already")
		}
		if err != nil {
			return within(err)
		}
		named[f.ID] = true
		if f.Type == TypeIdentity {
			if v == Text("") {
				v = nil
			}
			if has := a.ValueOf(f); !SameValue(has, v) {
				return within(Errorf(Invalid, "", "is read from the account's %s identity and cannot be edited", f.Provider))
			}
			continue
		}
		v, err = f.accept(v, rules.patterns[f.ID])
		if err != nil {
			return within(err)
		}
		if v == nil {
			delete(a.Values, f.ID)
		} else {
			a.Values[f.ID] = v
		}
	}
	return nil
}

func (a *Account) applyStanding(e StandingEdit, rules Rules) error {
	s := &a.Standing
	s.Joined = e.Joined.Or(s.Joined)
	s.Archived = e.Archived.Or(s.Archived)
	s.SignIn = e.SignIn.Or(s.SignIn)
	s.Ban = e.Ban.Or(s.Ban)
	if !rules.ActiveFromRanks {
		s.Active = e.Active.Or(s.Active)
	}
	switch s.SignIn {
	case SignInInactive, SignInActive, DisabledBySelf, DisabledByUs:
	default:
		return Errorf(Invalid, "standing.sign_in", "unknown state %s", Quote(s.SignIn))
	}
	if s.Ban == nil || !e.Ban.Set {
		return nil
	}
	until, err := keepTime("standing.ban.until", s.Ban.Until)
	if err != nil {
		return err
	}
	s.Ban = &Ban{Reason: s.Ban.Reason, Until: until}
	return checkText("standing.ban.reason", s.Ban.Reason, maxLine)
}
