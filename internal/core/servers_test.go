package core_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/muster-accounts/muster/internal/mustertest"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// Each whitelist lets in whom a user of it expects, and says why not.
func TestWhitelisted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		member := w.Account(t, "member", muster.Edit{Ranks: muster.RankEdit{Add: ranks("member")}})
		w.Account(t, "both", muster.Edit{Ranks: muster.RankEdit{Add: ranks("member", "officer")}})
		w.Account(t, "none", muster.Edit{})
		boss := w.Account(t, "boss", muster.Edit{})
		w.Account(t, "kicked", muster.Edit{})
		w.Account(t, "banned", muster.Edit{})
		_, err := w.Core.Kick(t.Context(), w.Admin, muster.RefUsername("kicked"), 0)
		wantCode(t, err, "", "")
		_, err = w.Core.Ban(t.Context(), w.Admin, muster.RefUsername("banned"), muster.Ban{}, 0)
		wantCode(t, err, "", "")
		_, err = w.Core.UpdateCommunity(t.Context(), w.Admin, func(c *muster.Community) { c.Settings.Owner = boss.ID })
		wantCode(t, err, "", "")
		for _, list := range []muster.Whitelist{
			{}, {Everybody: true}, {Ranks: ranks("Member")}, {Ranks: ranks("member"), Blocked: ranks("officer")}, {Everybody: true, Blocked: ranks("officer")},
		} {
			_, err := w.Core.PutServer(t.Context(), w.Admin, muster.Server{Name: "a server", Whitelist: list})
			wantCode(t, err, "", "")
		}
		const in, owner, out, blocked, unset = muster.Admitted, muster.AdmittedOwner, muster.NotListed, muster.Blocked, muster.NotSet
		for name, want := range map[string][5]muster.Admission{
			"member": {unset, in, in, in, in},
			"both":   {unset, in, in, blocked, blocked},
			"none":   {unset, in, out, out, in},
			"boss":   {owner, owner, owner, owner, owner},
			"kicked": {out, out, out, out, out},
			"banned": {blocked, blocked, blocked, blocked, blocked},
		} {
			for i, admission := range want {
				server := int64(i + 1)
				_, got, err := w.Core.Whitelisted(t.Context(), w.Admin, server, muster.RefUsername(name))
				if err != nil || got != admission {
					t.Errorf("%s on server %d: %s, %v; want %s", name, server, got, err, admission)
				}
				all, err := w.Core.Whitelist(t.Context(), w.Admin, server)
				wantCode(t, err, "", "")
				listed := false
				for _, v := range all {
					listed = listed || v.Username == name
				}
				if listed != admission.LetsIn() {
					t.Errorf("%s on server %d: listed %t", name, server, listed)
				}
			}
		}
		_, _, err = w.Core.Whitelisted(t.Context(), w.Admin, 9, muster.RefID(member.ID))
		wantCode(t, err, muster.NotFound, "server")
		_, _, err = w.Core.Whitelisted(t.Context(), w.Admin, 1, muster.RefUsername("nobody"))
		wantCode(t, err, muster.NotFound, "ref")
	})
}

// Clients that know a server's name and description alone replace the list
// and lose nothing else of it.
func TestSetServers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		guarded := muster.Server{Name: "one", Address: "192.0.2.1", Whitelist: muster.Whitelist{Ranks: ranks("member")}, ACE: json.RawMessage(`[{"a": 1}]`)}
		_, err := w.Core.PutServer(t.Context(), w.Admin, guarded)
		wantCode(t, err, "", "")
		_, err = w.Core.AddServers(t.Context(), w.Admin, []core.ServerWish{{Name: muster.Some("two")}})
		wantCode(t, err, "", "")
		wish := []core.ServerWish{{Name: muster.Some("one"), Description: muster.Some("d")}, {Name: muster.Some("three")}}

		writer := w.Caller(t, key(muster.LevelWriteSome))
		_, err = w.Core.SetServers(t.Context(), writer, wish)
		wantCode(t, err, muster.Forbidden, "") // it would delete the second
		list, err := w.Core.SetServers(t.Context(), w.Admin, wish)
		wantCode(t, err, "", "")
		guarded.ID, guarded.Description, guarded.ACE = 1, "d", json.RawMessage(`[{"a":1}]`)
		if diff := cmp.Diff([]muster.Server{guarded, {ID: 3, Name: "three"}}, list); diff != "" {
			t.Error(diff)
		}
		_, err = w.Core.SetServers(t.Context(), w.Admin, []core.ServerWish{{ID: 1}, {ID: 1}})
		wantCode(t, err, muster.Invalid, "servers.1.id")
		_, err = w.Core.AddServers(t.Context(), writer, []core.ServerWish{{Name: muster.Some("")}})
		wantCode(t, err, muster.Invalid, "servers.0.name")
	})
}

// A push secret is sealed at rest, comes back for the server's own machine
// only, and is nowhere in history.
func TestPushSecret(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, err := w.Core.PutServer(t.Context(), w.Admin, muster.Server{Name: "one"})
		wantCode(t, err, "", "")
		wantCode(t, w.Core.SetPushSecret(t.Context(), w.Admin, 1, "hush"), muster.Unavailable, "")
		wantCode(t, w.Core.BindSecret(t.Context(), mustertest.Secret(t)), "", "")
		wantCode(t, w.Core.SetPushSecret(t.Context(), w.Admin, 1, "hush"), "", "")
		got, err := w.Core.PushSecret(t.Context(), w.ID, 1)
		if err != nil || got != "hush" {
			t.Errorf("%q, %v", got, err)
		}
		s, err := w.Core.Server(t.Context(), w.Admin, 1)
		if err != nil || !s.HasPushSecret {
			t.Errorf("%+v, %v", s, err)
		}
		list, err := w.Core.History(t.Context(), w.Admin, core.HistoryQuery{Limit: 100})
		wantCode(t, err, "", "")
		for _, ch := range list {
			text, err := json.Marshal(ch)
			if err != nil || bytes.Contains(text, []byte("hush")) {
				t.Errorf("history: %s, %v", text, err)
			}
		}
		wantCode(t, w.Core.SetPushSecret(t.Context(), w.Admin, 1, ""), "", "")
		if got, err := w.Core.PushSecret(t.Context(), w.ID, 1); err != nil || got != "" {
			t.Errorf("%q, %v", got, err)
		}
	})
}
