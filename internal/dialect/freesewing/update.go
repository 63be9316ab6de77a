package freesewing

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// languages are those that the original has been translated into.
var languages = []string{"en", "de", "es", "fr", "nl", "uk"}

// update is PUT and PATCH /account/{jwt|key}: it changes what the body names,
// all of it or nothing. Members that are not listed are ignored.
func (d *Dialect) update(ctx context.Context, c muster.Caller, in request) (answer, error) {
	if in.body["confirm"] != nil {
		return d.confirmEmail(ctx, c, in)
	}
	ref, err := target(c, in)
	if err != nil {
		return answer{}, err
	}
	before, err := d.core.Account(ctx, c, ref)
	if err != nil {
		return answer{}, err
	}
	t, err := d.wanted(ctx, c, in, before)
	for range maxTries {
		if err != nil {
			break
		}
		var results []core.Result
		results, err = d.core.Change(ctx, c, []core.Target{t}, core.Options{Atomic: true})
		if err == nil {
			return d.updated(ctx, c, in, t, results[0].View)
		}
		if muster.CodeOf(err) != muster.Stale {
			break
		}
		if before, err = d.core.Account(ctx, c, ref); err == nil { // and what takes long was read once
			err = readData(ctx, in.body["data"], before, &t)
			t.IfRev = before.Rev
		}
	}
	return answer{}, err
}

// maxTries is how often an update that merges into what is kept is tried, where
// others write to the account at the same time.
const maxTries = 5

// wanted is what the body asks for.
func (d *Dialect) wanted(ctx context.Context, c muster.Caller, in request, before core.View) (core.Target, error) {
	if err := c.MayEdit(before.ID, muster.AreaProfile, muster.AreaValues); err != nil {
		return core.Target{}, err // before work is put into the body
	}
	t := core.Target{Ref: muster.RefID(before.ID), Edit: muster.Edit{Values: muster.Values{}}}
	for _, name := range inOrder(in.body) {
		if err := members[name](ctx, in.body[name], before, &t); err != nil {
			return t, err
		}
	}
	if in.body["data"] != nil {
		t.IfRev = before.Rev
	}
	if t.NewEmail != nil {
		t.NewEmail.Form = linkForm(in.era)
		if c.Account != before.ID { // an administrator decides, and nobody is asked
			t.Edit.Email, t.NewEmail = muster.Some(t.NewEmail.Address), nil
		}
	}
	return t, nil
}

// updated answers an update. Who changed the own password gets a token for the
// one that died with it.
func (d *Dialect) updated(ctx context.Context, c muster.Caller, in request, t core.Target, v core.View) (answer, error) {
	out := d.success(in, v)
	if t.Password != nil && in.guard == guardJWT && c.Account == v.ID {
		return d.withToken(ctx, c, out, v, in.era)
	}
	return out, nil
}

// confirmEmail is an update that brings the link of a new e-mail address.
func (d *Dialect) confirmEmail(ctx context.Context, c muster.Caller, in request) (answer, error) {
	id, _ := in.body["confirmation"].(string)
	check, _ := in.body["check"].(string)
	switch {
	case in.body["confirm"] != "emailchange":
		return answer{}, invalid("confirm", "must be emailchange")
	case id == "":
		return answer{}, refusal{http.StatusBadRequest, "confirmationMissing", "confirmation: must be a text"}
	case check == "":
		return answer{}, refusal{http.StatusBadRequest, "checkMissing", "check: must be a text"}
	case len(inOrder(in.body)) > 0:
		return answer{}, invalid("confirm", "comes alone: what else is to change needs an update of its own")
	}
	v, err := d.core.ConfirmEmail(ctx, c, core.LinkUse{Visitor: visitor(in), ID: id, Check: muster.Some(check)})
	return d.success(in, v), err
}

// inOrder lists the members that are known; those that take time to read come
// last, when all others are seen to be right.
func inOrder(body map[string]any) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(body)) {
		if members[name] != nil && name != "img" && name != "password" {
			names = append(names, name)
		}
	}
	for _, name := range []string{"img", "password"} {
		if _, there := body[name]; there {
			names = append(names, name)
		}
	}
	return names
}

// members are what the update knows, by name.
var members = map[string]func(context.Context, any, core.View, *core.Target) error{
	"bio":        readBio,
	"username":   readUsername,
	"consent":    numberMember(fieldConsent),
	"control":    numberMember(fieldControl),
	"compare":    flagMember(fieldCompare),
	"imperial":   flagMember(fieldImperial),
	"newsletter": flagMember(fieldNewsletter),
	"github":     readGitHub,
	"language":   readLanguage,
	"data":       readData,
	"email":      readEmail,
	"img":        readImage,
	"password":   readPassword,
}

func invalid(name, message string) error { return muster.Errorf(muster.Invalid, name, "%s", message) }

