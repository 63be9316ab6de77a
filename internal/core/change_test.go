package core_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/store"
)

func TestEditIsRecorded(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", setBio("old"))
		w.Clock.Advance(time.Hour)
		caller := w.Caller(t, muster.Key{ID: "bot", Level: 3, RankPower: 10})
		caller.RequestID = "req"
		v, err := w.Core.Edit(t.Context(), caller, muster.RefUsername("ADA"), muster.Edit{
			Bio: muster.Some("new"), Values: muster.Values{"number_key": muster.Number(7)}, Ranks: muster.RankEdit{Add: ranks("Member")},
		})
		wantCode(t, err, "", "")
		if v.Bio != "new" || v.Values["number"] != muster.Number(7) || v.Rev != 2 || !v.UpdatedAt.Equal(w.Clock.Now()) || same(ranks("member"), held(v)) != "" {
			t.Errorf("the view is %+v", v)
		}
		read, err := w.Core.Account(t.Context(), caller, muster.RefID(ada.ID))
		wantCode(t, err, "", "")
		if d := same(v, read); d != "" {
			t.Errorf("answered and read differ\n%s", d)
		}
		want := muster.Change{
			Community: "demo", Seq: w.last(t).Seq, At: w.Clock.Now(), Deed: muster.DeedEdit, Account: ada.ID,
			By:     muster.Actor{Key: "bot", Dialect: "test", RequestID: "req"},
			Before: muster.Members{Bio: muster.Some("old"), Values: muster.Values{"number": nil}, Ranks: muster.Some[[]muster.Grant](nil)},
			After:  muster.Members{Bio: muster.Some("new"), Values: muster.Values{"number": muster.Number(7)}, Ranks: muster.Some([]muster.Grant{{Rank: "member"}})},
		}
		if d := same(want, w.last(t)); d != "" {
			t.Errorf("-want +recorded\n%s", d)
		}
	})
}

func TestSharedEvidenceIsCountedInTheAnswer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		e := muster.Edit{Identities: muster.IdentityEdit{Add: []muster.Identity{{Provider: "ip", Value: "::1"}}}}
		first, second := w.Account(t, "first", e), w.Account(t, "second", muster.Edit{})
		v := w.edit(t, second.ID, e)
		if len(v.Identities) != 1 || v.Identities[0].Shared != 2 || first.Identities[0].Shared != 1 {
			t.Errorf("answered are %+v, and %+v before", v.Identities, first.Identities)
		}
		if id := v.Identities[0]; id.ID == "" || id.ID == first.Identities[0].ID || !id.CreatedAt.Equal(w.Clock.Now()) {
			t.Errorf("the new identity is %+v", id)
		}
	})
}

func TestEditOfNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		identity := muster.Identity{Provider: "discord", Value: "1", Metadata: []byte(`{"a":1}`)}
		ada := w.Account(t, "ada", muster.Edit{Bio: muster.Some("bio"), Values: muster.Values{"text": muster.Text("x")}, Ranks: muster.RankEdit{Add: ranks("member")},
			Identities: muster.IdentityEdit{Add: []muster.Identity{identity}}})
		identity.Metadata = []byte(`{ "a": 1 }`)
		w.Clock.Advance(time.Hour)
		unchanged := w.unchanged(t)
		for _, e := range []muster.Edit{
			{}, setBio("bio"), setValue("text_key", muster.Text("x")), setValue("number", nil), setValue("identity", muster.Text("1")), setRanks("member"),
			{Username: muster.Some("ada"), Identities: muster.IdentityEdit{Add: []muster.Identity{identity}, Remove: []muster.IdentityKey{{Provider: "no", Value: "one"}}}},
			{Standing: muster.StandingEdit{Joined: muster.Some(true), Ban: muster.Some[*muster.Ban](nil)}},
		} {
			results, err := w.Core.Change(t.Context(), w.Admin, []core.Target{{Ref: muster.RefID(ada.ID), Edit: e}}, core.Options{})
			wantCode(t, err, "", "")
			if r := results[0]; r.Err != nil || r.Seq != 0 || same(ada, r.View) != "" {
				t.Errorf("%+v\n%s", r, same(ada, r.View))
			}
		}
		unchanged()
	})
}

