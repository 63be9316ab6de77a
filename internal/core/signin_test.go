package core_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/seal"
)

// onePixel is a GIF.
var onePixel = []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x01D\x00;")

// secret binds a core to a server's secret, which is what makes tokens.
func secret(t *testing.T, c *core.Core) seal.Secret {
	t.Helper()
	s := mustertest.Secret(t)
	if err := c.BindSecret(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return s
}

func password(t *testing.T, text string) *core.Password {
	t.Helper()
	p, err := core.NewPassword(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var signInActive = muster.Edit{Standing: muster.StandingEdit{SignIn: muster.Some(muster.SignInActive)}}

// withPassword is an account that signs in with "secret".
func (w *world) withPassword(t *testing.T, name string) core.View {
	t.Helper()
	a := w.Account(t, name, muster.Edit{Email: muster.Some(name + "@example.org")})
	_, err := w.Core.Change(t.Context(), w.Admin, []core.Target{{Ref: muster.RefID(a.ID), Edit: signInActive, Password: password(t, "secret")}}, core.Options{Atomic: true})
	if err != nil {
		t.Fatal(err)
	}
	return w.account(t, a.ID)
}

func (w *world) signIn(t *testing.T, name, password string) (muster.Caller, error) {
	t.Helper()
	return w.Core.SignIn(t.Context(), core.SignIn{Visitor: core.Visitor{Dialect: mustertest.Dialect}, Name: name, Password: password})
}

// token signs in and makes one.
func (w *world) token(t *testing.T, name string) string {
	t.Helper()
	caller, err := w.signIn(t, name, "secret")
	if err != nil {
		t.Fatal(err)
	}
	token, err := w.Core.Token(t.Context(), caller, nil)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (w *world) bearer(t *testing.T, token string) (muster.Caller, error) {
	t.Helper()
	return w.Core.AuthenticateToken(t.Context(), core.Credential{Secret: token, Dialect: mustertest.Dialect})
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		secret(t, w.Core)
		sam := w.withPassword(t, "sam")
		w.Account(t, "nopassword", signInActive)
		w.Clock.Advance(time.Hour)
		for _, name := range []string{"sam", " SAM ", "Sam@Example.org", string(sam.ID), strings.ToUpper(string(sam.ID)), strconv.FormatInt(sam.Number, 10)} {
			caller, err := w.signIn(t, name, "secret")
			if err != nil || caller.Account != sam.ID || caller.Level != muster.LevelUser || caller.Community != w.ID || caller.RankPower != 0 {
				t.Errorf("%q: %+v, %v", name, caller, err)
			}
		}
		if got := w.account(t, sam.ID); !got.LastLogin.Equal(w.Clock.Now()) || got.Rev != sam.Rev {
			t.Errorf("last login %s, rev %d", got.LastLogin, got.Rev)
		}
		for name, password := range map[string]string{"sam": "Secret", "nobody": "secret", "nopassword": "", "": "", "\x00": "secret"} {
			_, err := w.signIn(t, name, password)
			wantCode(t, err, muster.Unauthenticated, "sign_in")
		}
		_, err := w.Core.SignIn(t.Context(), core.SignIn{Visitor: core.Visitor{Community: "nowhere", Dialect: mustertest.Dialect}, Name: "sam", Password: "secret"})
		wantCode(t, err, muster.NotFound, "")
		_, err = w.Core.SignIn(t.Context(), core.SignIn{Visitor: core.Visitor{Dialect: "unserved"}, Name: "sam", Password: "secret"})
		wantCode(t, err, muster.NotFound, "dialect")
		mustertest.NewCommunityIn(t, w.Core, w.Clock, "second")
		_, err = w.signIn(t, "sam", "secret")
		wantCode(t, err, muster.Invalid, "community")
		for community, code := range map[string]muster.Code{"demo": "", "second": muster.Unauthenticated} {
			_, err := w.Core.SignIn(t.Context(), core.SignIn{Visitor: core.Visitor{Community: community, Dialect: mustertest.Dialect}, Name: "sam", Password: "secret"})
			if muster.CodeOf(err) != code {
				t.Errorf("in %s: %v", community, err)
			}
		}
		w.Core.Bar("x", "secret")
		_, err = w.Core.SignIn(t.Context(), core.SignIn{Visitor: core.Visitor{Community: "demo", Dialect: mustertest.Dialect}, Name: "sam", Password: "secret"})
		wantCode(t, err, muster.Unauthenticated, "sign_in")
	})
}

// What keeps an account from signing in also ends its tokens, and they do not
// come back with the right.
func TestStandingEndsTokens(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		secret(t, w.Core)
		sam := w.withPassword(t, "sam")
		standing := func(s muster.StandingEdit) { t.Helper(); w.edit(t, sam.ID, muster.Edit{Standing: s}) }
		for field, s := range map[string][2]muster.StandingEdit{
			"standing.ban":      {{Ban: muster.Some(&muster.Ban{})}, {Ban: muster.Some[*muster.Ban](nil)}},
			"standing.archived": {{Archived: muster.Some(true)}, {Archived: muster.Some(false)}},
			"standing.joined":   {{Joined: muster.Some(false)}, {Joined: muster.Some(true)}},
			"standing.sign_in":  {{SignIn: muster.Some(muster.DisabledBySelf)}, {SignIn: muster.Some(muster.SignInActive)}},
		} {
			token := w.token(t, "sam")
			if _, err := w.bearer(t, token); err != nil {
				t.Fatal(field, err)
			}
			standing(s[0])
			_, err := w.signIn(t, "sam", "secret")
			wantCode(t, err, muster.Forbidden, field)
			_, err = w.signIn(t, "sam", "wrong")
			wantCode(t, err, muster.Unauthenticated, "sign_in")
			_, err = w.bearer(t, token)
			wantCode(t, err, muster.Unauthenticated, "token")
			standing(s[1])
			_, err = w.bearer(t, token)
			wantCode(t, err, muster.Unauthenticated, "token")
		}
		token := w.token(t, "sam")
		seq, err := w.Core.Delete(t.Context(), w.Admin, muster.RefID(sam.ID))
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.bearer(t, token)
		wantCode(t, err, muster.Unauthenticated, "token")
		_, err = w.signIn(t, "sam", "secret")
		wantCode(t, err, muster.Unauthenticated, "sign_in")
		if _, err := w.Core.Undo(t.Context(), w.Admin, seq, core.UndoOptions{}); err != nil {
			t.Fatal(err)
		}
		_, err = w.bearer(t, token)
		wantCode(t, err, muster.Unauthenticated, "token")
		w.token(t, "sam")
	})
}