func readBio(_ context.Context, v any, _ core.View, t *core.Target) error {
	s, ok := v.(string)
	if !ok {
		return invalid("bio", "must be a text")
	}
	t.Edit.Bio = muster.Some(s)
	return nil
}

func readUsername(_ context.Context, v any, _ core.View, t *core.Target) error {
	s, ok := v.(string)
	if !ok {
		return invalid("username", "must be a text")
	}
	t.Edit.Username = muster.Some(strings.TrimSpace(s))
	return nil
}

// value sets a built-in field.
func value(t *core.Target, id muster.FieldID, v muster.Value) { t.Edit.Values[id] = v }

func numberMember(id muster.FieldID) func(context.Context, any, core.View, *core.Target) error {
	return func(_ context.Context, v any, _ core.View, t *core.Target) error {
		n, ok := integer(v)
		if !ok {
			return muster.Errorf(muster.Invalid, "values."+string(id), "must be a whole number, as such or as text")
		}
		value(t, id, n)
		return nil
	}
}

func flagMember(id muster.FieldID) func(context.Context, any, core.View, *core.Target) error {
	return func(_ context.Context, v any, _ core.View, t *core.Target) error {
		b, ok := v.(bool)
		if !ok {
			return muster.Errorf(muster.Invalid, "values."+string(id), "must be true or false")
		}
		value(t, id, muster.Bool(b))
		return nil
	}
}

// readGitHub keeps what stands behind the last @, as the original does.
func readGitHub(_ context.Context, v any, _ core.View, t *core.Target) error {
	s, ok := v.(string)
	if !ok {
		return invalid("github", "must be a text")
	}
	value(t, fieldGitHub, nil)
	if name := strings.TrimSpace(s[strings.LastIndex(s, "@")+1:]); name != "" {
		value(t, fieldGitHub, muster.Text(name))
	}
	return nil
}

func readLanguage(_ context.Context, v any, _ core.View, t *core.Target) error {
	s, ok := v.(string)
	if !ok || !slices.Contains(languages, s) {
		return invalid("language", "must be one of "+strings.Join(languages, ", "))
	}
	t.Edit.Language = muster.Some(s)
	return nil
}

// readData merges an object into the one that is kept.
func readData(_ context.Context, v any, before core.View, t *core.Target) error {
	more, ok := v.(map[string]any)
	if !ok {
		return invalid("data", "must be an object")
	}
	kept, err := muster.ParseJSON(dataOf(before)) // numbers stay as they were written, however large
	if err != nil {
		return err
	}
	merged, ok := kept.(map[string]any)
	if !ok {
		merged = map[string]any{}
	}
	maps.Copy(merged, more)
	whole, err := json.Marshal(merged)
	value(t, fieldData, muster.Text(whole))
	return err
}

// readEmail asks for a new address, which counts once the mail to it was
// answered.
func readEmail(_ context.Context, v any, before core.View, t *core.Target) error {
	s, ok := v.(string)
	if s = strings.TrimSpace(s); !ok || s == "" {
		return invalid("email", "must be a text")
	}
	if !strings.EqualFold(s, before.Email) {
		t.NewEmail = &core.NewEmail{Address: s}
	}
	return nil
}

// readImage makes a picture of a data URI. What the URI claims to hold does
// not count; what it holds does.
func readImage(ctx context.Context, v any, _ core.View, t *core.Target) (err error) {
	s, ok := v.(string)
	if !ok && v != nil {
		return invalid("img", "must be a data URI")
	}
	if s == "" {
		t.Edit.Picture = muster.Some("")
		return nil
	}
	head, data, ok := strings.Cut(s, ",")
	if !ok || !strings.HasPrefix(strings.ToLower(head), "data:") || !strings.HasSuffix(strings.ToLower(head), ";base64") {
		return invalid("img", "must be a data URI in base64")
	}
	upload, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		upload, err = base64.RawStdEncoding.DecodeString(data)
	}
	if err != nil {
		return invalid("img", "is not encoded in base64")
	}
	t.Picture, err = core.NewPicture(ctx, upload)
	return err
}

func readPassword(ctx context.Context, v any, _ core.View, t *core.Target) (err error) {
	s, ok := v.(string)
	if !ok {
		return invalid("password", "must be a text")
	}
	t.Password, err = core.NewPassword(ctx, s)
	return err
}

// setConsent is PATCH /consent/jwt, for those who have signed in and not
// consented yet. Full consent to open data is given in the account.
func (d *Dialect) setConsent(ctx context.Context, c muster.Caller, in request) (answer, error) {
	n, ok := integer(in.body["consent"])
	if !ok || n < 0 || n > 2 {
		return answer{}, refusal{http.StatusBadRequest, "consentInvalid", "consent: must be 0, 1 or 2"}
	}
	v, err := d.core.Edit(ctx, c, muster.RefID(c.Account), muster.Edit{Values: muster.Values{fieldConsent: n}})
	if err != nil {
		return answer{}, err
	}
	return d.withToken(ctx, c, d.success(in, v), v, in.era)
}