func TestDryRun(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, bob := w.Account(t, "ada", muster.Edit{}), w.Account(t, "bob", muster.Edit{})
		unchanged := w.unchanged(t)
		targets := []core.Target{
			{Ref: muster.RefID(ada.ID), Edit: setBio("new")},
			{Ref: muster.RefUsername("nobody"), Edit: setBio("new")},
			{Ref: muster.RefID(bob.ID), Edit: muster.Edit{Username: muster.Some("ada")}},
			{Ref: muster.RefID(ada.ID), Edit: muster.Edit{Name: muster.Some("Ada")}},
		}
		results, err := w.Core.Change(t.Context(), w.Admin, targets, core.Options{DryRun: true})
		wantCode(t, err, "", "")
		wantCode(t, results[1].Err, muster.NotFound, "ref")
		wantCode(t, results[2].Err, muster.Conflict, "username")
		if v := results[3].View; v.Bio != "new" || v.Name != "Ada" || v.Rev != 3 {
			t.Errorf("would be %+v", v)
		}
		for i, r := range results {
			if r.Seq != 0 {
				t.Errorf("target %d has the number %d", i, r.Seq)
			}
		}
		_, err = w.Core.Change(t.Context(), w.Admin, targets, core.Options{DryRun: true, Atomic: true})
		wantCode(t, err, muster.NotFound, "targets.1.ref")
		if d := same(ada, w.account(t, ada.ID)); d != "" {
			t.Errorf("a dry run wrote\n%s", d)
		}
		unchanged()
	})
}

func TestBatch(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var targets []core.Target
		for n := range 4 {
			a := w.Account(t, fmt.Sprint("user", n), muster.Edit{})
			targets = append(targets, core.Target{Ref: muster.RefID(a.ID), Edit: setBio(fmt.Sprint("bio", n))})
		}
		targets[1].Edit = muster.Edit{Bio: muster.Some("never"), Username: muster.Some("user3")}
		targets[2].Edit = muster.Edit{} // nothing to do
		unchanged := w.unchanged(t)
		_, err := w.Core.Change(t.Context(), w.Admin, targets, core.Options{Atomic: true})
		wantCode(t, err, muster.Conflict, "targets.1.username")
		unchanged()

		was := w.last(t).Seq
		results, err := w.Core.Change(t.Context(), w.Admin, targets, core.Options{})
		wantCode(t, err, "", "")
		wantCode(t, results[1].Err, muster.Conflict, "username")
		if results[1].View.ID != "" {
			t.Errorf("the refused one shows %+v", results[1].View)
		}
		if results[0].Seq != was+1 || results[1].Seq != 0 || results[2].Seq != 0 || results[3].Seq != was+2 {
			t.Errorf("numbers are %d %d %d %d after %d", results[0].Seq, results[1].Seq, results[2].Seq, results[3].Seq, was)
		}
		changes := w.history(t, w.Admin)
		if a, b := changes[1], changes[0]; a.Batch == "" || a.Batch != b.Batch || a.Account != results[0].View.ID || b.Account != results[3].View.ID || b.Seq != was+2 {
			t.Errorf("recorded are %+v and %+v", a, b)
		}
		if bio := w.account(t, w.stored(t, results[3].View.ID).ID).Bio; bio != "bio3" {
			t.Errorf("bio is %q", bio)
		}
		second, err := w.Core.Change(t.Context(), w.Admin, []core.Target{{Ref: targets[0].Ref, Edit: setBio("x")}, {Ref: targets[0].Ref, Edit: setBio("y")}}, core.Options{Atomic: true})
		wantCode(t, err, "", "")
		if now := w.history(t, w.Admin); now[0].Batch == changes[0].Batch || now[0].Batch != now[1].Batch || second[1].View.Bio != "y" || now[0].Before.Bio.Value != "x" {
			t.Errorf("a second batch: %+v", now[0])
		}
		w.edit(t, results[0].View.ID, setBio("alone"))
		if w.last(t).Batch != "" {
			t.Error("one edit alone is a batch")
		}
		_, err = w.Core.Change(t.Context(), w.Admin, make([]core.Target, core.MaxBatch+1), core.Options{})
		wantCode(t, err, muster.TooLarge, "")
	})
}

