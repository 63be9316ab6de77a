package core_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/seal"
	"github.com/muster-accounts/muster/internal/store"
)

func TestAuthenticate(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		other := mustertest.NewCommunityIn(t, w.Core, w.Clock, "other")
		community, err := w.Core.Community(t.Context(), "demo")
		if err != nil {
			t.Fatal(err)
		}
		ada := w.Account(t, "ada", setRanks("officer"))
		gone := w.Account(t, "gone", muster.Edit{})
		secret := map[string]string{
			"good":  w.Key(t, muster.Key{ID: "good", Level: 3, Areas: []muster.Area{muster.AreaRanks}, RankPower: 50, PerMinute: 7}),
			"ada":   w.Key(t, muster.Key{ID: "ada", Level: 4, Owner: ada.ID}),
			"gone":  w.Key(t, muster.Key{ID: "gone", Level: 4, Owner: gone.ID}),
			"over":  w.Key(t, muster.Key{ID: "over", Level: 1, ExpiresAt: w.Clock.Now()}),
			"soon":  w.Key(t, muster.Key{ID: "soon", Level: 1, ExpiresAt: w.Clock.Now().Add(time.Microsecond)}),
			"ended": w.Key(t, muster.Key{ID: "ended", Level: 1}),
			"other": other.Key(t, muster.Key{ID: "good", Level: 1}),
		}
		if _, err := w.Core.Delete(t.Context(), w.Admin, muster.RefID(gone.ID)); err != nil {
			t.Fatal(err)
		}
		if err := w.Core.RevokeKey(t.Context(), w.Admin, "ended"); err != nil {
			t.Fatal(err)
		}
		limits := muster.Limits{Preset: muster.LimitsOwn}
		tests := []struct {
			name       string
			credential core.Credential
			code       muster.Code
			member     string
			want       muster.Caller
		}{
			{name: "good", credential: core.Credential{Secret: secret["good"], Dialect: "test", RequestID: "r"}, want: muster.Caller{
				Community: "demo", Key: "good", Level: 3, Areas: []muster.Area{muster.AreaRanks}, RankPower: 50,
				Limits: muster.Limits{Preset: muster.LimitsOwn, PerMinute: 7}, Dialect: "test", RequestID: "r"}},
			{name: "community named", credential: core.Credential{Secret: secret["soon"], Dialect: "test", Community: "demo"}, want: muster.Caller{
				Community: "demo", Key: "soon", Level: 1, Limits: limits, Dialect: "test"}},
			{name: "community named by its UUID", credential: core.Credential{Secret: secret["soon"], Dialect: "test", Community: community.UUID}, want: muster.Caller{
				Community: "demo", Key: "soon", Level: 1, Limits: limits, Dialect: "test"}},
			{name: "an account's", credential: core.Credential{Secret: secret["ada"], Dialect: "test"}, want: muster.Caller{
				Community: "demo", Key: "ada", Account: ada.ID, Ranks: ranks("officer"), Level: 4, Limits: limits, Dialect: "test"}},
			{name: "of another community, by itself", credential: core.Credential{Secret: secret["other"], Dialect: "test"}, want: muster.Caller{
				Community: "other", Key: "good", Level: 1, Limits: limits, Dialect: "test"}},
			{name: "of another community", credential: core.Credential{Secret: secret["other"], Dialect: "test", Community: "demo"}, code: muster.Unauthenticated, member: "key"},
			{name: "a community that is not there", credential: core.Credential{Secret: secret["good"], Dialect: "test", Community: "nowhere"}, code: muster.Unauthenticated, member: "community"},
			{name: "unknown", credential: core.Credential{Secret: "guess", Dialect: "test"}, code: muster.Unauthenticated, member: "key"},
			{name: "none", credential: core.Credential{Dialect: "test"}, code: muster.Unauthenticated, member: "key"},
			{name: "the hash is no secret", credential: core.Credential{Secret: seal.HashCredential(secret["good"]), Dialect: "test"}, code: muster.Unauthenticated, member: "key"},
			{name: "revoked", credential: core.Credential{Secret: secret["ended"], Dialect: "test"}, code: muster.Unauthenticated, member: "key"},
			{name: "expired", credential: core.Credential{Secret: secret["over"], Dialect: "test"}, code: muster.Unauthenticated, member: "key"},
			{name: "of a deleted account", credential: core.Credential{Secret: secret["gone"], Dialect: "test"}, code: muster.Unauthenticated, member: "key"},
			{name: "a dialect that is off", credential: core.Credential{Secret: secret["good"], Dialect: "else"}, code: muster.NotFound, member: "dialect"},
			{name: "wrong, by a dialect that is off", credential: core.Credential{Secret: "guess", Dialect: "else"}, code: muster.Unauthenticated, member: "key"},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				got, err := w.Core.Authenticate(t.Context(), tt.credential)
				wantCode(t, err, tt.code, tt.member)
				if d := same(tt.want, got); d != "" {
					t.Errorf("-want +got\n%s", d)
				}
			})
		}
	})
}

