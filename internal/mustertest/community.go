package mustertest

import (
	"testing"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/store"
)

// Dialect is the foreign API that the communities of tests have switched on.
const Dialect = "test"

// Community is a community with a core before it.
type Community struct {
	Core  *core.Core
	Clock *Clock
	ID    muster.CommunityID
	Admin muster.Caller // may do everything
}

// NewCommunity makes a community that has Fields and Ranks and serves
// dialects (Dialect where none is named).
func NewCommunity(t testing.TB, st *store.Store, id muster.CommunityID, dialects ...string) *Community {
	t.Helper()
	clock := NewClock()
	return NewCommunityIn(t, core.New(st, clock.Now), clock, id, dialects...)
}

// NewCommunityIn is NewCommunity in a core that there is already, with the
// clock that it goes by.
func NewCommunityIn(t testing.TB, c *core.Core, clock *Clock, id muster.CommunityID, dialects ...string) *Community {
	t.Helper()
	if len(dialects) == 0 {
		dialects = []string{Dialect}
	}
	made := &Community{Core: c, Clock: clock, ID: id, Admin: muster.Operator(id)}
	settings := muster.Settings{Dialects: dialects, Limits: muster.LimitsOwn}
	if _, err := c.CreateCommunity(t.Context(), muster.Community{ID: id, Settings: settings}, Fields()); err != nil {
		t.Fatal(err)
	}
	for _, r := range Ranks() {
		if err := c.PutRank(t.Context(), made.Admin, r); err != nil {
			t.Fatal(err)
		}
	}
	return made
}

// Fields has one field of every type, whose id is the type's name and whose
// key is the id with "_key"; and "secret", which level 8 may see and edit, and
// "own", which level 8 and the account itself may see and edit. None has
// rules beyond its type's.
func Fields() []muster.Field {
	var fields []muster.Field
	for _, typ := range muster.FieldTypes {
		f := muster.Field{ID: muster.FieldID(typ), Key: string(typ) + "_key", Label: "A " + string(typ), Type: typ, Scope: muster.ScopeProfile}
		switch typ {
		case muster.TypeChoice, muster.TypeMultiChoice:
			f.Options = []string{"red", "green", "blue"}
		case muster.TypeIdentity:
			f.Provider = muster.ProviderDiscord
		}
		fields = append(fields, f)
	}
	admin, own := muster.Rights{Level: muster.LevelAdmin}, muster.Rights{Level: muster.LevelAdmin, Self: true}
	return append(fields,
		muster.Field{ID: "secret", Key: "secret_key", Label: "Secret", Type: muster.TypeText, Scope: muster.ScopeProfile, See: admin, Edit: admin},
		muster.Field{ID: "own", Key: "own_key", Label: "Own", Type: muster.TypeText, Scope: muster.ScopePreference, See: own, Edit: own},
	)
}

// Ranks are three, with the powers 10, 50 and 100.
func Ranks() []muster.Rank {
	return []muster.Rank{
		{ID: "member", Label: "Member", Power: 10},
		{ID: "officer", Label: "Officer", Department: "Staff", Power: 50},
		{ID: "chief", Label: "Chief", Department: "Staff", Power: 100},
	}
}

// Account adds an account with a username and the members of an edit.
func (c *Community) Account(t testing.TB, username string, e muster.Edit) core.View {
	t.Helper()
	e.Username = muster.Some(username)
	views, err := c.Core.Create(t.Context(), c.Admin, []core.NewAccount{{Edit: e}})
	if err != nil {
		t.Fatal(err)
	}
	return views[0]
}

// Key makes a key and returns its secret.
func (c *Community) Key(t testing.TB, k muster.Key) string {
	t.Helper()
	_, secret, err := c.Core.CreateKey(t.Context(), c.Admin, k, "")
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// Caller makes a key and is whoever calls with it, by the first dialect that
// the community serves.
func (c *Community) Caller(t testing.TB, k muster.Key) muster.Caller {
	t.Helper()
	community, err := c.Core.Community(t.Context(), string(c.ID))
	if err != nil {
		t.Fatal(err)
	}
	caller, err := c.Core.Authenticate(t.Context(), core.Credential{Secret: c.Key(t, k), Dialect: community.Settings.Dialects[0]})
	if err != nil {
		t.Fatal(err)
	}
	return caller
}

// ReadOnly makes a community read-only.
func ReadOnly(t testing.TB, c *core.Core, id muster.CommunityID) {
	t.Helper()
	_, err := c.UpdateCommunity(t.Context(), muster.Operator(id), func(c *muster.Community) { c.Settings.ReadOnly = true })
	if err != nil {
		t.Fatal(err)
	}
}
