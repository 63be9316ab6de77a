package store_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/store"
)

var start = mustertest.Start

func write(t testing.TB, st *store.Store, fn func(*store.Tx) error) {
	t.Helper()
	if err := st.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, st *store.Store, fn func(*store.Tx) error) {
	t.Helper()
	if err := st.Read(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func community(id muster.CommunityID) muster.Community {
	return muster.Community{ID: id, UUID: "uuid-" + string(id), Name: "The " + string(id), CreatedAt: start,
		Settings: muster.Settings{Dialects: []string{"test"}, Limits: muster.LimitsOwn}}
}

// communities adds some.
func communities(t testing.TB, st *store.Store, ids ...muster.CommunityID) {
	t.Helper()
	write(t, st, func(tx *store.Tx) error {
		var err error
		for _, id := range ids {
			err = errors.Join(err, tx.InsertCommunity(community(id)))
		}
		return err
	})
}

// account is one with something in every member.
func account(c muster.CommunityID, n int64) muster.Account {
	name := fmt.Sprintf("user%d", n)
	return muster.Account{
		Community: c, ID: muster.AccountID(fmt.Sprintf("00000000-0000-4000-8000-%012d", n)), Number: n, CustomNumber: true,
		Username: name, Email: name + "@example.org", Name: "Ada <&> \"'", Bio: "two\nlines", Language: "de", Picture: "p.png",
		Values: muster.Values{"a": muster.Text("x"), "b": muster.List{"y"}, "c": muster.Number(1.5), "d": muster.Bool(false)},
		Ranks:  []muster.Grant{{Rank: "r1"}, {Rank: "r2", Expires: start.Add(time.Hour)}},
		Identities: []muster.Identity{
			{ID: "i1-" + name, Provider: "discord", Value: name, Verified: true, Metadata: []byte(`{"a":1}`), CreatedAt: start, Shared: 1},
			{ID: "i2-" + name, Provider: "steam", Value: name, Flag: "!", CreatedAt: start, UpdatedAt: start.Add(time.Microsecond), Shared: 1},
		},
		Standing: muster.Standing{Joined: true, Active: true, Archived: true, SignIn: muster.SignInActive, Level: 6, Ban: &muster.Ban{Reason: "why", Until: start}},
		Clock: []muster.ClockRow{
			{ID: "c2", Type: "duty", Start: start.Add(2), Notes: []string{"n"}}, {ID: "c1", Type: "duty", Start: start.Add(-time.Hour), End: start},
		},
		JoinedAt: start, LastLogin: start.Add(1000), CreatedAt: start, UpdatedAt: start, Rev: 1,
	}
}

func insert(t testing.TB, st *store.Store, a muster.Account) {
	t.Helper()
	write(t, st, func(tx *store.Tx) error { return tx.InsertAccount(a) })
}

// update changes an account as the core does.
func update(tx *store.Tx, c muster.CommunityID, id muster.AccountID, change func(*muster.Account)) error {
	before, err := tx.Account(c, id)
	if err != nil {
		return err
	}
	after := before
	change(&after)
	after.Rev++
	return tx.UpdateAccount(before, after)
}

func wantCode(t testing.TB, err error, code muster.Code, member string) {
	t.Helper()
	var e *muster.Error
	if !errors.As(err, &e) || e.Code != code || e.Field != member {
		t.Errorf("got %v, want code %q, field %q", err, code, member)
	}
}

func TestAccountRoundTrip(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		communities(t, st, "c", "other")
		want := account("c", 7)
		want.Clock[0].Start = start.Add(time.Microsecond)
		insert(t, st, want)
		insert(t, st, account("other", 7)) // the same in another community, to the last letter
		got := func() (a muster.Account) {
			read(t, st, func(tx *store.Tx) (err error) { a, err = tx.Account("c", want.ID); return err })
			return a
		}
		if d := cmp.Diff(want, got()); d != "" {
			t.Fatalf("-written +read\n%s", d)
		}
		want.Rev, want.Number, want.Username, want.Email, want.Bio = 2, 8, "grace", "", ""
		want.Picture = ""
		want.Values = muster.Values{"e": muster.Text("z")}
		want.Ranks = []muster.Grant{{Rank: "r2"}, {Rank: "r3"}}
		want.Identities = []muster.Identity{{ID: "i9", Provider: "discord", Value: "new", CreatedAt: start, Shared: 1}, want.Identities[1]}
		want.Identities[1].Flag = ""
		want.Standing = muster.Standing{SignIn: muster.DisabledByAdmin}
		write(t, st, func(tx *store.Tx) error {
			return update(tx, "c", want.ID, func(a *muster.Account) { clock := a.Clock; *a = want; a.Rev, a.Clock = 1, clock })
		})
		if d := cmp.Diff(want, got(), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("-written +read\n%s", d)
		}
		read(t, st, func(tx *store.Tx) error {
			a, err := tx.Account("other", want.ID)
			if d := cmp.Diff(account("other", 7).Username, a.Username); d != "" || a.Rev != 1 {
				t.Errorf("the other community's account changed:\n%s", d)
			}
			return err
		})
		_, err := readAccount(t, st, "c", "nobody")
		wantCode(t, err, muster.NotFound, "")
	})
}

