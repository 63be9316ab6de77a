package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-accounts/muster"
)

// names are what people call fields and ranks.
type names struct {
	fields map[muster.FieldID]string
	ranks  map[muster.RankID]string
}

func namesOf(fields []muster.Field, ranks []muster.Rank) names {
	n := names{map[muster.FieldID]string{}, map[muster.RankID]string{}}
	for _, f := range fields {
		n.fields[f.ID] = f.Key
	}
	for _, r := range ranks {
		n.ranks[r.ID] = r.Label
	}
	return n
}

func (n names) field(id muster.FieldID) string {
	if name := n.fields[id]; name != "" {
		return name
	}
	return string(id)
}

func (n names) rank(id muster.RankID) string {
	if name := n.ranks[id]; name != "" {
		return name
	}
	return string(id)
}

// describe tells in lines what a change made of what: "name: A -> B". A
// member that was not there is told as its new value alone.
func describe(was, is muster.Members, n names) []string {
	var lines []string
	from := func(name, before, after string) {
		switch {
		case before == after:
		case before == "":
			lines = append(lines, name+": "+after)
		case after == "":
			lines = append(lines, name+": "+before+" -> none")
		default:
			lines = append(lines, name+": "+before+" -> "+after)
		}
	}
	from("username", was.Username.Value, is.Username.Value)
	from("email", was.Email.Value, is.Email.Value)
	from("name", was.Name.Value, is.Name.Value)
	from("bio", was.Bio.Value, is.Bio.Value)
	from("language", was.Language.Value, is.Language.Value)
	from("picture", was.Picture.Value, is.Picture.Value)
	for _, id := range union(was.Values, is.Values) {
		from(n.field(id), orNone(was.Values[id]), orNone(is.Values[id]))
	}
	lines = append(lines, describeRanks(was.Ranks.Value, is.Ranks.Value, n)...)
	lines = append(lines, describeIdentities(was.Identities, is.Identities)...)
	s, t := was.Standing, is.Standing
	from("joined", flag(s.Joined), flag(t.Joined))
	from("active", flag(s.Active), flag(t.Active))
	from("archived", flag(s.Archived), flag(t.Archived))
	from("sign-in", string(s.SignIn.Value), string(t.SignIn.Value))
	from("level", level(s.Level), level(t.Level))
	from("ban", ban(s.Ban), ban(t.Ban))
	before, after := members(was.Definition), members(is.Definition)
	for _, name := range union(before, after) {
		from(name, before[name], after[name])
	}
	return lines
}

// union is every key of both, in order.
func union[K ~string, V any](a, b map[K]V) []K {
	all := maps.Clone(a)
	if all == nil {
		all = map[K]V{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

func orNone(v muster.Value) string {
	if v == nil {
		return ""
	}
	if name, ok := v.(muster.Awaited); ok {
		return "waiting for " + string(name)
	}
	return asText(v)
}

func flag(o muster.Opt[bool]) string {
	if !o.Set {
		return ""
	}
	return yes(o.Value)
}

func level(o muster.Opt[muster.Level]) string {
	if !o.Set || o.Value == 0 {
		return ""
	}
	return strconv.Itoa(int(o.Value))
}

func ban(o muster.Opt[*muster.Ban]) string {
	if o.Value == nil {
		return ""
	}
	return showBan(o.Value)
}

// describeRanks tells which ranks came and went, since that is what people
// look for.
func describeRanks(was, is []muster.Grant, n names) []string {
	var parts []string
	note := func(sign string, from, other []muster.Grant) {
		for _, g := range from {
			if slices.ContainsFunc(other, g.Same) {
				continue
			}
			part := sign + n.rank(g.Rank)
			if !g.Expires.IsZero() {
				part += " until " + moment(g.Expires)
			}
			parts = append(parts, part)
		}
	}
	note("-", was, is)
	note("+", is, was)
	if len(parts) == 0 {
		return nil
	}
	return []string{"ranks: " + strings.Join(parts, " ")}
}

func describeIdentities(was, is []muster.Identity) []string {
	var parts []string
	note := func(sign string, list []muster.Identity) {
		for _, i := range list {
			part := sign + i.Provider + ":" + i.Value
			if i.Verified {
				part += " (verified)"
			}
			parts = append(parts, part)
		}
	}
	note("-", was)
	note("+", is)
	if len(parts) == 0 {
		return nil
	}
	return []string{"identities: " + strings.Join(parts, " ")}
}

// anyPower is how a definition has the power over all ranks.
var anyPower = strconv.FormatInt(muster.AnyRankPower, 10)

// members are the top-level members of a definition that say something, as
// text.
func members(definition json.RawMessage) map[string]string {
	var object map[string]json.RawMessage
	if json.Unmarshal(definition, &object) != nil {
		return nil // there was none
	}
	texts := make(map[string]string, len(object))
	for name, raw := range object {
		text := string(raw)
		if name == "rank_power" && (text == "null" || text == anyPower) {
			texts[name] = "any"
			continue
		}
		switch text {
		case `null`, `""`, `[]`, `{}`, `0`, `false`, `"0001-01-01T00:00:00Z"`: // as if it were not there
		default:
			texts[name] = strings.Trim(text, `"`)
		}
	}
	if _, isKey := object["rank_power"]; isKey && texts["areas"] == "" {
		texts["areas"] = "all" // and not none
	}
	return texts
}
