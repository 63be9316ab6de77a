package demo

import (
	"context"
	"reflect"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
)

var builtin = []Dialect{{Name: "sonoran", Fields: []muster.Field{{
	ID: "x.preference", Key: "x.preference", Label: "X", Type: muster.TypeBoolean, Scope: muster.ScopePreference,
}}}}

func open(t *testing.T) *core.Core {
	t.Helper()
	return core.New(mustertest.Open(t, t.TempDir()), Now)
}

func seed(t *testing.T, c *core.Core, secret string) {
	t.Helper()
	creds := Known()
	creds.Secret = secret
	if err := Seed(t.Context(), c, builtin, creds); err != nil {
		t.Fatal(err)
	}
}

func accounts(t *testing.T, c *core.Core) []core.View {
	t.Helper()
	list, err := c.Accounts(t.Context(), muster.Operator(ID), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestSeed(t *testing.T) {
	t.Parallel()
	c := open(t)
	seed(t, c, Secret)
	t.Run("page", func(t *testing.T) { checkPage(t, c) })
	t.Run("v1 account", func(t *testing.T) { checkV1Account(t, c) })
	t.Run("world", func(t *testing.T) { checkWorld(t, c) })
	t.Run("definitions", func(t *testing.T) { checkDefinitions(t, c) })
	t.Run("finishes", func(t *testing.T) { checkFinishes(t, c) })
	t.Run("once", func(t *testing.T) { checkOnce(t, c) })
}

func checkPage(t *testing.T, c *core.Core) {
	t.Helper()
	v, err := c.Account(t.Context(), muster.Operator(ID), muster.RefID("00000000-0000-0000-0000-000000000000"))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 4, 15, 0, 0, 0, 0, time.UTC)
	want := muster.Account{
		Community: "demo", ID: "00000000-0000-0000-0000-000000000000", Number: 1001, Username: "ExampleAccount", Name: "Example Community",
		Values: muster.Values{"discord": muster.Text("1234567890")},
		Ranks:  []muster.Grant{{Rank: "22222222-2222-2222-2222-222222222222"}},
		Identities: []muster.Identity{
			{ID: "55555555-5555-5555-5555-555555555555", Provider: "discord", Value: "1234567890", Verified: true, CreatedAt: at, Shared: 1},
			{ID: pageRobloxRow, Provider: "roblox", Value: "987654321", Verified: true, CreatedAt: at, Shared: 1},
		},
		Standing: muster.Standing{Joined: true, Active: true, SignIn: muster.SignInInactive},
		Clock:    []muster.ClockRow{{ID: "55555555-5555-5555-5555-555555555555", Type: "patrol", Start: at, Notes: []string{}}},
		JoinedAt: at, LastLogin: at, CreatedAt: at, UpdatedAt: at, Rev: 1,
	}
	if diff := cmp.Diff(want, v.Account); diff != "" {
		t.Errorf("the page's account (-want +got):\n%s", diff)
	}
	if v.Owner {
		t.Error("it owns the community")
	}
}

func checkV1Account(t *testing.T, c *core.Core) {
	t.Helper()
	for _, ref := range []muster.Ref{
		muster.RefNumber(1234), muster.RefUsername("SOMEUSERNAME"),
		muster.RefIdentity("api", "SOME_API_ID"), muster.RefIdentity("discord", "111122223333444455"),
	} {
		v, err := c.Account(t.Context(), muster.Operator(ID), ref)
		if err != nil || v.ID != V1ID {
			t.Errorf("%v: %s, %v", ref, v.ID, err)
		}
		if v.Name == "" || v.Values[Certifications] != nil || len(v.Ranks) > 0 {
			t.Errorf("%v: %q %v %v", ref, v.Name, v.Values, v.Ranks)
		}
	}
}

var version4 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func checkWorld(t *testing.T, c *core.Core) {
	t.Helper()
	catalogue, err := c.Catalogue(t.Context(), muster.Operator(ID))
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range muster.FieldTypes {
		if !slices.ContainsFunc(Fields(), func(f muster.Field) bool { return f.Type == kind }) {
			t.Errorf("no field of the type %s", kind)
		}
	}
	if got, want := len(catalogue.Fields), len(Fields())+len(builtin[0].Fields); got != want {
		t.Errorf("%d fields, want %d", got, want)
	}
	labels := map[string]bool{}
	for _, r := range catalogue.Ranks {
		if labels[r.Label] {
			t.Errorf("two ranks are labelled %q", r.Label)
		}
		labels[r.Label] = true
	}
	list := accounts(t, c)
	if len(list) != 504 || list[0].Number != 12 || list[1].Number != 14 || list[4].Number != 2001 || list[503].Number != 2500 {
		t.Fatalf("%d accounts", len(list))
	}
	count := map[string]int{}
	for _, v := range list {
		if v.Number == PageNumber {
			continue // the page has it so
		}
		if !version4.MatchString(string(v.ID)) {
			t.Errorf("%s is no UUID of version 4", v.ID)
		}
		for name, is := range map[string]bool{
			"active": v.Standing.Active, "archived": v.Standing.Archived, "banned": v.Standing.Ban != nil,
			"known elsewhere": len(v.Identities) > 0, "never seen": v.LastLogin.IsZero(),
			"certified": v.Values[Certifications] != nil, "mentored": v.Values[mentor] != nil,
			"sharing": slices.ContainsFunc(v.Identities, func(i muster.Identity) bool { return i.Shared > 1 }),
		} {
			if is {
				count[name]++
			}
		}
	}
	if len(count) != 8 {
		t.Errorf("somebody of every kind is wanted, there are %v", count)
	}
}

// TestSameAlways pins somebody in the middle: scripts hold ids of the demo.
func TestSameAlways(t *testing.T) {
	t.Parallel()
	if !reflect.DeepEqual(Accounts(), Accounts()) {
		t.Error("two worlds differ")
	}
	somebody := Accounts()[251]
	got := []string{string(somebody.ID), somebody.Edit.Username.Value, somebody.JoinedAt.Format(time.RFC3339)}
	want := []string{"8c6e392d-74a6-46e2-aad2-aeae47a72a53", "mireille.thornwick3", "2023-10-01T12:01:05Z"}
	if !slices.Equal(got, want) {
		t.Errorf("somebody is %v, not %v", got, want)
	}
}

// checkOnce changes the world and starts again.
func checkOnce(t *testing.T, c *core.Core) {
	t.Helper()
	operator := muster.Operator(ID)
	if _, err := c.Edit(t.Context(), operator, muster.RefNumber(2001), muster.Edit{Name: muster.Some("Somebody Else")}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Delete(t.Context(), operator, muster.RefNumber(1234)); err != nil {
		t.Fatal(err)
	}
	if err := c.DeleteField(t.Context(), operator, callSign); err != nil {
		t.Fatal(err)
	}
	before := last(t, c)
	seed(t, c, Secret)
	if after := last(t, c); after != before {
		t.Errorf("%d changes were made by the second start", after-before)
	}
	seed(t, c, "another")
	if used, err := c.SecretInUse(t.Context(), "another"); err != nil || !used {
		t.Errorf("the new secret is no key's: %v", err)
	}
}

// last is the number of the newest change.
func last(t *testing.T, c *core.Core) int64 {
	t.Helper()
	list, err := c.History(t.Context(), muster.Operator(ID), core.HistoryQuery{Limit: 1})
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	return list[0].Seq
}

// checkFinishes cuts the seeding short and starts again.
func checkFinishes(t *testing.T, whole *core.Core) {
	t.Helper()
	steps := []func(context.Context, *core.Core) error{
		func(ctx context.Context, c *core.Core) error { return ensureCommunity(ctx, c, builtin) },
		func(ctx context.Context, c *core.Core) error { return c.PutRank(ctx, muster.Operator(ID), Ranks()[0]) },
		func(ctx context.Context, c *core.Core) error {
			for _, r := range Ranks()[1:] {
				if err := c.PutRank(ctx, muster.Operator(ID), r); err != nil {
					return err
				}
			}
			_, err := c.Create(ctx, muster.Operator(ID), Accounts()[:batch])
			return err
		},
	}
	for cut := 2; cut <= len(steps); cut++ { // within the ranks, and within the accounts
		c := open(t)
		for _, step := range steps[:cut] {
			if err := step(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		seed(t, c, Secret)
		if diff := cmp.Diff(accounts(t, whole), accounts(t, c)); diff != "" {
			t.Errorf("cut after step %d (-whole +finished):\n%s", cut, diff)
		}
		if last(t, c) != last(t, whole) {
			t.Errorf("cut after step %d: something was done twice", cut)
		}
	}
}

func TestSeedNotAmongOthers(t *testing.T) {
	t.Parallel()
	c := open(t)
	_, err := c.CreateCommunity(t.Context(), muster.Community{ID: "demo", Settings: muster.Settings{Limits: muster.LimitsOwn}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := Seed(t.Context(), c, builtin, Known()); err == nil {
		t.Error("the demo moved into somebody's community of the same id")
	}
	if used, err := c.SecretInUse(t.Context(), Secret); err != nil || used {
		t.Errorf("the demo key is %v, %v", used, err)
	}
}

// checkDefinitions wants each definition once, whether or not the seeding was
// cut short, and the page's account let in where its rank is named.
func checkDefinitions(t *testing.T, c *core.Core) {
	t.Helper()
	by := muster.Operator(ID)
	if err := define(t.Context(), c, by); err != nil {
		t.Fatal(err)
	}
	types, err := c.ClockTypes(t.Context(), by)
	if diff := cmp.Diff(ClockTypes(), types); diff != "" || err != nil {
		t.Errorf("clock types: %v\n%s", err, diff)
	}
	servers, err := c.Servers(t.Context(), by)
	if diff := cmp.Diff(Servers(), servers); diff != "" || err != nil {
		t.Errorf("servers: %v\n%s", err, diff)
	}
	flows, err := c.Flows(t.Context(), by)
	if diff := cmp.Diff(Flows(), flows); diff != "" || err != nil {
		t.Errorf("flows: %v\n%s", err, diff)
	}
	for server := range int64(2) {
		_, admission, err := c.Whitelisted(t.Context(), by, server+1, muster.RefID(PageID))
		if err != nil || admission != muster.Admitted {
			t.Errorf("server %d: %s, %v", server+1, admission, err)
		}
	}
}