func readAccount(t testing.TB, st *store.Store, c muster.CommunityID, id muster.AccountID) (a muster.Account, err error) {
	t.Helper()
	err = st.Read(t.Context(), func(tx *store.Tx) (err error) { a, err = tx.Account(c, id); return err })
	return a, err
}

func TestUpdateOfAnOldState(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		communities(t, st, "c")
		a := account("c", 1)
		insert(t, st, a)
		newer := a
		newer.Rev, newer.Bio = 2, "newer"
		write(t, st, func(tx *store.Tx) error { return tx.UpdateAccount(a, newer) })
		late := a
		late.Rev, late.Bio = 2, "late"
		if err := st.Write(t.Context(), func(tx *store.Tx) error { return tx.UpdateAccount(a, late) }); err == nil {
			t.Error("an update of an old state went through")
		}
		if got, err := readAccount(t, st, "c", a.ID); err != nil || got.Bio != "newer" {
			t.Errorf("the account has %q, %v", got.Bio, err)
		}
	})
}

func TestUniqueness(t *testing.T) {
	tests := []struct {
		name   string
		change func(*muster.Account)
		member string // "-": no conflict
	}{
		{"nothing shared", func(*muster.Account) {}, "-"},
		{"id", func(a *muster.Account) { a.ID = account("c", 1).ID }, ""},
		{"number", func(a *muster.Account) { a.Number = 1 }, ""},
		{"username", func(a *muster.Account) { a.Username = "user1" }, ""},
		{"username of another case", func(a *muster.Account) { a.Username = "USER1" }, ""},
		{"username of another case, not ASCII", func(a *muster.Account) { a.Username = "ÉMILIE STRASSE" }, ""},
		{"username in other code points", func(a *muster.Account) { a.Username = "e\u0301milie straße" }, ""},
		{"username with a Kelvin sign", func(a *muster.Account) { a.Username = "\u212aim" }, ""},
		{"username but for an accent", func(a *muster.Account) { a.Username = "emilie straße" }, "-"},
		{"e-mail of another case", func(a *muster.Account) { a.Email = "User1@EXAMPLE.org" }, ""},
		{"no e-mail, as others", func(a *muster.Account) { a.Email = "" }, "-"},
		{"a name", func(a *muster.Account) { a.Identities[0].Value = "user1" }, "identities"},
		{"a name of another provider", func(a *muster.Account) { a.Identities[0].Provider, a.Identities[0].Value = "api", "user1" }, "-"},
		{"evidence", func(a *muster.Account) {
			a.Identities[0] = muster.Identity{ID: "x", Provider: "ip", Value: "::1"}
		}, "-"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			mustertest.Each(t, func(t *testing.T, st *store.Store) {
				communities(t, st, "c", "other")
				first, second, third, fourth := account("c", 1), account("c", 2), account("c", 3), account("c", 4)
				first.Identities = append(first.Identities, muster.Identity{ID: "ip", Provider: "ip", Value: "::1"})
				second.Username, second.Email = "Émilie Straße", ""
				fourth.Username = "kim"
				insert(t, st, first)
				insert(t, st, second)
				insert(t, st, fourth)
				tt.change(&third)
				elsewhere := third
				elsewhere.Community = "other"
				insert(t, st, elsewhere) // other communities are no matter
				err := st.Write(t.Context(), func(tx *store.Tx) error { return tx.InsertAccount(third) })
				check := func(err error) {
					t.Helper()
					if tt.member != "-" {
						wantCode(t, err, muster.Conflict, tt.member)
					} else if err != nil {
						t.Error(err)
					}
				}
				check(err)
				if tt.name == "id" || err == nil {
					return
				}
				// The same by an update.
				insert(t, st, account("c", 3))
				check(st.Write(t.Context(), func(tx *store.Tx) error {
					return update(tx, "c", third.ID, func(a *muster.Account) {
						a.Identities = append([]muster.Identity{}, a.Identities...)
						tt.change(a)
					})
				}))
				if got, err := readAccount(t, st, "c", third.ID); err != nil || got.Rev != 1 {
					t.Errorf("after the conflict the account has rev %d, %v", got.Rev, err)
				}
			})
		})
	}
}

