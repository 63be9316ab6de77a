package communifire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// The identifiers, the only members of a body whose names are read in any
// case, those that find the user first in front.
const (
	labelUserID   = "UserID"
	labelUsername = "Username"
	labelEmail    = "Email"
)

var identifiers = []string{labelUserID, labelUsername, labelEmail}

// Labels of what is a member of every account and no field.
const (
	labelAbout    = "About me"
	labelBio      = "Bio"
	labelLanguage = "Language"
	labelPassword = "Password"
)

// setFields is POST /api/users/fields: it edits the user that the body names,
// or adds one, as AddUser says. The answer is the user's id.
func (d *Dialect) setFields(ctx context.Context, c muster.Caller, in request) (any, error) {
	body, form, err := readBody(in.w, in.r, true)
	if err != nil {
		return nil, err
	}
	d.forms.WithLabelValues(string(form)).Inc()
	mode, err := in.query.choice("AddUser", "", "true", "false")
	if err != nil {
		return nil, err
	}
	ignore, err := in.query.choice("UnknownFields", "", "ignore")
	if err != nil {
		return nil, err
	}
	defers, err := in.query.choice("UnknownManager", "", "defer")
	if err != nil {
		return nil, err
	}
	catalogue, err := d.core.Catalogue(ctx, c)
	if err != nil {
		return nil, err
	}
	w := wish{catalogue: catalogue, defers: defers != "", called: map[string]string{"username": labelUsername, "email": labelEmail, "name": labelUsername}}
	given, err := w.read(body, ignore != "")
	if err != nil {
		return nil, err
	}
	target, err := w.target(given, mode)
	if err != nil {
		return nil, err
	}
	if err := w.setPassword(ctx, &target); err != nil {
		return nil, muster.WithinMember(labelPassword, err)
	}
	results, err := d.core.Change(ctx, c, []core.Target{target}, core.Options{Atomic: true})
	if err != nil {
		return nil, w.explain(err, given, mode)
	}
	return results[0].View.Number, nil
}

// wish is what a body asks for, in Muster's words.
type wish struct {
	catalogue core.Catalogue
	defers    bool // who is named and not there is waited for
	edit      muster.Edit
	called    map[string]string // what the body calls a member, by its path in Muster's words
	password  muster.Opt[string]
}

// given are the identifiers in a body that hold something, or are there to
// clear.
type given map[string]string

// read takes a body apart. Labels that nobody knows are refused all at once.
func (w *wish) read(body map[string]any, ignoreUnknown bool) (given, error) {
	ids, unknown := given{}, []string{}
	w.edit.Values = muster.Values{}
	for _, label := range slices.Sorted(maps.Keys(body)) {
		if name := identifier(label); name != "" {
			if _, twice := ids[name]; twice {
				return nil, muster.Errorf(muster.Invalid, name, "stands twice in the body")
			}
			text, err := textOf(body[label])
			if err != nil {
				return nil, muster.Within(name, err)
			}
			ids[name] = strings.TrimSpace(text)
			continue
		}
		known, err := w.field(label, body[label])
		if err != nil {
			return nil, muster.WithinMember(label, err)
		}
		if !known {
			unknown = append(unknown, label)
		}
	}
	if len(unknown) > 0 && !ignoreUnknown {
		return nil, w.unknown(unknown)
	}
	return ids, nil
}

func identifier(label string) string {
	for _, name := range identifiers {
		if strings.EqualFold(label, name) {
			return name
		}
	}
	return ""
}

// field takes one label of the body: a field's, in whichever locale, else that
// of a member of every account. A password is never a field's, which would
// keep it as it is and show it.
func (w *wish) field(label string, v any) (known bool, err error) {
	if label == labelPassword {
		text, err := textOf(v)
		w.password = muster.Some(text)
		return true, err
	}
	f, found, err := w.catalogue.Labelled(label)
	if err != nil {
		return true, err
	}
	if found {
		if _, twice := w.edit.Values[f.ID]; twice {
			return true, muster.Errorf(muster.Invalid, "", "is the same field as %s, which the body has as well", w.called["values."+string(f.ID)])
		}
		w.called["values."+string(f.ID)] = label
		value, err := valueOf(f, v)
		if name, ok := value.(muster.Text); ok && w.defers && f.Type == muster.TypeAccount {
			value = muster.Awaited(name)
		}
		w.edit.Values[f.ID] = value
		return true, err
	}
	member, to := "bio", &w.edit.Bio
	switch label {
	case labelAbout, labelBio:
	case labelLanguage:
		member, to = "language", &w.edit.Language
	default:
		return false, nil
	}
	if to.Set {
		return true, muster.Errorf(muster.Invalid, "", "is the same member as %s, which the body has as well", w.called[member])
	}
	w.called[member] = label
	text, err := textOf(v)
	*to = muster.Some(text)
	return true, err
}

