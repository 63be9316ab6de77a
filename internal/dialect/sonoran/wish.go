package sonoran

import (
	"strconv"
	"strings"

	"github.com/muster-accounts/muster"
)

// refOf reads whom an entry is about. Members are tried in the order in which
// the vendor's pages list them; those that are empty or resolve to nobody are
// skipped, the first hit is taken. byAPIID tells whether an API id was given,
// which decides the text of a miss.
func refOf(entry object) (ref muster.Ref, byAPIID bool, err error) {
	byID := func(v string) muster.Ref { return muster.RefID(muster.AccountID(v)) }
	for _, member := range []struct {
		name    string
		handles func(string) muster.Ref
	}{
		{"apiId", apiHandles},
		{"username", muster.RefUsername},
		{"accId", byID},
		{"accountId", byID},
		{"discord", discordHandles},
		{"discordId", discordHandles},
		{"uniqueId", func(v string) muster.Ref { return muster.Ref{{By: muster.ByNumber, Value: v}} }},
	} {
		v, err := entry.text(member.name)
		if err != nil {
			return nil, false, err
		}
		if v != "" {
			ref = append(ref, member.handles(v)...)
			byAPIID = byAPIID || member.name == "apiId"
		}
	}
	return ref, byAPIID, nil
}

// apiHandles finds by a registered API id or by the linked Discord account,
// since clients send Discord ids as API ids; with its provider before it
// ("discord:1234") or bare.
func apiHandles(v string) muster.Ref {
	ref := append(muster.RefIdentity(muster.ProviderAPI, v), muster.RefIdentity(muster.ProviderDiscord, v)...)
	if provider, bare, ok := strings.Cut(v, ":"); ok {
		return append(append(ref, muster.RefIdentity(provider, bare)...), muster.RefIdentity(muster.ProviderAPI, bare)...)
	}
	return append(ref, muster.RefIdentity(muster.ProviderAPI, muster.ProviderDiscord+":"+v)...)
}

func discordHandles(v string) muster.Ref {
	return muster.RefIdentity(muster.ProviderDiscord, strings.TrimPrefix(v, muster.ProviderDiscord+":"))
}

// rankEdit reads set, add and remove. Absent and null leave alone; an empty
// set takes all.
func rankEdit(entry object) (e muster.RankEdit, err error) {
	if e.Set.Value, e.Set.Set, err = entry.texts("set"); err != nil {
		return e, err
	}
	if e.Add, _, err = entry.texts("add"); err != nil {
		return e, err
	}
	e.Remove, _, err = entry.texts("remove")
	return e, err
}

// fieldEdit reads profileFields: one or more of {id, value}, where the id may
// be spelt fieldId.
func fieldEdit(entry object) (muster.Values, error) {
	list, ok := entry["profileFields"].([]any)
	if !ok || len(list) == 0 {
		return nil, muster.Errorf(muster.Invalid, "profileFields", "must be a list of at least one {id, value}")
	}
	values := muster.Values{}
	for i, item := range list {
		path := "profileFields." + strconv.Itoa(i)
		o, ok := item.(map[string]any)
		if !ok {
			return nil, muster.Errorf(muster.Invalid, path, "must be an object with id and value")
		}
		id, err := fieldID(o)
		if err != nil {
			return nil, muster.Within(path, err)
		}
		raw, given := o["value"]
		if !given {
			return nil, muster.Errorf(muster.Invalid, path+".value", "is missing; null clears")
		}
		if _, twice := values[muster.FieldID(id)]; twice {
			return nil, muster.Errorf(muster.Invalid, path+".id", "names the field %q, which is named already", id)
		}
		v, err := muster.ValueOf(raw)
		if err != nil {
			return nil, muster.Within(path+".value", err)
		}
		values[muster.FieldID(id)] = v
	}
	return values, nil
}

func fieldID(o object) (string, error) {
	id, err := o.text("id")
	if err == nil && id == "" {
		id, err = o.text("fieldId")
	}
	if err == nil && id == "" {
		err = muster.Errorf(muster.Invalid, "id", "must be a field's id")
	}
	return id, err
}