func TestEvidenceIsCounted(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		communities(t, st, "c", "other")
		for n := range int64(3) {
			for _, c := range []muster.CommunityID{"c", "other"} {
				a := account(c, n+1)
				a.Identities = []muster.Identity{{ID: "1", Provider: "ip", Value: "::1"}, {ID: "2", Provider: "ip", Value: a.Username}}
				insert(t, st, a)
			}
		}
		a, err := readAccount(t, st, "c", account("c", 2).ID)
		if err != nil || len(a.Identities) != 2 || a.Identities[0].Shared != 3 || a.Identities[1].Shared != 1 {
			t.Errorf("got %+v, %v", a.Identities, err)
		}
		read(t, st, func(tx *store.Tx) error {
			_, found, err := tx.Find("c", muster.RefIdentity("ip", "user1")[0])
			if found {
				t.Error("evidence found somebody")
			}
			return err
		})
	})
}

func TestFind(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		communities(t, st, "c", "other")
		a := account("c", 7)
		a.Username, a.Email, a.ID = "Émilie", "Ada@Example.org", "abcdef00-0000-4000-8000-000000000007"
		insert(t, st, a)
		none := account("c", 8)
		none.Email = ""
		insert(t, st, none)
		tests := []struct {
			handle muster.Handle
			found  bool
		}{
			{muster.RefID(a.ID)[0], true},
			{muster.RefID(muster.AccountID(strings.ToUpper(string(a.ID))))[0], true},
			{muster.RefID("7")[0], false},
			{muster.RefNumber(7)[0], true},
			{muster.Handle{By: muster.ByNumber, Value: "7x"}, false},
			{muster.Handle{By: muster.ByNumber, Value: "99999999999999999999"}, false},
			{muster.RefUsername("Émilie")[0], true},
			{muster.RefUsername("éMILIE")[0], true},
			{muster.RefUsername("Emilie")[0], false},
			{muster.Handle{By: muster.ByEmail, Value: "ada@EXAMPLE.org"}, true},
			{muster.Handle{By: muster.ByEmail, Value: ""}, false},
			{muster.RefIdentity("discord", "user7")[0], true},
			{muster.RefIdentity("steam", "USER7")[0], false},
			{muster.RefIdentity("", "user7")[0], false},
		}
		read(t, st, func(tx *store.Tx) error {
			for _, tt := range tests {
				id, found, err := tx.Find("c", tt.handle)
				if err != nil || found != tt.found || found && id != a.ID {
					t.Errorf("%+v: got %q, %t, %v", tt.handle, id, found, err)
				}
				if _, found, _ := tx.Find("other", tt.handle); found {
					t.Errorf("%+v found somebody of another community", tt.handle)
				}
			}
			if _, _, err := tx.Find("c", muster.Handle{By: "scent", Value: "musk"}); err == nil {
				t.Error("a handle of no kind is no error")
			}
			return nil
		})
	})
}