func TestIfRev(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", muster.Edit{})
		change := func(rev int64, bio string) error {
			results, err := w.Core.Change(t.Context(), w.Admin, []core.Target{{Ref: muster.RefID(ada.ID), Edit: setBio(bio), IfRev: rev}}, core.Options{})
			return errors.Join(err, results[0].Err)
		}
		wantCode(t, change(1, "a"), "", "")
		wantCode(t, change(1, "b"), muster.Stale, "rev")
		wantCode(t, change(2, "b"), "", "")
		wantCode(t, change(9, "c"), muster.Stale, "rev")
		wantCode(t, change(0, "d"), "", "")
	})
}

// Who may change what of whom: levels, areas, fields, rank power.
func TestEditRights(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		other := w.Account(t, "other", muster.Edit{Ranks: muster.RankEdit{Add: ranks("chief")}, Values: muster.Values{"secret": muster.Text("s")}, Identities: muster.IdentityEdit{Add: []muster.Identity{{Provider: "discord", Value: "7"}}}})
		me := w.Account(t, "me", setRanks("officer"))
		if err := w.Core.PutField(t.Context(), w.Admin, muster.Field{ID: "staff", Key: "staff", Type: muster.TypeText, Scope: muster.ScopeProfile,
			Edit: muster.Rights{Level: 8, Ranks: ranks("officer")}}); err != nil {
			t.Fatal(err)
		}
		if err := w.Core.PutField(t.Context(), w.Admin, muster.Field{ID: "alias", Key: "alias", Type: muster.TypeIdentity, Provider: "discord", Scope: muster.ScopeProfile,
			See: muster.Rights{Level: 8}, Edit: muster.Rights{Level: 8}}); err != nil {
			t.Fatal(err)
		}
		w.edit(t, me.ID, muster.Edit{Standing: muster.StandingEdit{Level: muster.Some(muster.LevelAdmin)}}) // as far as keys go
		owned := func(level muster.Level, power int64) muster.Key {
			return muster.Key{Level: level, Owner: me.ID, RankPower: power}
		}
		tests := []struct {
			name   string
			key    muster.Key
			of     muster.AccountID
			edit   muster.Edit
			code   muster.Code
			member string
		}{
			{"a key that only reads", key(2), other.ID, setBio("x"), muster.Forbidden, ""},
			{"a key that writes", key(3), other.ID, setBio("x"), "", ""},
			{"a key in its area", key(3, muster.AreaProfile), other.ID, setBio("x"), "", ""},
			{"a key out of its area", key(3, muster.AreaProfile), other.ID, setValue("text", muster.Text("x")), muster.Forbidden, ""},
			{"a key with half an edit out of its area", key(3, muster.AreaProfile), other.ID, muster.Edit{Bio: muster.Some("x"), Ranks: muster.RankEdit{Remove: ranks("member")}}, muster.Forbidden, ""},
			{"a person, oneself", owned(4, 0), me.ID, setBio("x"), "", ""},
			{"a person below 4, oneself", owned(3, 0), me.ID, setBio("x"), muster.Forbidden, ""},
			{"a person, another", owned(7, 0), other.ID, setBio("x"), muster.Forbidden, ""},
			{"a person that administers, another", owned(8, 0), other.ID, setBio("x"), "", ""},
			{"a field above the level", key(7), other.ID, setValue("secret", muster.Text("x")), muster.Forbidden, "values.secret"},
			{"the same, by its key, cleared", key(7), other.ID, setValue("secret_key", nil), muster.Forbidden, "values.secret_key"},
			{"the same, with what is there", key(7), other.ID, setValue("secret", muster.Text("s")), muster.Forbidden, "values.secret"},
			{"the same, with what cannot be", key(7), other.ID, setValue("secret", muster.Number(1)), muster.Forbidden, "values.secret"},
			{"a hidden identity, guessed right", key(7), other.ID, setValue("alias", muster.Text("7")), muster.Forbidden, "values.alias"},
			{"a hidden identity, guessed wrong", key(7), other.ID, setValue("alias", muster.Text("8")), muster.Forbidden, "values.alias"},
			{"a field that is not there", key(7), other.ID, setValue("none", nil), muster.Invalid, "values.none"},
			{"a field at the level", key(8), other.ID, setValue("secret", muster.Text("x")), "", ""},
			{"an own field", owned(4, 0), me.ID, setValue("own", muster.Text("x")), "", ""},
			{"an own field of another", key(4), me.ID, setValue("own", muster.Text("x")), muster.Forbidden, "values.own"},
			{"a field by rank", owned(4, 0), me.ID, setValue("staff", muster.Text("x")), "", ""},
			{"a field by rank, without it", key(7), me.ID, setValue("staff", muster.Text("x")), muster.Forbidden, "values.staff"},
			{"grants below the own power", muster.Key{Level: 3, RankPower: 50}, other.ID, muster.Edit{Ranks: muster.RankEdit{Add: ranks("officer")}}, "", ""},
			{"takes above it", muster.Key{Level: 3, RankPower: 99}, other.ID, muster.Edit{Ranks: muster.RankEdit{Remove: ranks("chief")}}, muster.Forbidden, "ranks"},
			{"takes above it by set", muster.Key{Level: 3, RankPower: 99}, other.ID, setRanks("member"), muster.Forbidden, "ranks"},
			{"keeps a higher one in set", muster.Key{Level: 3, RankPower: 99}, other.ID, setRanks("member", "chief"), "", ""},
			{"grants above it", muster.Key{Level: 3, RankPower: 99}, me.ID, muster.Edit{Ranks: muster.RankEdit{Add: ranks("chief")}}, muster.Forbidden, "ranks"},
			{"grants and takes at once is nothing", muster.Key{Level: 3, RankPower: 49}, me.ID, muster.Edit{Ranks: muster.RankEdit{Add: ranks("chief"), Remove: ranks("chief")}}, "", ""},
			{"ends a higher one sooner", muster.Key{Level: 3, RankPower: 99}, other.ID, muster.Edit{Ranks: muster.RankEdit{Until: map[muster.RankID]time.Time{"chief": w.Clock.Now().Add(1e6)}}}, muster.Forbidden, "ranks"},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				caller, before := w.Caller(t, tt.key), w.stored(t, tt.of)
				_, err := w.Core.Change(t.Context(), caller, []core.Target{{Ref: muster.RefID(tt.of), Edit: tt.edit}}, core.Options{Atomic: true, DryRun: true})
				wantCode(t, err, tt.code, tt.member)
				if err != nil && same(before, w.stored(t, tt.of)) != "" {
					t.Error("refused, and written")
				}
			})
		}
	})
}

