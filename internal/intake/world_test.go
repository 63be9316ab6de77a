package intake

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/store"
)

const (
	ada, bob, eve, gil muster.AccountID = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b",
		"00000000-0000-4000-8000-00000000000e", "00000000-0000-4000-8000-000000000001"
	secret   = "a secret that is long enough for a key"
	hush     = "hush hush"
	password = "correct horse battery"
)

// opened is a store with a core that has the secret.
func opened(t *testing.T, e mustertest.Engine) (*store.Store, *core.Core) {
	t.Helper()
	st := e.New(t).Open(t)
	c := core.New(st, mustertest.NewClock().Now)
	mustertest.BindSecret(t, c)
	return st, c
}

// full is a community with something of everything that is exported.
func full(t *testing.T, e mustertest.Engine) *core.Core {
	t.Helper()
	return fullIn(t, e.New(t).Open(t))
}

// fullIn is full in a store.
func fullIn(t *testing.T, st *store.Store) *core.Core {
	t.Helper()
	c := core.New(st, mustertest.NewClock().Now)
	mustertest.BindSecret(t, c)
	w := mustertest.NewCommunityIn(t, c, mustertest.NewClock(), "c")
	ctx, by := t.Context(), w.Admin
	kept, err := core.NewPassword(ctx, password)
	if err != nil {
		t.Fatal(err)
	}
	at := mustertest.Start
	_, err = c.Create(ctx, by, []core.NewAccount{
		{ID: ada, Number: 7, Custom: true, LastLogin: at, Password: kept, JoinedAt: at.Add(-time.Hour), Edit: muster.Edit{
			Username: muster.Some("Ada <&>"), Email: muster.Some("ada@example.org"), Bio: muster.Some("two\nlines"), Language: muster.Some("de"),
			Values: muster.Values{
				"text": muster.Text("x"), "text_list": muster.List{"y", "z"}, "number": muster.Number(1.5), "boolean": muster.Bool(false), "secret": muster.Text("s"),
			},
			Standing: muster.StandingEdit{Active: muster.Some(true)},
			Ranks:    muster.RankEdit{Add: []muster.RankID{"member", "chief"}, Until: map[muster.RankID]time.Time{"chief": at.Add(time.Hour)}},
			Identities: muster.IdentityEdit{Add: []muster.Identity{
				{Provider: "discord", Value: "111122223333444455", Verified: true, Metadata: []byte(`{"a":"<b>"}`)}, {Provider: "ip", Value: "192.0.2.1", Flag: "!"},
			}},
		}},
		{ID: bob, Edit: muster.Edit{Username: muster.Some("bob"), Values: muster.Values{"account": muster.Awaited("later@example.org")}}},
		{ID: eve, Clock: []muster.ClockRow{{ID: "past", Type: "duty", Server: 9, Start: at, End: at.Add(time.Hour), Notes: []string{"late"}, Forced: true}},
			Edit: muster.Edit{Username: muster.Some("eve"), Standing: muster.StandingEdit{Archived: muster.Some(true), Level: muster.Some[muster.Level](6)}}},
		{ID: gil, Edit: muster.Edit{Username: muster.Some("gil"), Email: muster.Some("gil@example.org")}},
	})
	content := []byte("not looked into here")
	sum := sha256.Sum256(content)
	picture := hex.EncodeToString(sum[:]) + ".png"
	server, e1 := c.PutServer(ctx, by, muster.Server{Name: "Game", Address: "192.0.2.9", Port: 80, Whitelist: muster.Whitelist{Ranks: []muster.RankID{"chief"}}})
	_, _, e2 := c.CreateKey(ctx, by, muster.Key{ID: "k", Name: "K", Level: 8, RankPower: muster.AnyRankPower, PerMinute: 9}, secret)
	_, e3 := c.TakeOverKey(ctx, by, muster.Key{ID: "00000000-0000-4000-8000-0000000000ff", Owner: ada, Level: 4}, foreignHash)
	_, e4 := c.Clock(ctx, by, muster.RefID(ada), muster.ClockWish{To: muster.ClockIn})
	_, e5 := c.Edit(ctx, by, muster.RefID(bob), muster.BanEdit(muster.Ban{Reason: "why", Until: at.Add(24 * time.Hour)}))
	_, e6 := c.Delete(ctx, by, muster.RefID(eve))
	_, e7 := c.Erase(ctx, by, muster.RefID(gil))
	for _, err := range []error{
		err, e1, e2, e3, e4, e5, e6, e7, c.SetPushSecret(ctx, by, server.ID, hush),
		c.PutDepartment(ctx, by, muster.Department{ID: "d", Label: "Staff", LabelTwo: "S"}), c.PutClockType(ctx, by, muster.ClockType{ID: "duty", Label: "Duty"}),
		c.PutFlow(ctx, by, muster.Flow{ID: "f", LabelFrom: "Member", LabelTo: "Chief", Add: []muster.RankID{"chief"}, Remove: []muster.RankID{"member"}, Direction: muster.FlowBoth}),
		c.SetForeignTokens(ctx, by, core.ForeignTokens{Secret: "another's secret, of 32 bytes and more", Issuer: "i", Audience: "a"}),
		c.WriteLastUses(ctx),
		st.Write(ctx, func(t *store.Tx) error {
			return errors.Join(t.PutImage("c", ada, picture, content, at), t.PutMFA("c", ada, store.MFA{Secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", Step: 3}), t.SetMFA("c", ada, true))
		}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	seen := muster.IdentityEdit{Add: []muster.Identity{{Provider: "ip", Value: "192.0.2.1", Flag: "?"}}}
	if _, err := c.Edit(ctx, by, muster.RefID(ada), muster.Edit{
		Picture: muster.Some(picture), Identities: seen, Values: muster.Values{"account": muster.Text(bob)},
	}); err != nil {
		t.Fatal(err)
	}
	further(t, c, by)
	return c
}

// further does what a community comes to have with time.
func further(t *testing.T, c *core.Core, by muster.Caller) {
	t.Helper()
	ctx, person, at := t.Context(), by, mustertest.Start
	person.Key, person.Account, person.RequestID = "k", ada, "req"
	key := muster.Key{ID: "r", Level: 3, Areas: []muster.Area{muster.AreaRanks}, Addresses: []string{"192.0.2.0/24"}, ExpiresAt: at.Add(time.Hour)}
	server, e1 := c.PutServer(ctx, by, muster.Server{Name: "Other"})
	edited, e2 := c.Change(ctx, person, []core.Target{{Ref: muster.RefID(ada), Edit: muster.Edit{Bio: muster.Some("for a moment")}}}, core.Options{Atomic: true})
	_, _, e3 := c.CreateKey(ctx, by, key, "")
	for _, err := range []error{e1, e2, e3} {
		if err != nil {
			t.Fatal(err)
		}
	}
	c.Contact(by, server.ID)
	c.LimitHit(person)
	for _, step := range []func() error{
		func() error { _, err := c.Undo(ctx, person, edited[0].Seq, core.UndoOptions{}); return err },
		func() error { _, _, err := c.RotateKey(ctx, by, key.ID, time.Hour); return err },
		func() error { _, _, err := c.RotateKey(ctx, by, key.ID, time.Hour); return err },
		func() error { _, err := c.FreezeKey(ctx, by, key.ID, true); return err },
		func() error { _, _, err := c.CreateKey(ctx, by, muster.Key{ID: "gone"}, ""); return err },
		func() error { return c.RevokeKey(ctx, by, "gone") },
		func() error {
			_, _, err := c.CreateWebhook(ctx, by, "hook", core.WebhookWish{
				URL: muster.Some("https://example.org/hook"), Events: muster.Some([]muster.EventKind{"account.*"}), Members: muster.Some([]string{"values.text_key"}),
			}, hookSecret)
			return err
		},
		func() error { _, _, err := c.RotateWebhook(ctx, by, "hook", "", time.Hour); return err },
		func() error {
			_, err := c.Authenticate(ctx, core.Credential{Secret: secret, Dialect: mustertest.Dialect})
			return err
		},
		func() error { return c.WriteLastUses(ctx) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
}

const hookSecret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// foreignHash is bcrypt's of nothing in particular.
const foreignHash = "$2a$04$abcdefghijklmnopqrstuuE1mrnYy1H4EPJOwrpxhR7aNkTDzYuiK"

// everything is an export with all options.
var everything = core.ExportOptions{Hashes: true, Secrets: true}

func exported(t *testing.T, c *core.Core, id muster.CommunityID, o core.ExportOptions) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Export(t.Context(), c, id, o, &out, func(core.Size) {}, func() {}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