func TestDeletedAccountFreesItsNames(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		communities(t, st, "c")
		gone := account("c", 1)
		insert(t, st, gone)
		setDeleted := func(at time.Time) error {
			return st.Write(t.Context(), func(tx *store.Tx) error {
				return update(tx, "c", gone.ID, func(a *muster.Account) { a.DeletedAt = at })
			})
		}
		if err := setDeleted(start); err != nil {
			t.Fatal(err)
		}
		read(t, st, func(tx *store.Tx) error {
			for _, h := range []muster.Handle{muster.RefID(gone.ID)[0], muster.RefNumber(1)[0], muster.RefUsername("user1")[0], muster.RefIdentity("discord", "user1")[0]} {
				if _, found, err := tx.Find("c", h); found || err != nil {
					t.Errorf("%+v finds the deleted: %v", h, err)
				}
			}
			list, err := tx.Accounts("c", 0, 10)
			if len(list) > 0 {
				t.Errorf("the deleted are listed: %v", list)
			}
			return err
		})
		if a, err := readAccount(t, st, "c", gone.ID); err != nil || len(a.Identities) != 2 || len(a.Ranks) != 2 {
			t.Errorf("by its id it is not whole: %+v, %v", a, err)
		}
		// Its names are free, its number is not.
		heir := account("c", 2)
		heir.Username, heir.Email, heir.Identities[0].Value = gone.Username, gone.Email, "user1"
		insert(t, st, heir)
		again := account("c", 3)
		again.Number = 1
		wantCode(t, st.Write(t.Context(), func(tx *store.Tx) error { return tx.InsertAccount(again) }), muster.Conflict, "")
		// It cannot come back as long as another has its names.
		wantCode(t, setDeleted(time.Time{}), muster.Conflict, "")
		write(t, st, func(tx *store.Tx) error {
			return update(tx, "c", heir.ID, func(a *muster.Account) { a.Username, a.Email = "heir", "" })
		})
		wantCode(t, setDeleted(time.Time{}), muster.Conflict, "identities")
		write(t, st, func(tx *store.Tx) error {
			return update(tx, "c", heir.ID, func(a *muster.Account) { a.Identities = nil })
		})
		if err := setDeleted(time.Time{}); err != nil {
			t.Fatal(err)
		}
		read(t, st, func(tx *store.Tx) error {
			if id, found, err := tx.Find("c", muster.RefIdentity("discord", "user1")[0]); !found || id != gone.ID {
				t.Errorf("back again, it is not found by its name: %v", err)
			}
			return nil
		})
	})
}

func TestKeys(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		communities(t, st, "c", "other")
		want := muster.Key{ID: "k", Name: "Bot", Level: 4, Areas: []muster.Area{muster.AreaValues}, RankPower: muster.AnyRankPower, Owner: "o", PerMinute: 5,
			CreatedAt: start, ExpiresAt: start.Add(time.Hour)}
		put := func(c muster.CommunityID, k muster.Key, hash string) error {
			return st.Write(t.Context(), func(tx *store.Tx) error { return tx.InsertKey(c, k, hash) })
		}
		if err := put("c", want, "hash"); err != nil {
			t.Fatal(err)
		}
		other := want
		other.ID = "k2"
		wantCode(t, put("c", want, "hash2"), muster.Conflict, "id")
		wantCode(t, put("c", other, "hash"), muster.Conflict, "secret")
		wantCode(t, put("other", other, "hash"), muster.Conflict, "secret")
		if err := put("other", want, "hash3"); err != nil {
			t.Errorf("the id is taken by another community's key: %v", err)
		}
		used := start.Add(time.Minute)
		write(t, st, func(tx *store.Tx) error {
			return errors.Join(tx.TouchKey("c", "k", used), tx.TouchKey("c", "k", start), tx.RevokeKey("c", "k", start))
		})
		want.LastUsedAt, want.RevokedAt = used, start
		read(t, st, func(tx *store.Tx) error {
			keys, err := tx.Keys("c")
			if d := cmp.Diff([]muster.Key{want}, keys); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			c, id, found, e := tx.KeyEntry("hash")
			if c != "c" || id != "k" || !found || e != nil {
				t.Errorf("a revoked key's entry is %q %q %t %v", c, id, found, e)
			}
			if _, _, found, e := tx.KeyEntry("hash2"); found || e != nil {
				t.Errorf("the refused key has an entry, %v", e)
			}
			_, e = tx.Key("c", "k2")
			wantCode(t, e, muster.NotFound, "")
			return err
		})
		wantCode(t, put("c", other, "hash"), muster.Conflict, "secret") // never given out again
	})
}

