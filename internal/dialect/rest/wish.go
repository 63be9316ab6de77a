package rest

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
)

// parseRef reads how a client points at an account: a UUID, a number, or
// provider:value, where username:ada is a username.
func parseRef(text string) (muster.Ref, error) {
	provider, value, named := strings.Cut(text, ":")
	switch {
	case named && value != "" && provider == "username":
		return muster.RefUsername(value), nil
	case named && value != "" && provider != "":
		return muster.RefIdentity(provider, value), nil
	case len(text) == 36:
		return muster.RefID(muster.AccountID(text)), nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return nil, muster.Errorf(muster.Invalid, "", "must be a UUID, a number, provider:value or username:value")
	}
	return muster.RefNumber(n), nil
}

// ref is the account that the path names.
func (in request) ref() (muster.Ref, error) {
	ref, err := parseRef(in.PathValue("ref"))
	return ref, muster.Within("ref", err)
}

// edit reads an Edit from an object, whose other members are left to the
// caller.
func (o object) edit() (e muster.Edit, err error) {
	for _, m := range []named[muster.Opt[string]]{{"username", &e.Username}, {"email", &e.Email}, {"name", &e.Name}, {"bio", &e.Bio}, {"language", &e.Language}} {
		if *m.at, err = o.text(m.name); err != nil {
			return e, err
		}
	}
	if e.Values, err = o.values(); err != nil {
		return e, err
	}
	if e.Ranks, err = o.ranks(); err != nil {
		return e, err
	}
	if e.Identities, err = o.identities(); err != nil {
		return e, err
	}
	e.Standing, err = o.standing()
	return e, err
}

// whole reads an Edit and nothing else.
func (o object) whole() (muster.Edit, error) {
	e, err := o.edit()
	if err == nil {
		err = o.rest()
	}
	return e, err
}

func (o object) values() (muster.Values, error) {
	raw, ok, err := o.object("values")
	if err != nil || !ok {
		return nil, err
	}
	values := make(muster.Values, len(raw.members))
	for name, v := range raw.members {
		value, err := muster.ValueOf(v)
		if err != nil {
			return nil, muster.WithinMember("values", muster.WithinMember(name, err))
		}
		values[muster.FieldID(name)] = value
	}
	return values, nil
}

// ranks takes {set, add, remove, until}, or a list of all ranks to be held.
func (o object) ranks() (e muster.RankEdit, err error) {
	v, there := o.members["ranks"]
	if _, isList := v.([]any); isList || there && v == nil { // null clears
		return o.allRanks()
	}
	raw, ok, err := o.object("ranks")
	if err != nil || !ok {
		return e, err
	}
	e, err = raw.rankEdit()
	if err == nil {
		err = raw.rest()
	}
	return e, muster.Within("ranks", err)
}

func (o object) rankEdit() (e muster.RankEdit, err error) {
	set, err := o.texts("set")
	if err != nil {
		return e, err
	}
	if set.Set {
		e.Set = muster.Some(convert[muster.RankID](set.Value))
	}
	for _, m := range []named[[]muster.RankID]{{"add", &e.Add}, {"remove", &e.Remove}} {
		list, err := o.texts(m.name)
		if err != nil {
			return e, err
		}
		*m.at = convert[muster.RankID](list.Value)
	}
	until, ok, err := o.object("until")
	if err != nil || !ok {
		return e, err
	}
	e.Until = map[muster.RankID]time.Time{}
	for name := range until.members {
		at, err := until.time(name)
		if err != nil {
			return e, muster.Within("until", err)
		}
		e.Until[muster.RankID(name)] = at.Value
	}
	return e, nil
}