func TestConflictsAndReferences(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "Ada", muster.Edit{Email: muster.Some("ada@example.org"), Identities: muster.IdentityEdit{Add: []muster.Identity{{Provider: "discord", Value: "1"}, {Provider: "ip", Value: "::1"}}}})
		bob := w.Account(t, "bob", muster.Edit{})
		gone := w.Account(t, "gone", muster.Edit{})
		if _, err := w.Core.Delete(t.Context(), w.Admin, muster.RefID(gone.ID)); err != nil {
			t.Fatal(err)
		}
		identity := func(provider, value string) muster.Edit {
			return muster.Edit{Identities: muster.IdentityEdit{Add: []muster.Identity{{Provider: provider, Value: value}}}}
		}
		foreign := mustertest.NewCommunityIn(t, w.Core, w.Clock, "other").Account(t, "theirs", muster.Edit{})
		for _, tt := range []struct {
			name   string
			edit   muster.Edit
			code   muster.Code
			member string
		}{
			{"username", muster.Edit{Username: muster.Some("aDA")}, muster.Conflict, "username"},
			{"own username in another case", muster.Edit{Username: muster.Some("BOB")}, "", ""},
			{"username of one deleted", muster.Edit{Username: muster.Some("gone")}, "", ""},
			{"username of another community", muster.Edit{Username: muster.Some("theirs")}, "", ""},
			{"e-mail", muster.Edit{Email: muster.Some("ADA@example.org")}, muster.Conflict, "email"},
			{"name", identity("discord", "1"), muster.Conflict, "identities.add.0"},
			{"evidence", identity("ip", "::1"), "", ""},
			{"account", setValue("account", muster.Text(ada.ID)), "", ""},
			{"oneself", setValue("account", muster.Text(bob.ID)), "", ""},
			{"no account", setValue("account", muster.Text("nobody")), muster.Invalid, "values.account"},
			{"a deleted account", setValue("account", muster.Text(gone.ID)), muster.Invalid, "values.account"},
			{"an account of others", setValue("account", muster.Text(foreign.ID)), muster.Invalid, "values.account"},
			{"time zone", setValue("time_zone", muster.Text("Europe/Berlin")), "", ""},
			{"no time zone", setValue("time_zone", muster.Text("Berlin")), muster.Invalid, "values.time_zone"},
			{"the server's own time zone", setValue("time_zone", muster.Text("Local")), muster.Invalid, "values.time_zone"},
			{"a time zone that is a path", setValue("time_zone", muster.Text("../../etc/passwd")), muster.Invalid, "values.time_zone"},
			{"two at fault, the first is named", muster.Edit{Values: muster.Values{"time_zone": muster.Text("x"), "account": muster.Text("x")}}, muster.Invalid, "values.account"},
		} {
			t.Run(tt.name, func(t *testing.T) {
				for range 5 {
					_, err := w.Core.Change(t.Context(), w.Admin, []core.Target{{Ref: muster.RefID(bob.ID), Edit: tt.edit}}, core.Options{Atomic: true, DryRun: true})
					wantCode(t, err, tt.code, tt.member)
				}
			})
		}
	})
}