func TestCommunities(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		communities(t, st, "b", "a")
		insertion := func(c muster.Community) error {
			return st.Write(t.Context(), func(tx *store.Tx) error { return tx.InsertCommunity(c) })
		}
		twin := community("a")
		twin.UUID = "new"
		wantCode(t, insertion(twin), muster.Conflict, "id")
		twin = community("c")
		twin.UUID = "uuid-a"
		wantCode(t, insertion(twin), muster.Conflict, "uuid")
		changed := community("a")
		changed.Name, changed.Settings.Dialects, changed.Settings.Owner = "New", nil, "o"
		write(t, st, func(tx *store.Tx) error { return tx.UpdateCommunity(changed) })
		read(t, st, func(tx *store.Tx) error {
			list, err := tx.Communities()
			if d := cmp.Diff([]muster.Community{changed, community("b")}, list); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			for name, code := range map[string]muster.Code{"a": "", "uuid-a": "", "A": muster.NotFound, "c": muster.NotFound, "new": muster.NotFound} {
				if c, err := tx.CommunityNamed(name); muster.CodeOf(err) != code || code == "" && c.ID != "a" {
					t.Errorf("named %s: %v, %v", name, c, err)
				}
			}
			return err
		})
	})
}

func TestNextNumber(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		communities(t, st, "c", "other")
		insert(t, st, account("c", 2))
		var got []int64
		next := func(fail error) {
			_ = st.Write(t.Context(), func(tx *store.Tx) error {
				n, err := tx.NextNumber("c")
				got = append(got, n)
				return errors.Join(err, fail)
			})
		}
		next(nil)
		next(errors.New("no"))
		next(nil)
		if d := cmp.Diff([]int64{1, 3, 3}, got); d != "" {
			t.Errorf("-want +got\n%s", d)
		}
	})
}

func TestHistory(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		communities(t, st, "c", "other")
		var want []muster.Change
		write(t, st, func(tx *store.Tx) error {
			for n := range 5 {
				c := &muster.Change{
					Community: "c", At: start.Add(time.Duration(n)), Deed: muster.DeedEdit, Account: muster.AccountID(fmt.Sprint("a", n%2)), Subject: "s", Batch: "b", Undoes: int64(n),
					By:     muster.Actor{Key: "k", Account: "o", Dialect: "d", RequestID: "r"},
					Before: muster.Members{Bio: muster.Some(""), Values: muster.Values{"f": nil}, Ranks: muster.Some[[]muster.Grant](nil)},
					After:  muster.Members{Definition: []byte(`{"a":1}`), Standing: muster.StandingEdit{Ban: muster.Some[*muster.Ban](nil), Joined: muster.Some(false)}},
				}
				tx.Record(c)
				tx.Record(&muster.Change{Community: "other", Account: "a0"})
				c.Before.Bio = muster.Some("too late") // what is recorded is recorded
				read := *c
				read.Seq, read.At, read.Before.Bio = int64(n+1), start, muster.Some("")
				want = append([]muster.Change{read}, want...)
			}
			return nil
		})
		pick := func(i ...int) (list []muster.Change) {
			for _, n := range i {
				list = append(list, want[5-n])
			}
			return list
		}
		read(t, st, func(tx *store.Tx) error {
			for _, tt := range []struct {
				account muster.AccountID
				before  int64
				limit   int
				want    []muster.Change
			}{
				{"", 0, 10, pick(5, 4, 3, 2, 1)},
				{"", 0, 2, pick(5, 4)},
				{"", 3, 10, pick(2, 1)},
				{"a0", 0, 10, pick(5, 3, 1)},
				{"a0", 5, 1, pick(3)},
				{"nobody", 0, 10, nil},
			} {
				got, err := tx.Changes("c", tt.account, tt.before, tt.limit)
				if d := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); d != "" || err != nil {
					t.Errorf("%+v: %v\n-want +got\n%s", tt, err, d)
				}
			}
			if c, err := tx.Change("c", 4); err != nil || c.Seq != 4 {
				t.Errorf("change 4 is %v, %v", c, err)
			}
			_, err := tx.Change("c", 6)
			wantCode(t, err, muster.NotFound, "")
			return nil
		})
	})
}

