package freesewing

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// account is GET /account/{jwt|key}.
func (d *Dialect) account(ctx context.Context, c muster.Caller, in request) (answer, error) {
	ref, err := target(c, in)
	if err != nil {
		return answer{}, err
	}
	v, err := d.core.Account(ctx, c, ref)
	if err != nil {
		return answer{}, err
	}
	return d.success(in, v), nil
}

func (d *Dialect) success(in request, v core.View) answer {
	return answer{http.StatusOK, object{{"account", d.accountOf(in.Request, v)}}}
}

// target is whom a request is about: the caller, or whom the path names by
// number or id, for callers who may see and edit everybody.
func target(c muster.Caller, in request) (muster.Ref, error) {
	id := in.PathValue("id")
	switch {
	case id == "" && c.Account == "":
		return nil, muster.Errorf(muster.Forbidden, "", "this key is the community's and no user's")
	case id == "":
		return muster.RefID(c.Account), nil
	case c.Level < muster.LevelAdmin:
		return nil, muster.Errorf(muster.Forbidden, "", "another's account needs level %d; this credential has level %d", muster.LevelAdmin, c.Level)
	}
	return muster.Ref{{By: muster.ByNumber, Value: id}, {By: muster.ByID, Value: id}}, nil
}

// isoTime is a time as the original writes it; null for none.
func isoTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// accountOf is the page's account, member for member in its order; uuid,
// compare and data are those of later versions.
func (d *Dialect) accountOf(r *http.Request, v core.View) object {
	initial := text(v, fieldInitial)
	if initial == "" {
		initial = v.Email
	}
	language, _, _ := strings.Cut(v.Language, "-")
	return object{
		{"id", v.Number}, {"bio", v.Bio}, {"consent", number(v, fieldConsent)}, {"control", number(v, fieldControl)},
		{"createdAt", isoTime(v.CreatedAt)}, {"email", v.Email}, {"github", text(v, fieldGitHub)}, {"img", d.base(r) + v.PicturePath()},
		{"imperial", flag(v, fieldImperial)}, {"initial", initial}, {"language", or(language, "en")}, {"lastSignIn", isoTime(v.LastLogin)},
		{"mfaEnabled", false}, {"newsletter", flag(v, fieldNewsletter)}, {"patron", number(v, fieldPatron)},
		{"role", roleOf(v.Standing)}, {"status", statusOf(v.Standing)}, {"updatedAt", isoTime(v.UpdatedAt)},
		{"username", v.Username}, {"lusername", strings.ToLower(v.Username)},
		{"uuid", string(v.ID)}, {"compare", flag(v, fieldCompare)}, {"data", dataOf(v)},
	}
}

// base is what links begin with.
func (d *Dialect) base(r *http.Request) string {
	if d.publicURL != "" {
		return d.publicURL
	}
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// roleOf is the original's name of the level at which somebody signs in.
func roleOf(s muster.Standing) string {
	switch level := s.SignsInAt(); {
	case level >= muster.LevelAdmin:
		return "admin"
	case level >= muster.LevelSupport:
		return "support"
	case level >= muster.LevelCurator:
		return "curator"
	}
	return "user"
}

// statusOf is 1 for those who may sign in, 0 for those who may not yet, -1 for
// those who closed their account, and -2 for those whom somebody shut out.
func statusOf(s muster.Standing) int {
	switch {
	case s.SignIn == muster.DisabledBySelf:
		return -1
	case s.Dead():
		return -2
	case s.SignIn == muster.SignInActive:
		return 1
	}
	return 0
}

func number(v core.View, id muster.FieldID) int {
	n, _ := v.Values[id].(muster.Number)
	return int(math.Round(float64(n)))
}

func text(v core.View, id muster.FieldID) string {
	s, _ := v.Values[id].(muster.Text)
	return string(s)
}

func flag(v core.View, id muster.FieldID) bool { return v.Values[id] == muster.Bool(true) }

// dataOf is the object that front ends keep with the account.
func dataOf(v core.View) json.RawMessage {
	kept := text(v, fieldData)
	if kept == "" || !json.Valid([]byte(kept)) {
		return json.RawMessage("{}")
	}
	return json.RawMessage(kept)
}

// integer reads a number that may come as text; ok is false for what is none.
func integer(v any) (n muster.Number, ok bool) {
	var digits string
	switch v := v.(type) {
	case json.Number:
		digits = v.String()
	case string:
		digits = strings.TrimSpace(v)
	default:
		return 0, false
	}
	f, err := strconv.ParseFloat(digits, 64)
	return muster.Number(f), err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53
}