// A ban that has run out still stands in the row; the next one ends tokens all
// the same. So it is with an account that has no password.
func TestEachBanEndsTokens(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		secret(t, w.Core)
		ban := func(id muster.AccountID, b *muster.Ban) {
			t.Helper()
			w.edit(t, id, muster.Edit{Standing: muster.StandingEdit{Ban: muster.Some(b)}})
		}
		sam := w.withPassword(t, "sam")
		ban(sam.ID, &muster.Ban{Until: w.Clock.Now().Add(time.Hour)})
		w.Clock.Advance(2 * time.Hour)
		bare := w.Account(t, "bare", signInActive)
		linked, err := w.Core.Token(t.Context(), muster.Caller{Community: w.ID, Account: bare.ID}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for id, token := range map[muster.AccountID]string{sam.ID: w.token(t, "sam"), bare.ID: linked} {
			if _, err := w.bearer(t, token); err != nil {
				t.Fatal(err)
			}
			ban(id, &muster.Ban{})
			ban(id, nil)
			_, err := w.bearer(t, token)
			wantCode(t, err, muster.Unauthenticated, "token")
		}
	})
}

func TestTokenOfAnotherCommunity(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		secret(t, w.Core)
		w.withPassword(t, "sam")
		token := w.token(t, "sam")
		mustertest.NewCommunityIn(t, w.Core, w.Clock, "second")
		for named, code := range map[string]muster.Code{"demo": "", "second": muster.Unauthenticated, "nowhere": muster.Unauthenticated} {
			_, err := w.Core.AuthenticateToken(t.Context(), core.Credential{Secret: token, Community: named, Dialect: mustertest.Dialect})
			if muster.CodeOf(err) != code {
				t.Errorf("named %s: %v", named, err)
			}
		}
	})
}