func TestRef(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", muster.Edit{Email: muster.Some("ada@example.org"), Identities: muster.IdentityEdit{Add: []muster.Identity{{Provider: "api", Value: "7"}}}})
		bob := w.Account(t, "bob", muster.Edit{})
		handle := func(by muster.HandleKind, value string) muster.Handle { return muster.Handle{By: by, Value: value} }
		nobody := handle(muster.ByUsername, "nobody")
		for _, tt := range []struct {
			name string
			ref  muster.Ref
			want muster.AccountID
		}{
			{"first hit", muster.Ref{nobody, handle(muster.ByNumber, "x"), handle(muster.ByEmail, "ADA@example.org"), handle(muster.ByUsername, "bob")}, ada.ID},
			{"in the stated order", muster.Ref{handle(muster.ByUsername, "bob"), handle(muster.ByEmail, "ada@example.org")}, bob.ID},
			{"by number", muster.RefNumber(bob.Number), bob.ID},
			{"by name", muster.RefIdentity("api", "7"), ada.ID},
			{"nobody", muster.Ref{nobody, handle(muster.ByID, "x"), handle(muster.ByEmail, "")}, ""},
			{"nothing", muster.Ref{}, ""},
		} {
			v, err := w.Core.Account(t.Context(), w.Admin, tt.ref)
			if tt.want == "" {
				wantCode(t, err, muster.NotFound, "ref")
			} else {
				wantCode(t, err, "", "")
			}
			if v.ID != tt.want {
				t.Errorf("%s: got %q, want %q", tt.name, v.ID, tt.want)
			}
		}
	})
}

func TestExpiry(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, err := w.Core.UpdateCommunity(t.Context(), w.Admin, func(c *muster.Community) { c.Settings.ActiveFromRanks = true })
		wantCode(t, err, "", "")
		until := w.Clock.Now().Add(time.Hour)
		ada := w.Account(t, "ada", muster.Edit{
			Ranks:    muster.RankEdit{Add: ranks("chief"), Until: map[muster.RankID]time.Time{"chief": until}},
			Standing: muster.StandingEdit{Ban: muster.Some(&muster.Ban{Reason: "why", Until: until})},
		})
		if !ada.Standing.Active || ada.Standing.Ban == nil || len(ada.Held) != 1 {
			t.Fatalf("before: %+v", ada)
		}
		w.Clock.Set(until)
		over := w.account(t, ada.ID)
		if over.Standing.Active || over.Standing.Ban != nil || len(over.Held)+len(over.Ranks) > 0 {
			t.Errorf("after: %+v", over)
		}
		if stored := w.stored(t, ada.ID); len(stored.Ranks) != 1 || stored.Rev != 1 {
			t.Errorf("a read wrote: %+v", stored)
		}
		// The next edit drops them, whatever the power of who makes it.
		weak := w.Caller(t, muster.Key{Level: 3})
		_, err = w.Core.Edit(t.Context(), weak, muster.RefID(ada.ID), setBio("x"))
		wantCode(t, err, "", "")
		if stored := w.stored(t, ada.ID); len(stored.Ranks) > 0 || stored.Standing.Ban != nil || stored.Standing.Active {
			t.Errorf("stored is still %+v", stored)
		}
		// Nor does taking that edit back bring back what had run out.
		_, err = w.Core.Undo(t.Context(), weak, w.last(t).Seq, core.UndoOptions{})
		wantCode(t, err, "", "")
		if stored := w.stored(t, ada.ID); len(stored.Ranks) > 0 || stored.Standing.Ban != nil || stored.Bio != "" {
			t.Errorf("after the undo: %+v", stored)
		}
	})
}