// A rank that has run out opens nothing any more.
func TestCallerHoldsNoExpiredRank(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		until := w.Clock.Now().Add(time.Hour)
		ada := w.Account(t, "ada", muster.Edit{Ranks: muster.RankEdit{Add: ranks("officer", "member"), Until: map[muster.RankID]time.Time{"officer": until}}})
		secret := w.Key(t, muster.Key{Level: 4, Owner: ada.ID})
		for _, tt := range []struct {
			at   time.Time
			want []muster.RankID
		}{{until.Add(-1), ranks("member", "officer")}, {until, ranks("member")}} {
			w.Clock.Set(tt.at)
			caller, err := w.Core.Authenticate(t.Context(), core.Credential{Secret: secret, Dialect: "test"})
			wantCode(t, err, "", "")
			if d := same(tt.want, caller.Ranks); d != "" {
				t.Errorf("at %s -want +got\n%s", tt.at, d)
			}
		}
	})
}

func TestWriteLastUses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		secret := w.Key(t, muster.Key{ID: "k", Level: 1})
		w.Key(t, muster.Key{ID: "idle", Level: 1})
		unchanged := w.unchanged(t)
		lastUsed := func(id muster.KeyID) time.Time {
			keys, err := w.Core.Keys(t.Context(), w.Admin)
			wantCode(t, err, "", "")
			for _, k := range keys {
				if k.ID == id {
					return k.LastUsedAt
				}
			}
			t.Fatalf("no key %s", id)
			return time.Time{}
		}
		use := func() {
			_, err := w.Core.Authenticate(t.Context(), core.Credential{Secret: secret, Dialect: "test"})
			wantCode(t, err, "", "")
			_, _ = w.Core.Authenticate(t.Context(), core.Credential{Secret: secret, Dialect: "off"})
		}
		use()
		w.Clock.Advance(time.Second)
		use()
		used := w.Clock.Now()
		if got := lastUsed("k"); !got.IsZero() {
			t.Errorf("written at once: %s", got)
		}
		ended, end := context.WithCancel(t.Context())
		end()
		if err := w.Core.WriteLastUses(ended); err != nil { // else it was not written, and waits for the next time
			w.Clock.Advance(time.Second)
		}
		wantCode(t, w.Core.WriteLastUses(t.Context()), "", "")
		if got := lastUsed("k"); !got.Equal(used) {
			t.Errorf("last used at %s, want %s", got, used)
		}
		if got := lastUsed("idle"); !got.IsZero() {
			t.Errorf("the idle key was last used at %s", got)
		}
		wantCode(t, w.Core.WriteLastUses(t.Context()), "", "")
		unchanged()
	})
}

