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
	ref, err := target(c, in)
	if err != nil {
		return answer{}, err
	}
	for range maxTries - 1 {
		out, err := d.tryUpdate(ctx, c, ref, in)
		if muster.CodeOf(err) != muster.Stale {
			return out, err
		}
	}
	return d.tryUpdate(ctx, c, ref, in)
}

// maxTries is how often an update that merges into what is kept is tried, where
// others write to the account at the same time.
const maxTries = 5

func (d *Dialect) tryUpdate(ctx context.Context, c muster.Caller, ref muster.Ref, in request) (answer, error) {
	before, err := d.core.Account(ctx, c, ref)
	if err != nil {
		return answer{}, err
	}
	if err := c.MayEdit(before.ID, muster.AreaProfile, muster.AreaValues); err != nil {
		return answer{}, err // before work is put into the body
	}
	t := core.Target{Ref: muster.RefID(before.ID), Edit: muster.Edit{Values: muster.Values{}}}
	for _, name := range inOrder(in.body) {
		if err := members[name](ctx, in.body[name], before, &t); err != nil {
			return answer{}, err
		}
	}
	if in.body["data"] != nil {
		t.IfRev = before.Rev
	}
	results, err := d.core.Change(ctx, c, []core.Target{t}, core.Options{Atomic: true})
	if err != nil {
		return answer{}, err
	}
	out := d.success(in, results[0].View)
	if t.Password != nil && in.guard == guardJWT && c.Account == before.ID {
		return d.withToken(ctx, c, out, results[0].View) // the request's own died with the old password
	}
	return out, nil
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

// readEmail refuses a new address, which has to be confirmed by mail first.
func readEmail(_ context.Context, v any, before core.View, _ *core.Target) error {
	s, ok := v.(string)
	switch {
	case !ok:
		return invalid("email", "must be a text")
	case strings.EqualFold(strings.TrimSpace(s), before.Email):
		return nil
	}
	return refusal{http.StatusNotImplemented, "notImplemented", "email: a new address has to be confirmed by mail, which this server does not do yet"}
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
	return d.withToken(ctx, c, d.success(in, v), v)
}