// Two edits of different members at the same time both survive, in whatever
// order they come.
func TestEditsAtTheSameTime(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", muster.Edit{})
		fields := make([]muster.FieldID, 24)
		for n := range fields {
			fields[n] = muster.FieldID(fmt.Sprint("f", n))
			f := muster.Field{ID: fields[n], Key: "key of " + string(fields[n]), Type: muster.TypeNumber, Scope: muster.ScopeProfile}
			if err := w.Core.PutField(t.Context(), w.Admin, f); err != nil {
				t.Fatal(err)
			}
		}
		const rounds = 10
		was := w.last(t).Seq
		var all sync.WaitGroup
		for _, id := range fields { // each has a field of its own, all share the ranks
			all.Go(func() {
				random := rand.New(rand.NewPCG(1, uint64(len(id))))
				for n := 1; n <= rounds; n++ {
					e := setValue(id, muster.Number(n))
					if random.IntN(2) == 0 {
						e.Ranks.Add = ranks("member")
					}
					if _, err := w.Core.Edit(t.Context(), w.Admin, muster.RefID(ada.ID), e); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		now := w.account(t, ada.ID)
		for _, id := range fields {
			if now.Values[id] != muster.Number(rounds) {
				t.Errorf("%s is %v", id, now.Values[id])
			}
		}
		if want := int64(rounds * len(fields)); now.Rev != want+1 || w.last(t).Seq != was+want {
			t.Errorf("rev %d, number %d after %d changes", now.Rev, w.last(t).Seq-was, want)
		}
	})
}

// History tells the whole way: from the first state, change by change, to the
// account as it is.
func TestHistoryTellsTheWay(t *testing.T) {
	st := mustertest.Open(t, t.TempDir())
	w := &world{mustertest.NewCommunity(t, st, "demo"), st}
	rapid.Check(t, func(rt *rapid.T) {
		name := fmt.Sprint("user", w.last(t).Seq)
		a := w.Account(t, name, muster.Edit{})
		first := w.last(t).Seq
		states := []muster.Account{w.stored(t, a.ID)}
		for range rapid.IntRange(1, 6).Draw(rt, "edits") {
			e := muster.Edit{
				Values: muster.Values{rapid.SampledFrom([]muster.FieldID{"text", "secret"}).Draw(rt, "field"): muster.Text(rapid.SampledFrom([]string{"", "a", "b"}).Draw(rt, "value"))},
				Ranks: muster.RankEdit{
					Add:    rapid.SliceOfN(rapid.SampledFrom(ranks("member", "officer", "chief")), 0, 2).Draw(rt, "add"),
					Remove: rapid.SliceOfN(rapid.SampledFrom(ranks("member", "officer", "chief")), 0, 2).Draw(rt, "remove"),
				},
			}
			before := w.last(t).Seq
			w.edit(t, a.ID, e)
			if w.last(t).Seq > before {
				states = append(states, w.stored(t, a.ID))
			}
		}
		var changes []muster.Change
		err := st.Read(t.Context(), func(tx *store.Tx) (err error) { changes, err = tx.Changes("demo", a.ID, 0, 100); return err })
		if err != nil {
			t.Fatal(err)
		}
		if len(changes) != len(states) || changes[len(changes)-1].Seq != first {
			rt.Fatalf("%d changes for %d states", len(changes), len(states))
		}
		for i, c := range changes[:len(changes)-1] {
			was, is := muster.Diff(states[len(states)-2-i], states[len(states)-1-i])
			if d := same(was, c.Before) + same(is, c.After); d != "" {
				rt.Fatalf("change %d: -was +recorded\n%s", c.Seq, d)
			}
		}
	})
}