func TestCreateKey(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", muster.Edit{})
		narrow := w.Caller(t, muster.Key{Level: 8, Areas: []muster.Area{muster.AreaKeys, muster.AreaRanks}, RankPower: 50})
		for _, tt := range []struct {
			name   string
			caller muster.Caller
			key    muster.Key
			secret string
			code   muster.Code
			member string
		}{
			{"within all bounds", narrow, muster.Key{Level: 8, Areas: []muster.Area{muster.AreaRanks}, RankPower: 50}, "", "", ""},
			{"with more rank power", narrow, muster.Key{Level: 1, Areas: []muster.Area{muster.AreaRanks}, RankPower: 51}, "", muster.Forbidden, "level"},
			{"with another area", narrow, muster.Key{Level: 8, Areas: []muster.Area{muster.AreaRanks, muster.AreaValues}}, "", muster.Forbidden, "areas"},
			{"with all areas", narrow, muster.Key{Level: 8}, "", muster.Forbidden, "areas"},
			{"without the area of keys", w.Caller(t, muster.Key{Level: 8, Areas: []muster.Area{muster.AreaRanks}}), muster.Key{Level: 1, Areas: []muster.Area{muster.AreaRanks}}, "", muster.Forbidden, ""},
			{"below an administrator", w.Caller(t, muster.Key{Level: 7}), muster.Key{Level: 1}, "", muster.Forbidden, ""},
			{"above the own level", w.Caller(t, muster.Key{Level: 7}), muster.Key{Level: 8}, "", muster.Forbidden, "level"},
			{"with a secret of its own", w.Admin, muster.Key{ID: "old", Level: 1}, "given", "", ""},
			{"with a secret that is taken", w.Admin, muster.Key{Level: 1}, "given", muster.Conflict, "secret"},
			{"with an id that is taken", w.Admin, muster.Key{ID: "old", Level: 1}, "", muster.Conflict, "id"},
			{"for an account", w.Admin, muster.Key{Level: 4, Owner: ada.ID}, "", "", ""},
			{"for nobody", w.Admin, muster.Key{Level: 4, Owner: "6f6e1b9c-6f6e-4b9c-8f6e-6f6e1b9c6f6e"}, "", muster.Invalid, "owner"},
			{"that is none", w.Admin, muster.Key{Level: 9}, "", muster.Invalid, "level"},
			{"in a community that is not there", muster.Operator("nowhere"), muster.Key{Level: 1}, "", muster.NotFound, ""},
		} {
			t.Run(tt.name, func(t *testing.T) {
				unchanged := w.unchanged(t)
				k, secret, err := w.Core.CreateKey(t.Context(), tt.caller, tt.key, tt.secret)
				wantCode(t, err, tt.code, tt.member)
				if err != nil {
					if secret != "" {
						t.Error("a refusal came with a secret")
					}
					unchanged()
					return
				}
				if tt.secret != "" && secret != tt.secret {
					t.Errorf("got the secret %q, want %q", secret, tt.secret)
				}
				if d := w.last(t); d.Subject != "key "+string(k.ID) || d.Deed != muster.DeedCredential || len(d.Before.Definition) > 0 {
					t.Errorf("recorded is %+v", d)
				}
				if _, err := w.Core.Authenticate(t.Context(), core.Credential{Secret: secret, Dialect: "test"}); err != nil {
					t.Error(err)
				}
			})
		}
	})
}

// The id of an account may be written in any case: the key acts for it.
func TestKeyOfOwnerInCapitals(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := muster.AccountID("abcdef00-0000-4000-8000-000000000000")
		if _, err := w.Core.Create(t.Context(), w.Admin, []core.NewAccount{{ID: "ABCDEF00-0000-4000-8000-000000000000", Edit: muster.Edit{Username: muster.Some("ada")}}}); err != nil {
			t.Fatal(err)
		}
		caller := w.Caller(t, muster.Key{Level: 4, Owner: "ABCDEF00-0000-4000-8000-000000000000"})
		if caller.Account != id {
			t.Errorf("it acts for %q", caller.Account)
		}
		c, err := w.Core.UpdateCommunity(t.Context(), w.Admin, func(c *muster.Community) { c.Settings.Owner = "ABCDEF00-0000-4000-8000-000000000000" })
		wantCode(t, err, "", "")
		if c.Settings.Owner != id || !w.account(t, id).Owner {
			t.Errorf("the owner is %q", c.Settings.Owner)
		}
		v := w.edit(t, id, setValue("account", muster.Text("ABCDEF00-0000-4000-8000-000000000000")))
		if v.Values["account"] != muster.Text(id) {
			t.Errorf("kept is the reference %v", v.Values["account"])
		}
	})
}

