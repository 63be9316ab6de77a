package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/store"
)

func TestPasswords(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		want := func(c muster.CommunityID, hash string, epoch int64) {
			t.Helper()
			read(t, st, func(tx *store.Tx) error {
				gotHash, gotEpoch, err := tx.Password(c, "a")
				if gotHash != hash || gotEpoch != epoch {
					t.Errorf("%s: %q of epoch %d, want %q of %d", c, gotHash, gotEpoch, hash, epoch)
				}
				return err
			})
		}
		want("c", "", 0)
		for _, step := range []struct {
			do    func(*store.Tx) error
			hash  string
			epoch int64
		}{
			{func(tx *store.Tx) error { return tx.VoidTokens("c", "a", time.UnixMicro(1)) }, "", 1},
			{func(tx *store.Tx) error { return tx.SetPassword("c", "a", "one", time.UnixMicro(1)) }, "one", 2},
			{func(tx *store.Tx) error { return tx.SetPassword("c", "a", "two", time.UnixMicro(1)) }, "two", 3},
			{func(tx *store.Tx) error { return tx.Rehash("c", "a", "two", "three") }, "three", 3},
			{func(tx *store.Tx) error { return tx.Rehash("c", "a", "two", "late") }, "three", 3},
			{func(tx *store.Tx) error { return tx.VoidTokens("c", "a", time.UnixMicro(1)) }, "three", 4},
			{func(tx *store.Tx) error { return tx.SetPassword("other", "a", "x", time.UnixMicro(1)) }, "three", 4},
		} {
			write(t, st, step.do)
			want("c", step.hash, step.epoch)
		}
		want("other", "x", 1)
	})
}

func TestTouchLogin(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		communities(t, st, "c", "other")
		a := account("c", 1)
		insert(t, st, a)
		insert(t, st, account("other", 1))
		later := a.LastLogin.Add(time.Hour)
		for _, at := range []time.Time{later, start} { // the earlier one comes too late
			write(t, st, func(tx *store.Tx) error { return tx.TouchLogin("c", a.ID, at) })
		}
		if got, err := readAccount(t, st, "c", a.ID); err != nil || !got.LastLogin.Equal(later) || got.Rev != a.Rev {
			t.Errorf("%s, rev %d, %v", got.LastLogin, got.Rev, err)
		}
		if got, err := readAccount(t, st, "other", a.ID); err != nil || !got.LastLogin.Equal(a.LastLogin) {
			t.Errorf("the other community's: %s, %v", got.LastLogin, err)
		}
	})
}

func TestImages(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		communities(t, st, "c", "other")
		a := account("c", 1) // it shows p.png
		insert(t, st, a)
		insert(t, st, account("c", 2))
		insert(t, st, account("other", 1))
		content := "\x00\xff picture"
		write(t, st, func(tx *store.Tx) error {
			for range 2 { // the same again is no mistake
				if err := tx.PutImage("c", a.ID, "p.png", []byte(content), start); err != nil {
					return err
				}
			}
			return tx.PutImage("c", a.ID, "old.png", []byte("old"), start)
		})
		write(t, st, func(tx *store.Tx) error { // who uploads without end keeps the newest
			second := account("c", 2).ID
			for i := range 25 {
				if err := tx.PutImage("c", second, fmt.Sprint(i), []byte("x"), start.Add(time.Duration(i)*time.Second)); err != nil {
					return err
				}
			}
			for i := range 25 {
				if has, err := tx.HasImage("c", second, fmt.Sprint(i)); err != nil || has != (i >= 5) {
					t.Errorf("picture %d: %t, %v", i, has, err)
				}
			}
			return nil
		})
		shown := func(c muster.CommunityID, id muster.AccountID, name string) (got []byte, err error) {
			err = st.Read(t.Context(), func(tx *store.Tx) error { got, err = tx.Image(c, id, name); return err })
			return got, err
		}
		if got, err := shown("c", a.ID, "p.png"); err != nil || string(got) != content {
			t.Errorf("%q, %v", got, err)
		}
		second := account("c", 2).ID
		for _, tt := range []struct {
			c    muster.CommunityID
			id   muster.AccountID
			name string
		}{{"c", a.ID, "old.png"}, {"c", a.ID, "none.png"}, {"c", second, "p.png"}, {"other", a.ID, "p.png"}} {
			_, err := shown(tt.c, tt.id, tt.name)
			wantCode(t, err, muster.NotFound, "")
		}
		read(t, st, func(tx *store.Tx) error {
			for name, want := range map[string]bool{"p.png": true, "old.png": true, "none.png": false} {
				if has, err := tx.HasImage("c", a.ID, name); err != nil || has != want {
					t.Errorf("%s: %t, %v", name, has, err)
				}
			}
			return nil
		})
		write(t, st, func(tx *store.Tx) error {
			return update(tx, "c", a.ID, func(a *muster.Account) { a.DeletedAt = start })
		})
		_, err := shown("c", a.ID, "p.png")
		wantCode(t, err, muster.NotFound, "")
	})
}