// unknown refuses labels, with those that may have been meant.
func (w *wish) unknown(labels []string) error {
	known := []string{labelAbout, labelBio, labelLanguage}
	for _, f := range w.catalogue.Fields {
		known = append(known, f.Label)
		known = append(known, slices.Sorted(maps.Values(f.Labels))...)
	}
	for i, label := range labels {
		shown := muster.Quote(label)
		if at := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, label) }); at >= 0 {
			shown += fmt.Sprintf(" (did you mean %q?)", known[at])
		}
		labels[i] = shown
	}
	return muster.Errorf(muster.Invalid, "", "there is no field labelled %s; labels are case sensitive", strings.Join(labels[:min(len(labels), 20)], ", "))
}

// target says whom the wish is about: by UserID, else Username, else Email.
// What is left of these are values to set.
func (w *wish) target(ids given, mode string) (core.Target, error) {
	for _, name := range []string{labelUserID, labelUsername} { // neither can be cleared
		if ids[name] == "" {
			delete(ids, name)
		}
	}
	target := core.Target{Fresh: mode == "true"}
	switch {
	case ids[labelUserID] != "":
		number, err := strconv.ParseInt(ids[labelUserID], 10, 64)
		if err != nil || number < 1 {
			return target, muster.Errorf(muster.Invalid, labelUserID, "must be a whole number above 0")
		}
		target.Ref = muster.RefNumber(number)
	case ids[labelUsername] != "":
		target.Ref = muster.RefUsername(ids[labelUsername])
	case ids[labelEmail] != "":
		target.Ref = muster.Ref{{By: muster.ByEmail, Value: ids[labelEmail]}}
	default:
		return target, muster.Errorf(muster.Invalid, "", "UserID, Email or Username must name the user")
	}
	whole := w.edit
	for name, to := range map[string]*muster.Opt[string]{labelUsername: &whole.Username, labelEmail: &whole.Email} {
		if text, ok := ids[name]; ok {
			*to = muster.Some(text)
		}
	}
	target.Edit = whole
	switch target.Ref[0].By { // who is found by it has it; only its spelling could differ
	case muster.ByUsername:
		target.Edit.Username = muster.Opt[string]{}
	case muster.ByEmail:
		target.Edit.Email = muster.Opt[string]{}
	}
	if mode != "false" && ids[labelUserID] == "" && ids[labelEmail] != "" {
		target.Create = &core.NewAccount{Edit: w.newcomer(whole)}
	}
	return target, nil
}

// setPassword gives a new user a password, and with it the right to sign in.
// Nobody's is changed by this call, which proves nothing about who asks.
func (w *wish) setPassword(ctx context.Context, target *core.Target) (err error) {
	switch {
	case !w.password.Set:
		return nil
	case !target.Fresh || target.Create == nil:
		return muster.Errorf(muster.Invalid, "", "goes with AddUser=true only")
	}
	target.Create.Edit.Standing.SignIn = muster.Some(muster.SignInActive)
	if target.Create.Password, err = core.NewPassword(ctx, w.password.Value); err != nil {
		return muster.Errorf(muster.Invalid, "", "must not be empty, nor longer than a thousand characters")
	}
	return nil
}

// newcomer is the edit that makes a user: an e-mail address without a username
// gives its part before the @, and first and last name make the name that all
// dialects show.
func (w *wish) newcomer(e muster.Edit) muster.Edit {
	if !e.Username.Set {
		local, _, _ := strings.Cut(e.Email.Value, "@")
		e.Username = muster.Some(local)
	}
	var names []string
	for _, label := range []string{labelFirstName, labelLastName} {
		f, found, err := w.catalogue.Labelled(label)
		if name, ok := e.Values[f.ID].(muster.Text); ok && found && err == nil {
			names = append(names, strings.TrimSpace(string(name)))
		}
	}
	if len(names) > 0 {
		e.Name = muster.Some(strings.Join(names, " "))
		w.called["name"] = labelFirstName
	}
	return e
}

// explain words an error for who sent the body: members go by its labels, and
// nobody's being there means different things.
func (w *wish) explain(err error, ids given, mode string) error {
	e, ok := errors.AsType[*muster.Error](err)
	if !ok {
		return err
	}
	switch {
	case e.Code == muster.NotFound && e.Field == "ref" && mode != "false" && ids[labelUserID] != "":
		return muster.Errorf(muster.Invalid, labelUserID, "no user has it, and that of a new user cannot be chosen")
	case e.Code == muster.NotFound && e.Field == "ref" && mode != "false":
		return muster.Errorf(muster.Invalid, labelEmail, "is required to add a user")
	case e.Code == muster.Conflict && e.Field == "ref":
		return muster.Errorf(muster.Conflict, "", "a user answers to this %s already", firstOf(ids))
	}
	return named(e, w.called)
}

// named is an error whose member goes by what the request calls it.
func named(e *muster.Error, called map[string]string) error {
	said := *e
	for path, label := range called {
		if rest, ok := strings.CutPrefix(e.Field, path); ok && (rest == "" || rest[0] == '.') {
			said.Field = label + rest
		}
	}
	return &said
}

func firstOf(ids given) string {
	for _, name := range identifiers {
		if ids[name] != "" {
			return name
		}
	}
	return ""
}

// textOf is a text, also where the body has it as a number or a boolean;
// numbers keep the very digits that they were written in.
func textOf(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case bool:
		return strconv.FormatBool(v), nil
	}
	return "", muster.Errorf(muster.Invalid, "", "must be a text")
}