func TestTokens(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		s := secret(t, w.Core)
		sam := w.withPassword(t, "sam")
		token := w.token(t, "sam")
		restarted := core.New(w.store, w.Clock.Now)
		if err := restarted.BindSecret(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		caller, err := restarted.AuthenticateToken(t.Context(), core.Credential{Secret: token, Dialect: mustertest.Dialect})
		if err != nil || caller.Account != sam.ID || caller.Level != muster.LevelUser {
			t.Errorf("after a restart: %+v, %v", caller, err)
		}
		w.edit(t, sam.ID, muster.Edit{Standing: muster.StandingEdit{Level: muster.Some(muster.LevelAdmin)}, Ranks: muster.RankEdit{Add: ranks("chief")}})
		if caller, err = w.bearer(t, token); err != nil || caller.Level != muster.LevelAdmin || caller.RankPower == 0 {
			t.Errorf("the account's level of today: %+v, %v", caller, err)
		}
		_, err = w.Core.AuthenticateToken(t.Context(), core.Credential{Secret: token, Dialect: "unserved"})
		wantCode(t, err, muster.NotFound, "dialect")
		for _, bad := range []string{"", "x", token + "x", token[:len(token)-2], "demo-key"} {
			_, err := w.bearer(t, bad)
			wantCode(t, err, muster.Unauthenticated, "token")
		}
		change := func(p *core.Password) {
			t.Helper()
			_, err := w.Core.Change(t.Context(), w.Admin, []core.Target{{Ref: muster.RefID(sam.ID), Password: p}}, core.Options{Atomic: true})
			if err != nil {
				t.Fatal(err)
			}
		}
		change(password(t, "secret"))
		_, err = w.bearer(t, token)
		wantCode(t, err, muster.Unauthenticated, "token")
		token = w.token(t, "sam")
		w.Clock.Advance(core.TokenLife - time.Second)
		if _, err := w.bearer(t, token); err != nil {
			t.Error(err)
		}
		w.Clock.Advance(2 * time.Second)
		_, err = w.bearer(t, token)
		wantCode(t, err, muster.Unauthenticated, "token")
	})
}

// History tells that a password was set, by whom, and nothing of it; one
// change of several members is done whole or not at all.
func TestPasswordsAndPicturesInChanges(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		secret(t, w.Core)
		sam := w.withPassword(t, "sam")
		kim := w.withPassword(t, "kim")
		owner, err := w.bearer(t, w.token(t, "sam"))
		if err != nil {
			t.Fatal(err)
		}
		picture, err := core.NewPicture(t.Context(), onePixel)
		if err != nil {
			t.Fatal(err)
		}
		target := core.Target{Ref: muster.RefID(sam.ID), Edit: setBio("new"), Password: password(t, "changed"), Picture: picture}
		try := func(caller muster.Caller, target core.Target) error {
			_, err := w.Core.Change(t.Context(), caller, []core.Target{target}, core.Options{Atomic: true})
			return err
		}
		bad := target
		bad.Edit.Username = muster.Some("kim")
		wantCode(t, try(owner, bad), muster.Conflict, "username")
		others := target
		others.Ref = muster.RefID(kim.ID)
		wantCode(t, try(owner, others), muster.Forbidden, "")
		wantCode(t, try(owner, core.Target{Ref: muster.RefID(sam.ID), Edit: muster.Edit{Picture: muster.Some(picture.Name)}}), muster.Invalid, "picture")
		lifted := muster.Edit{Standing: muster.StandingEdit{Level: muster.Some(muster.LevelAdmin)}}
		wantCode(t, try(owner, core.Target{Ref: muster.RefID(sam.ID), Edit: lifted}), muster.Forbidden, "")
		wantCode(t, try(w.Caller(t, key(muster.LevelWriteSome)), core.Target{Ref: muster.RefID(sam.ID), Edit: lifted}), muster.Forbidden, "")
		if _, err := w.signIn(t, "sam", "secret"); err != nil {
			t.Error("a refused change has changed the password:", err)
		}
		if err := try(owner, target); err != nil {
			t.Fatal(err)
		}
		if _, err := w.signIn(t, "sam", "changed"); err != nil {
			t.Error(err)
		}
		v := w.account(t, sam.ID)
		content, err := w.Core.PictureContent(t.Context(), w.ID, sam.ID, v.Picture)
		if err != nil || string(content) != string(picture.Content) || v.PicturePath() != "/media/demo/"+string(sam.ID)+"/"+picture.Name {
			t.Errorf("%s: %d bytes, %v", v.PicturePath(), len(content), err)
		}
		history, err := w.Core.History(t.Context(), w.Admin, core.HistoryQuery{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(history)
		if err != nil || strings.Contains(string(text), "argon2") || strings.Contains(string(text), "changed") {
			t.Errorf("%v: %s", err, text)
		}
		if newest := history[1]; newest.Deed != muster.DeedCredential || newest.Subject != "password" || newest.Account != sam.ID || newest.By.Account != sam.ID {
			t.Errorf("%+v", newest)
		}
		_, err = w.Core.Undo(t.Context(), w.Admin, history[1].Seq, core.UndoOptions{})
		wantCode(t, err, muster.Invalid, "seq")
		if _, err := w.Core.Undo(t.Context(), w.Admin, history[0].Seq, core.UndoOptions{}); err != nil {
			t.Fatal(err)
		}
		if v := w.account(t, sam.ID); v.Bio != "" || v.Picture != "" {
			t.Errorf("after undo: %q, %q", v.Bio, v.Picture)
		}
		_, err = w.Core.PictureContent(t.Context(), w.ID, sam.ID, picture.Name)
		wantCode(t, err, muster.NotFound, "")
		w.edit(t, sam.ID, muster.Edit{Picture: muster.Some(picture.Name)}) // it had it once
	})
}