// Two processes may have the same file open: the server, and a command run
// beside it.
func TestTwoStoresOnOneFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "odd name?#%41")
	opened := make([]*store.Store, 2)
	var all sync.WaitGroup
	for i := range opened {
		all.Go(func() {
			var err error
			if opened[i], err = store.Open(t.Context(), dir); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
	server, command := opened[0], opened[1]
	mustertest.Unseal(t, server)
	mustertest.Unseal(t, command)
	communities(t, server, "c")
	labels := func(st *store.Store) (list []string) {
		read(t, st, func(tx *store.Tx) error {
			rules, err := tx.Rules("c")
			for _, r := range rules.Ranks {
				list = append(list, r.Label)
			}
			return err
		})
		return list
	}
	for n := range 4 { // each sees what the other did, at once
		label := fmt.Sprint("label ", n)
		write(t, opened[n%2], func(tx *store.Tx) error { return tx.PutRank("c", muster.Rank{ID: "r", Label: label}) })
		for _, st := range opened {
			if d := cmp.Diff([]string{label}, labels(st)); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		}
	}
	const each = 50
	for i, st := range opened {
		for n := range each {
			all.Go(func() {
				err := st.Write(t.Context(), func(tx *store.Tx) error {
					number, err := tx.NextNumber("c")
					if err == nil {
						err = tx.InsertAccount(account("c", number))
					}
					tx.Record(&muster.Change{Community: "c", Batch: fmt.Sprint(i, n)})
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	if err := errors.Join(server.Close(), command.Close()); err != nil {
		t.Fatal(err)
	}
	again := mustertest.Open(t, dir)
	read(t, again, func(tx *store.Tx) error {
		accounts, err := tx.Accounts("c", 0, 1000)
		if len(accounts) != 2*each || err != nil {
			t.Errorf("%d accounts, %v", len(accounts), err)
		}
		changes, err := tx.Changes("c", "", 0, 1000)
		seen := map[string]bool{}
		for i, c := range changes {
			if seen[c.Batch] = true; c.Seq != int64(2*each-i) {
				t.Errorf("change %d in place %d", c.Seq, 2*each-i)
			}
		}
		if len(seen) != 2*each {
			t.Errorf("%d changes of %d", len(seen), 2*each)
		}
		return err
	})
}

// What a job did to the catalogue before it failed must not be taken for the
// catalogue that the next change of it makes.
func TestRulesOfAFailedJob(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		communities(t, st, "c")
		no := errors.New("no")
		ranks := func(tx *store.Tx) (ids []muster.RankID) {
			rules, err := tx.Rules("c")
			for id := range rules.Ranks {
				ids = append(ids, id)
			}
			if err != nil {
				t.Error(err)
			}
			return ids
		}
		put := func(tx *store.Tx, id muster.RankID) {
			if err := tx.PutRank("c", muster.Rank{ID: id, Label: string(id)}); err != nil {
				t.Error(err)
			}
			ranks(tx)
		}
		err := st.Write(t.Context(), func(tx *store.Tx) error { put(tx, "failed"); return no })
		if !errors.Is(err, no) {
			t.Fatal(err)
		}
		want := func(tx *store.Tx, ids ...muster.RankID) {
			t.Helper()
			if d := cmp.Diff(ids, ranks(tx)); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		}
		write(t, st, func(tx *store.Tx) error { return tx.PutRank("c", muster.Rank{ID: "done", Label: "done"}) })
		read(t, st, func(tx *store.Tx) error { want(tx, "done"); return nil })
		write(t, st, func(tx *store.Tx) error {
			if err := tx.Sub(func() error { put(tx, "failed"); return no }); !errors.Is(err, no) {
				return err
			}
			if err := tx.DeleteRank("c", "done"); err != nil {
				return err
			}
			want(tx)
			return nil
		})
		read(t, st, func(tx *store.Tx) error { want(tx); return nil })
		// The same for a community that came to nothing, and then came.
		late := community("late")
		late.Settings.ActiveFromRanks = true
		active := func(tx *store.Tx) bool {
			rules, err := tx.Rules("late")
			if err != nil {
				t.Error(err)
			}
			return rules.ActiveFromRanks
		}
		_ = st.Write(t.Context(), func(tx *store.Tx) error { return errors.Join(tx.InsertCommunity(late), noneIf(active(tx)), no) })
		late.Settings.ActiveFromRanks = false
		write(t, st, func(tx *store.Tx) error { return tx.InsertCommunity(late) })
		read(t, st, func(tx *store.Tx) error {
			if active(tx) {
				t.Error("the settings of the community that came to nothing hold")
			}
			return nil
		})
	})
}

func noneIf(ok bool) error {
	if ok {
		return nil
	}
	return errors.New("it does not hold")
}

func TestCatalogue(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		communities(t, st, "c", "other")
		f := func(id muster.FieldID, key string) muster.Field {
			return muster.Field{ID: id, Key: key, Type: muster.TypeText, Default: muster.Text("d"), Pattern: "[a-z]*"}
		}
		write(t, st, func(tx *store.Tx) error {
			return errors.Join(tx.PutField("c", f("z", "k1")), tx.PutField("c", f("a", "k2")), tx.PutField("other", f("a", "k1")), tx.PutField("c", f("z", "k3")))
		})
		wantCode(t, st.Write(t.Context(), func(tx *store.Tx) error { return tx.PutField("c", f("n", "k2")) }), muster.Conflict, "key")
		order := func() (list []muster.FieldID, keys []string) {
			read(t, st, func(tx *store.Tx) error {
				rules, err := tx.Rules("c")
				for _, id := range rules.Order {
					list, keys = append(list, id), append(keys, rules.Fields[id].Key)
				}
				return err
			})
			return list, keys
		}
		ids, keys := order()
		if d := cmp.Diff([]muster.FieldID{"z", "a"}, ids) + cmp.Diff([]string{"k3", "k2"}, keys); d != "" {
			t.Errorf("-want +got\n%s", d)
		}
		write(t, st, func(tx *store.Tx) error { return tx.DeleteField("c", "z") })
		if ids, _ := order(); len(ids) != 1 || ids[0] != "a" {
			t.Errorf("got %v", ids)
		}
		a := account("c", 1)
		insert(t, st, a)
		gone := account("c", 2)
		gone.DeletedAt = start
		insert(t, st, gone)
		insert(t, st, account("other", 3))
		read(t, st, func(tx *store.Tx) error {
			holders, err := tx.Holders("c", "r1")
			if d := cmp.Diff([]muster.AccountID{a.ID, gone.ID}, holders); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			return err
		})
	})
}

func TestAccountsByPage(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		communities(t, st, "c")
		for _, n := range []int64{5, 1, 9, 3} {
			insert(t, st, account("c", n))
		}
		for _, tt := range []struct {
			after int64
			limit int
			want  []int64
		}{{0, 10, []int64{1, 3, 5, 9}}, {0, 2, []int64{1, 3}}, {3, 2, []int64{5, 9}}, {9, 5, nil}, {0, 0, nil}} {
			var got []int64
			read(t, st, func(tx *store.Tx) error {
				list, err := tx.Accounts("c", tt.after, tt.limit)
				for _, a := range list {
					got = append(got, a.Number)
				}
				return err
			})
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("%+v: -want +got\n%s", tt, d)
			}
		}
	})
}

func TestBindInstance(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		for _, value := range []string{"first", "second"} {
			write(t, st, func(tx *store.Tx) error {
				got, err := tx.BindInstance("secret", value)
				if got != "first" {
					t.Errorf("bound to %q", got)
				}
				return err
			})
		}
	})
}