// allRanks takes the list as it is read: of texts, or of objects with id and
// expires, of which the other members say what the rank is and are not looked at.
func (o object) allRanks() (e muster.RankEdit, err error) {
	v, _ := o.take("ranks")
	items, _ := v.([]any)
	ids := []muster.RankID{}
	e.Until = map[muster.RankID]time.Time{}
	for i, item := range items {
		id, named := item.(string)
		if !named {
			one, err := objectOf(item)
			var name muster.Opt[string]
			var until muster.Opt[time.Time]
			if err == nil {
				name, err = one.text("id")
			}
			if err == nil {
				until, err = one.time("expires")
			}
			if err != nil {
				return e, muster.Within("ranks."+strconv.Itoa(i), err)
			}
			id = name.Value
			e.Until[muster.RankID(id)] = until.Value
		}
		ids = append(ids, muster.RankID(id))
	}
	e.Set = muster.Some(ids)
	return e, nil
}

func (o object) identities() (e muster.IdentityEdit, err error) {
	if _, isList := o.members["identities"].([]any); isList {
		return e, wrong("identities", "takes {add, remove}: identities come and go one by one")
	}
	raw, ok, err := o.object("identities")
	if err != nil || !ok {
		return e, err
	}
	e, err = raw.identityEdit()
	return e, muster.Within("identities", err)
}

func (o object) identityEdit() (e muster.IdentityEdit, err error) {
	err = o.objects("add", func(one object) error {
		i, err := one.identity()
		e.Add = append(e.Add, i)
		return err
	})
	if err == nil {
		err = o.objects("remove", func(one object) error {
			key, err := one.identityKey()
			e.Remove = append(e.Remove, key)
			return err
		})
	}
	if err == nil {
		err = o.rest()
	}
	return e, err
}

func (o object) identityKey() (key muster.IdentityKey, err error) {
	provider, err := o.text("provider")
	if err != nil {
		return key, err
	}
	value, err := o.text("value")
	return muster.IdentityKey{Provider: provider.Value, Value: value.Value}, err
}

func (o object) identity() (i muster.Identity, err error) {
	key, err := o.identityKey()
	if err != nil {
		return i, err
	}
	verified, err := o.bool("verified")
	if err != nil {
		return i, err
	}
	flag, err := o.text("flag")
	if err != nil {
		return i, err
	}
	i = muster.Identity{Provider: key.Provider, Value: key.Value, Verified: verified.Value, Flag: flag.Value}
	if metadata, ok := o.take("metadata"); ok && metadata != nil {
		i.Metadata, err = json.Marshal(metadata)
	}
	return i, err
}

func (o object) standing() (e muster.StandingEdit, err error) {
	raw, ok, err := o.object("standing")
	if err != nil || !ok {
		return e, err
	}
	e, err = raw.standingEdit()
	if err == nil {
		err = raw.rest()
	}
	return e, muster.Within("standing", err)
}

func (o object) standingEdit() (e muster.StandingEdit, err error) {
	for _, m := range []named[muster.Opt[bool]]{{"joined", &e.Joined}, {"active", &e.Active}, {"archived", &e.Archived}} {
		if *m.at, err = o.bool(m.name); err != nil {
			return e, err
		}
	}
	signIn, err := o.text("sign_in")
	if err != nil {
		return e, err
	}
	if signIn.Set {
		e.SignIn = muster.Some(muster.SignIn(signIn.Value))
	}
	level, err := o.integer("level")
	if err != nil {
		return e, err
	}
	if level.Set {
		e.Level = muster.Some(muster.Level(level.Value))
	}
	if v, ok := o.members["ban"]; ok && v == nil {
		_, _ = o.take("ban")
		e.Ban = muster.Some[*muster.Ban](nil)
		return e, nil
	}
	ban, ok, err := o.object("ban")
	if err != nil || !ok {
		return e, err
	}
	e.Ban, err = ban.ban()
	return e, muster.Within("ban", err)
}

func (o object) ban() (out muster.Opt[*muster.Ban], err error) {
	reason, err := o.text("reason")
	if err != nil {
		return out, err
	}
	until, err := o.time("until")
	if err == nil {
		err = o.rest()
	}
	return muster.Some(&muster.Ban{Reason: reason.Value, Until: until.Value}), err
}
