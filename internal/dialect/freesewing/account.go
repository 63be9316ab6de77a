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

// read is GET /account/{jwt|key}.
func (d *Dialect) read(ctx context.Context, c muster.Caller, in request) (answer, error) {
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

// whoami is GET /whoami/jwt: the account of who has signed in, also without
// consent, which is then what is missing. The original nests this error, and
// its clients read it so.
func (d *Dialect) whoami(ctx context.Context, c muster.Caller, in request) (answer, error) {
	v, err := d.core.Account(ctx, c, muster.RefID(c.Account))
	if err == nil && number(v, fieldConsent) < 1 {
		err = nestedLacking{}
	}
	if err != nil {
		return answer{}, err
	}
	return d.success(in, v), nil
}

// available is POST /available/username/{jwt|key}. That a name is free is told
// by an empty 404.
func (d *Dialect) available(ctx context.Context, c muster.Caller, in request) (answer, error) {
	name, ok := in.body["username"].(string)
	if name = strings.TrimSpace(name); !ok || name == "" {
		return answer{}, refusal{http.StatusBadRequest, "usernameMissing", "username: must be a text"}
	}
	_, err := d.core.Account(ctx, c, muster.RefUsername(name))
	if muster.CodeOf(err) == muster.NotFound {
		return answer{status: http.StatusNotFound}, nil
	}
	taken := false
	return answer{status: http.StatusOK, Result: "success", Username: name, Available: &taken}, err
}

func (d *Dialect) success(in request, v core.View) answer {
	return answer{status: http.StatusOK, Result: "success", Account: d.accountOf(in, v)}
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

// account is the page's account, member for member in its order, and those of
// other releases. Each era leaves out what it does not have.
type account struct {
	ID         *int64           `json:"id,omitempty"`
	Bio        string           `json:"bio"`
	Consent    int              `json:"consent"`
	Control    int              `json:"control"`
	CreatedAt  *moment          `json:"createdAt,omitempty"`
	Email      string           `json:"email"`
	GitHub     *string          `json:"github,omitempty"`
	Img        string           `json:"img"` // URL
	Imperial   bool             `json:"imperial"`
	Initial    string           `json:"initial,omitempty"`
	Language   string           `json:"language,omitempty"`
	LastSignIn *moment          `json:"lastSignIn,omitempty"`
	LastLogin  *moment          `json:"lastLogin,omitempty"`
	LastSeen   *moment          `json:"lastSeen,omitempty"`
	MFAEnabled bool             `json:"mfaEnabled"`
	Newsletter bool             `json:"newsletter"`
	Patron     *int             `json:"patron,omitempty"`
	Role       string           `json:"role"`
	Status     int              `json:"status"`
	UpdatedAt  *moment          `json:"updatedAt,omitempty"`
	Username   string           `json:"username"`
	LUsername  string           `json:"lusername"`
	UUID       muster.AccountID `json:"uuid"`
	Compare    bool             `json:"compare"`
	Data       json.RawMessage  `json:"data"`
	IHash      string           `json:"ihash,omitempty"`
}

// moment is a time as the original writes it; null for none.
type moment struct{ time.Time }

// MarshalJSON writes null for none.
func (m moment) MarshalJSON() ([]byte, error) { return json.Marshal(isoTime(m.Time)) }

// isoTime is a time as the original writes it; null for none.
func isoTime(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := t.UTC().Format("2006-01-02T15:04:05.000Z")
	return &text
}

func (d *Dialect) accountOf(in request, v core.View) *account {
	a := &account{
		ID: &v.Number, Bio: v.Bio, Consent: number(v, fieldConsent), Control: number(v, fieldControl), CreatedAt: &moment{v.CreatedAt},
		Email: v.Email, GitHub: new(text(v, fieldGitHub)), Img: d.base(in.Request) + v.PicturePath(), Imperial: flag(v, fieldImperial),
		Initial: or(text(v, fieldInitial), v.Email), Language: or(strings.SplitN(v.Language, "-", 2)[0], "en"),
		LastSignIn: &moment{v.LastLogin}, MFAEnabled: v.MFA, Newsletter: flag(v, fieldNewsletter), Patron: new(number(v, fieldPatron)),
		Role: roleOf(v.Standing), Status: statusOf(v.Standing), UpdatedAt: &moment{v.UpdatedAt}, Username: v.Username,
		LUsername: strings.ToLower(v.Username), UUID: v.ID, Compare: flag(v, fieldCompare), Data: dataOf(v),
	}
	switch in.era.year {
	case "2022":
		a.LastLogin = a.LastSignIn
	case "2023":
		a.LastSeen, a.IHash = a.LastSignIn, pictureHash(v.ID)
	case "2026":
		a.ID, a.CreatedAt, a.GitHub, a.Initial, a.Language = nil, nil, nil, "", ""
		a.LastSignIn, a.Patron, a.UpdatedAt = nil, nil, nil
	}
	return a
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
