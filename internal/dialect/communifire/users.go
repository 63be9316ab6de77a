package communifire

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// details is GET /api/users/{id}/details.
func (d *Dialect) details(ctx context.Context, c muster.Caller, in request) (any, error) {
	number, err := strconv.ParseInt(in.r.PathValue("id"), 10, 64)
	if err != nil {
		return nil, muster.Errorf(muster.NotFound, "ref", "a user's id is a number")
	}
	v, err := d.core.Account(ctx, c, muster.RefNumber(number))
	if err != nil {
		return nil, err
	}
	users, err := d.shown(ctx, c, v)
	if err != nil {
		return nil, err
	}
	return success(users[0]), nil
}

// me is GET /api/users/me: the user's members and the envelope's side by side,
// since clients read both.
func (d *Dialect) me(ctx context.Context, c muster.Caller, _ request) (any, error) {
	if c.Account == "" {
		return nil, muster.Errorf(muster.NotFound, "ref", "this key is the community's and no user's")
	}
	v, err := d.core.Account(ctx, c, muster.RefID(c.Account))
	if err != nil {
		return nil, err
	}
	users, err := d.shown(ctx, c, v)
	if err != nil {
		return nil, err
	}
	return append(success(users[0]), users[0]...), nil
}

// shown are users as clients read them.
func (d *Dialect) shown(ctx context.Context, c muster.Caller, views ...core.View) ([]object, error) {
	var ids []muster.AccountID
	for _, v := range views {
		ids = append(ids, references(v)...)
	}
	slices.Sort(ids)
	names, err := d.core.Usernames(ctx, c, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	users := make([]object, len(views))
	for i, v := range views {
		users[i] = d.user(v, names)
	}
	return users, nil
}

// user is a user by the names of the vendor's own programs, then by the labels
// of all fields that hold something.
func (d *Dialect) user(v core.View, names map[muster.AccountID]string) object {
	texts, labelled := map[string]string{}, object{}
	for _, f := range v.Fields {
		held := v.Values[f.ID]
		if others(f) {
			continue
		}
		texts[f.Label] = ""
		if held == nil {
			continue
		}
		text := textOfValue(f, held, names)
		texts[f.Label] = text
		labelled = append(labelled, member{f.Label, orNull(text)})
	}
	rank := ""
	if len(v.Held) > 0 {
		rank = v.Held[0].Label
	}
	own := func(label, member string) string { // what the call would set by the label
		if text, ok := texts[label]; ok {
			return text
		}
		return member
	}
	photo := texts[labelProfilePhoto]
	user := object{
		{labelUserID, v.Number}, {"UserName", v.Username}, {"FirstName", texts[labelFirstName]}, {"LastName", texts[labelLastName]},
		{"UserInfoDisplayName", v.Name}, {"AvatarImageURL", photo}, {labelEmail, v.Email}, {"RankName", rank},
		{"Department", texts["Department"]}, {"Phone", texts["Phone"]}, {labelBio, d.html.Sanitize(own(labelBio, v.Bio))}, {"Interests", texts["Interests"]},
		{"Company", texts["Company"]}, {"CompanyName", texts["Company"]}, {"City", texts["City"]}, {"State", texts["State"]},
		{"CoverPhoto", texts["Cover photo"]}, {"ProfilePhoto", photos(photo)}, {"Profile Photo", photos(photo)},
		{labelUsername, v.Username}, {labelAbout, d.html.Sanitize(own(labelAbout, v.Bio))}, {labelLanguage, own(labelLanguage, v.Language)},
	}
	return append(user, labelled...)
}

// others reports whether a field is a built-in one of another dialect, of
// which this one's clients know nothing. Built-in keys are the dotted ones.
func others(f muster.Field) bool {
	return strings.Contains(f.Key, ".") && !strings.HasPrefix(f.Key, Name+".")
}

// photos is a list whose second item is the URL, which is where the vendor's
// app looks for it.
func photos(url string) []string {
	if url == "" {
		return []string{}
	}
	return []string{url, url}
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// references are the accounts that a user's values lead to.
func references(v core.View) (ids []muster.AccountID) {
	for _, f := range v.Fields {
		if text, ok := v.Values[f.ID].(muster.Text); ok && f.Type == muster.TypeAccount {
			ids = append(ids, muster.AccountID(text))
		}
	}
	return ids
}

// textOfValue is a value as text, in the form that the call takes back. An
// account is told by its username of today, and not at all if it is gone.
func textOfValue(f muster.Field, v muster.Value, names map[muster.AccountID]string) string {
	switch v := v.(type) {
	case muster.Text:
		if f.Type == muster.TypeAccount {
			return names[muster.AccountID(v)]
		}
		return string(v)
	case muster.Bool:
		return strconv.FormatBool(bool(v))
	case muster.Number:
		return strconv.FormatFloat(float64(v), 'f', -1, 64)
	case muster.List:
		return strings.Join(v, ", ")
	}
	return ""
}

// timeZones is GET /api/timezones: every name by which a time zone may be set,
// beside those of IANA.
func (d *Dialect) timeZones(ctx context.Context, c muster.Caller, _ request) (any, error) {
	catalogue, err := d.core.Catalogue(ctx, c)
	if err != nil {
		return nil, err
	}
	var zones []any
	for _, z := range catalogue.Zones() {
		zones = append(zones, object{{"ID", z.ID}, {"Name", z.Name}})
	}
	return list(zones, int64(len(zones))), nil
}
