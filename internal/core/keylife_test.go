package core_test

import (
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
)

func TestRotateKey(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		k, first, err := w.Core.CreateKey(t.Context(), w.Admin, key(muster.LevelReadAll), "")
		wantCode(t, err, "", "")
		opens := func(secret string) bool {
			caller, err := w.Core.Authenticate(t.Context(), core.Credential{Secret: secret, Dialect: "test"})
			if err != nil {
				wantCode(t, err, muster.Unauthenticated, "key")
			}
			return err == nil && caller.Key == k.ID
		}
		dry := w.Admin
		dry.DryRun = true
		if _, secret, err := w.Core.RotateKey(t.Context(), dry, k.ID, 0); err != nil || secret != "" || !opens(first) {
			t.Errorf("a dry run: %q, %v", secret, err)
		}
		_, second, err := w.Core.RotateKey(t.Context(), w.Admin, k.ID, time.Hour)
		wantCode(t, err, "", "")
		if !opens(first) || !opens(second) {
			t.Error("within the overlap both open")
		}
		_, third, err := w.Core.RotateKey(t.Context(), w.Admin, k.ID, 3*time.Hour)
		wantCode(t, err, "", "")
		if opens(first) || !opens(second) || !opens(third) {
			t.Error("the last two open, and no other")
		}
		w.Clock.Advance(3 * time.Hour)
		if opens(second) || !opens(third) {
			t.Error("behind the overlap only the last opens")
		}
		for _, secret := range []string{first, second, third} {
			_, _, err := w.Core.CreateKey(t.Context(), w.Admin, key(muster.LevelReadAll), secret)
			wantCode(t, err, muster.Conflict, "secret")
		}
		_, _, err = w.Core.RotateKey(t.Context(), w.Admin, k.ID, 31*24*time.Hour)
		wantCode(t, err, muster.Invalid, "overlap")
		_, _, err = w.Core.RotateKey(t.Context(), w.Caller(t, key(muster.LevelSupport)), k.ID, 0)
		wantCode(t, err, muster.Forbidden, "")
	})
}

// The secret that a key brought from elsewhere is one as others are: it opens
// as long as was said when it was replaced, and then no more, used or not.
func TestRotateKeyTakenOver(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		made, err := bcrypt.GenerateFromPassword([]byte("from elsewhere"), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		opens := func(id muster.KeyID, secret string) bool {
			caller, err := w.Core.Authenticate(t.Context(), core.Credential{Key: id, Secret: secret, Dialect: "test"})
			if err != nil {
				wantCode(t, err, muster.Unauthenticated, "key")
			}
			return err == nil && caller.Key == id
		}
		taken := func(id muster.KeyID, overlaps ...time.Duration) (secret string) {
			_, err := w.Core.TakeOverKey(t.Context(), w.Admin, muster.Key{ID: id, Level: muster.LevelReadAll}, string(made))
			wantCode(t, err, "", "")
			for _, overlap := range overlaps {
				_, secret, err = w.Core.RotateKey(t.Context(), w.Admin, id, overlap)
				wantCode(t, err, "", "")
			}
			return secret
		}
		for id, secret := range map[muster.KeyID]string{"at-once": taken("at-once", 0), "twice": taken("twice", time.Hour, time.Hour)} {
			if opens(id, "from elsewhere") || !opens(id, secret) {
				t.Errorf("%s: only the new one opens", id)
			}
		}
		later, secret := taken("later", time.Hour), taken("slowly", time.Hour)
		for range 2 {
			if !opens("slowly", "from elsewhere") || !opens("slowly", secret) {
				t.Error("within the overlap both open")
			}
		}
		w.Clock.Advance(time.Hour)
		if opens("slowly", "from elsewhere") || !opens("slowly", secret) || opens("later", "from elsewhere") || !opens("later", later) {
			t.Error("behind the overlap only the last opens")
		}
	})
}

func TestFreezeKey(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		k, secret, err := w.Core.CreateKey(t.Context(), w.Admin, key(muster.LevelReadAll), "")
		wantCode(t, err, "", "")
		opens := func() bool {
			_, err := w.Core.Authenticate(t.Context(), core.Credential{Secret: secret, Dialect: "test"})
			return err == nil
		}
		mustertest.ReadOnly(t, w.Core, w.ID)
		for _, frozen := range []bool{true, true, false, false} {
			_, err = w.Core.FreezeKey(t.Context(), w.Admin, k.ID, frozen)
			wantCode(t, err, "", "")
			if opens() == frozen {
				t.Errorf("frozen is %v, and it opens: %v", frozen, opens())
			}
		}
		wantCode(t, w.Core.RevokeKey(t.Context(), w.Admin, k.ID), "", "")
		_, err = w.Core.FreezeKey(t.Context(), w.Admin, k.ID, false)
		wantCode(t, err, muster.Conflict, "")
	})
}

func TestKeyByAddress(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		k := key(muster.LevelReadAll)
		k.Addresses = []string{"192.0.2.7", "198.51.100.0/24", "2001:db8::/32"}
		secret := w.Key(t, k)
		for address, want := range map[string]muster.Code{
			"192.0.2.7:80": "", "[::ffff:192.0.2.7]:80": "", "198.51.100.255:1": "", "[2001:db8::1]:1": "", "[2001:db8::1%eth0]:1": "",
			"192.0.2.8:80": muster.Forbidden, "[2001:db9::1]:1": muster.Forbidden, "": muster.Forbidden, "nonsense": muster.Forbidden,
		} {
			_, err := w.Core.Authenticate(t.Context(), core.Credential{Secret: secret, Dialect: "test", Address: address})
			wantCode(t, err, want, "")
		}
	})
}

func TestLimitHits(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		caller := w.Caller(t, key(muster.LevelReadAll))
		for range 3 {
			w.Core.LimitHit(caller)
		}
		for range 2 { // written once
			wantCode(t, w.Core.WriteLastUses(t.Context()), "", "")
		}
		k, err := w.Core.KeyBy(t.Context(), w.Admin, caller.Key)
		if err != nil || k.LimitHits != 3 {
			t.Errorf("%d hits, %v", k.LimitHits, err)
		}
	})
}
