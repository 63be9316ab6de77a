package rest

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// account is an account as it is read.
type account struct {
	ID         muster.AccountID  `json:"id"`
	Number     int64             `json:"number"`
	Custom     bool              `json:"custom_number,omitempty"` // the number was chosen, not counted
	Username   string            `json:"username"`
	Email      string            `json:"email"`
	Name       string            `json:"name"`
	Bio        string            `json:"bio"`
	Language   string            `json:"language"`
	Picture    string            `json:"picture"`
	Values     map[string]any    `json:"values"`
	Ranks      []heldRank        `json:"ranks"`
	Identities []identity        `json:"identities"`
	Standing   standing          `json:"standing"`
	Clock      []muster.ClockRow `json:"clock,omitempty"` // the newest rows of duty
	Owner      bool              `json:"owner"`
	JoinedAt   time.Time         `json:"joined_at,omitzero"`
	LastLogin  time.Time         `json:"last_login,omitzero"`
	CreatedAt  time.Time         `json:"created_at,omitzero"`
	UpdatedAt  time.Time         `json:"updated_at,omitzero"`
	DeletedAt  time.Time         `json:"deleted_at,omitzero"`
	Rev        int64             `json:"rev"`
}

type heldRank struct {
	muster.Rank
	Expires time.Time `json:"expires,omitzero"`
}

type identity struct {
	muster.Identity
	Shared int `json:"shared,omitempty"` // how many accounts of the community have it
}

type standing struct {
	Joined   bool          `json:"joined"`
	Active   bool          `json:"active"`
	Archived bool          `json:"archived"`
	Ban      *muster.Ban   `json:"ban"`
	SignIn   muster.SignIn `json:"sign_in"`
	Level    muster.Level  `json:"level"`
}

func accountOf(v core.View) account {
	a := account{
		ID: v.ID, Number: v.Number, Custom: v.CustomNumber, Username: v.Username, Email: v.Email, Name: v.Name, Bio: v.Bio, Language: v.Language, Picture: v.PicturePath(),
		Values: map[string]any{}, Ranks: []heldRank{}, Identities: []identity{}, Owner: v.Owner, Clock: v.Clock,
		Standing: standing{v.Standing.Joined, v.Standing.Active, v.Standing.Archived, v.Standing.Ban, v.Standing.SignIn, v.Standing.SignsInAt()},
		JoinedAt: v.JoinedAt, LastLogin: v.LastLogin, CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt, DeletedAt: v.DeletedAt, Rev: v.Rev,
	}
	for _, f := range v.Fields {
		if value := v.Values[f.ID]; value != nil {
			a.Values[f.Key] = value
		}
	}
	for _, r := range v.Held {
		held := heldRank{Rank: r}
		if i := slices.IndexFunc(v.Ranks, func(g muster.Grant) bool { return g.Rank == r.ID }); i >= 0 {
			held.Expires = v.Ranks[i].Expires
		}
		a.Ranks = append(a.Ranks, held)
	}
	for _, i := range v.Identities {
		a.Identities = append(a.Identities, identity{i, i.Shared})
	}
	return a
}

// accountMembers are the names that fields= takes, beside values.KEY.
var accountMembers = strings.Fields(`id number custom_number username email name bio language picture values ranks identities standing clock
	owner joined_at last_login created_at updated_at deleted_at rev`)

// sparse is what fields= asks for: nil is everything.
type sparse []string

// sparse reads fields=, a list of members and of values.KEY. What field of the
// community there is, the caller may see, or it is not there.
func (in request) sparse() (sparse, error) {
	list := in.words("fields")
	for _, name := range list {
		if !slices.Contains(accountMembers, name) && !strings.HasPrefix(name, "values.") {
			return nil, wrongQuery("fields", "there is no member %s; there are %s and values.KEY", muster.Quote(name), strings.Join(accountMembers, ", "))
		}
	}
	return list, nil
}

// of is the account, or those members of it that were asked for. A value that
// was asked for and is not there is null, whyever that is.
func (s sparse) of(v core.View) any {
	a := accountOf(v)
	if s == nil {
		return a
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(encode(a), &all); err != nil {
		panic(err)
	}
	some, values := map[string]any{}, map[string]any{}
	for _, name := range s {
		if key, isValue := strings.CutPrefix(name, "values."); isValue {
			values[key] = a.Values[key]
		} else if member, ok := all[name]; ok {
			some[name] = member
		}
	}
	if len(values) > 0 && some["values"] == nil {
		some["values"] = values
	}
	return some
}