func TestRevokeKey(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		secret := w.Key(t, muster.Key{ID: "k", Level: 1})
		inUse := func() bool {
			used, err := w.Core.SecretInUse(t.Context(), secret)
			wantCode(t, err, "", "")
			return used
		}
		if !inUse() {
			t.Error("the secret is not in use")
		}
		wantCode(t, w.Core.RevokeKey(t.Context(), w.Caller(t, key(8, muster.AreaValues)), "k"), muster.Forbidden, "")
		wantCode(t, w.Core.RevokeKey(t.Context(), w.Admin, "k"), "", "")
		if d := w.last(t); d.Subject != "key k" || len(d.Before.Definition) == 0 || len(d.After.Definition) == 0 {
			t.Errorf("recorded is %+v", d)
		}
		wantCode(t, w.Core.RevokeKey(t.Context(), w.Admin, "k"), muster.Conflict, "")
		wantCode(t, w.Core.RevokeKey(t.Context(), w.Admin, "none"), muster.NotFound, "")
		if inUse() {
			t.Error("the secret of a revoked key is in use")
		}
		for _, level := range []muster.Level{1, 7} {
			_, err := w.Core.Keys(t.Context(), w.Caller(t, muster.Key{Level: level}))
			wantCode(t, err, muster.Forbidden, "")
		}
	})
}

func TestBindSecret(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		c := core.New(st, mustertest.NewClock().Now)
		load := func(name string) seal.Secret {
			s, err := seal.Load(filepath.Join(t.TempDir(), name))
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		first, second := load("first"), load("second")
		for range 2 {
			wantCode(t, c.BindSecret(t.Context(), first), "", "")
			wantCode(t, c.BindSecret(t.Context(), second), muster.Invalid, "secret_file")
		}
	})
}

// A person's keys are dead while the account is kept out, and live again when
// it is let in.
func TestKeysOfWhoIsKeptOut(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", muster.Edit{})
		secret := w.Key(t, muster.Key{Level: muster.LevelUser, Owner: ada.ID})
		enter := func() error {
			_, err := w.Core.Authenticate(t.Context(), core.Credential{Secret: secret, Dialect: "test"})
			return err
		}
		for name, keptOut := range map[string]struct{ out, in muster.StandingEdit }{
			"banned":   {muster.StandingEdit{Ban: muster.Some(&muster.Ban{})}, muster.StandingEdit{Ban: muster.Some[*muster.Ban](nil)}},
			"archived": {muster.StandingEdit{Archived: muster.Some(true)}, muster.StandingEdit{Archived: muster.Some(false)}},
			"left":     {muster.StandingEdit{Joined: muster.Some(false)}, muster.StandingEdit{Joined: muster.Some(true)}},
		} {
			w.edit(t, ada.ID, muster.Edit{Standing: keptOut.out})
			if err := enter(); muster.CodeOf(err) != muster.Unauthenticated {
				t.Errorf("%s: %v", name, err)
			}
			w.edit(t, ada.ID, muster.Edit{Standing: keptOut.in})
			if err := enter(); err != nil {
				t.Errorf("no longer %s: %v", name, err)
			}
		}
		w.edit(t, ada.ID, muster.Edit{Standing: muster.StandingEdit{Ban: muster.Some(&muster.Ban{Until: w.Clock.Now().Add(time.Hour)})}})
		w.Clock.Advance(2 * time.Hour)
		if err := enter(); err != nil {
			t.Errorf("after the ban has run out: %v", err)
		}
	})
}