// Hashes of other systems are taken over, and replaced at the first sign-in.
func TestForeignPassword(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		secret(t, w.Core)
		kept, err := core.ForeignPassword("$2a$04$dwCtmX/jh7czXakRU68Yy.jkRuq0hCwOYBQmmXzQCW8roaHxLJhMK") // "secret"
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Core.Create(t.Context(), w.Admin, []core.NewAccount{{Password: kept, Edit: muster.Edit{
			Username: muster.Some("old"), Standing: signInActive.Standing,
		}}})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := w.signIn(t, "old", "secret"); err != nil {
				t.Error(err)
			}
		}
		_, err = core.ForeignPassword("secret")
		wantCode(t, err, muster.Invalid, "password")
		_, err = core.NewPassword(t.Context(), "")
		wantCode(t, err, muster.Invalid, "password")
	})
}

// A person makes keys for the own account, up to the own level.
func TestOwnKeys(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		secret(t, w.Core)
		sam := w.withPassword(t, "sam")
		kim := w.withPassword(t, "kim")
		owner, err := w.bearer(t, w.token(t, "sam"))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			key   muster.Key
			code  muster.Code
			field string
		}{
			{muster.Key{Owner: sam.ID, Level: muster.LevelUser}, "", ""},
			{muster.Key{Owner: sam.ID, Level: muster.LevelReadOne}, "", ""},
			{muster.Key{Owner: sam.ID, Level: muster.LevelUser + 1}, muster.Forbidden, "level"},
			{muster.Key{Owner: kim.ID, Level: muster.LevelReadOne}, muster.Forbidden, ""},
			{muster.Key{Level: muster.LevelReadOne}, muster.Forbidden, ""},
		} {
			made, shown, err := w.Core.CreateKey(t.Context(), owner, c.key, "")
			wantCode(t, err, c.code, c.field)
			if err != nil {
				continue
			}
			for id, code := range map[muster.KeyID]muster.Code{made.ID: "", "": "", muster.KeyID(strings.ToUpper(string(made.ID))): "", "other": muster.Unauthenticated} {
				caller, err := w.Core.Authenticate(t.Context(), core.Credential{Secret: shown, Key: id, Dialect: mustertest.Dialect})
				if muster.CodeOf(err) != code || code == "" && (caller.Account != sam.ID || caller.Level != c.key.Level) {
					t.Errorf("key %q: %+v, %v", id, caller, err)
				}
			}
			caller, err := w.Core.Authenticate(t.Context(), core.Credential{Secret: shown, Dialect: mustertest.Dialect})
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = w.Core.CreateKey(t.Context(), caller, muster.Key{Owner: sam.ID, Level: muster.LevelUser}, "")
			if wanted := c.key.Level == muster.LevelUser; (err == nil) != wanted {
				t.Errorf("a key of level %d makes one of level 4: %v", c.key.Level, err)
			}
		}
		_, shown, err := w.Core.CreateKey(t.Context(), owner, muster.Key{Owner: sam.ID, Level: muster.LevelUser}, "")
		if err != nil {
			t.Fatal(err)
		}
		w.edit(t, sam.ID, muster.Edit{Standing: muster.StandingEdit{SignIn: muster.Some(muster.DisabledByAdmin)}})
		_, err = w.Core.Authenticate(t.Context(), core.Credential{Secret: shown, Dialect: mustertest.Dialect})
		wantCode(t, err, muster.Unauthenticated, "key")
	})
}
