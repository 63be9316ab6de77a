package core_test

import (
	"encoding/json"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/golang-jwt/jwt/v5"
	"github.com/pquerna/otp/totp"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/store"
)

var (
	here = core.Visitor{Dialect: mustertest.Dialect}
	form = core.LinkForm{Path: func(l core.LinkPath) string { return "/" + string(l.Kind) + "/" + l.ID + "/" + l.Check }}
)

// lively is a world in which people sign up and get mail.
func lively(t *testing.T, w *world) {
	t.Helper()
	secret(t, w.Core)
	_, err := w.Core.UpdateCommunity(t.Context(), w.Admin, func(c *muster.Community) {
		c.Settings.SignUp, c.Settings.FrontEnd = true, "https://front.example.org/app/"
	})
	if err != nil {
		t.Fatal(err)
	}
}

// mailed is the link of the last mail to an address.
func (w *world) mailed(t *testing.T, to string, kind muster.MailKind) core.LinkUse {
	t.Helper()
	m, _, err := w.Core.LastMail(t.Context(), w.Admin, to)
	if err != nil || m.Kind != kind {
		t.Fatalf("the last mail to %s is %+v, %v; want %s", to, m, err, kind)
	}
	w.Clock.Advance(1e6)
	parts := strings.Split(strings.TrimPrefix(m.Link, "https://front.example.org/app/"), "/")
	if len(parts) != 3 {
		t.Fatalf("the link is %s", m.Link)
	}
	return core.LinkUse{Visitor: here, ID: parts[1], Check: muster.Some(parts[2])}
}

func (w *world) signUp(t *testing.T, email string) (known bool, err error) {
	t.Helper()
	return w.Core.SignUp(t.Context(), core.SignUp{Visitor: here, Edit: muster.Edit{Email: muster.Some(email)}, Form: form})
}

func TestSignUp(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		secret(t, w.Core)
		_, err := w.signUp(t, "zoe@example.org")
		wantCode(t, err, muster.Forbidden, "sign_up")
		lively(t, w)
		_, err = w.signUp(t, "no address")
		wantCode(t, err, muster.Invalid, "email")
		_, err = w.signUp(t, " ")
		wantCode(t, err, muster.Invalid, "email")
		known, err := w.signUp(t, " zoe@example.org ")
		if wantCode(t, err, "", ""); known {
			t.Error("a new address is known")
		}
		use := w.mailed(t, "zoe@example.org", muster.MailSignUp)
		_, err = w.Core.SignInByLink(t.Context(), use, "")
		wantCode(t, err, muster.NotFound, "id") // it is another kind of link
		caller, err := w.Core.ConfirmSignUp(t.Context(), use, muster.Edit{Username: muster.Some("zoe")})
		wantCode(t, err, "", "")
		if v := w.account(t, caller.Account); v.Standing.SignIn != muster.SignInActive || v.Username != "zoe" || v.LastLogin.IsZero() {
			t.Errorf("%+v", v.Account)
		}
		_, err = w.Core.ConfirmSignUp(t.Context(), use, muster.Edit{})
		wantCode(t, err, muster.NotFound, "id")
		if known, err = w.signUp(t, "ZOE@example.org"); err != nil || !known {
			t.Errorf("known %t, %v", known, err)
		}
		w.mailed(t, "zoe@example.org", muster.MailSignUpKnown)
		w.edit(t, caller.Account, muster.Edit{Standing: muster.StandingEdit{SignIn: muster.Some(muster.DisabledByAdmin)}})
		w.unmailed(t, func() { _, err = w.signUp(t, "zoe@example.org") })
		wantCode(t, err, "", "")
	})
}

// unmailed fails where do has somebody mailed.
func (w *world) unmailed(t *testing.T, do func()) {
	t.Helper()
	count := func() int {
		list, err := w.Core.Mails(t.Context(), w.Admin, 1000)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	before := count()
	do()
	if after := count(); after != before {
		t.Errorf("%d mails were sent", after-before)
	}
}

// A link is good for its time, and not for whoever guesses its check.
func TestLinks(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		lively(t, w)
		sam := w.withPassword(t, "sam")
		mail := func() core.LinkUse {
			t.Helper()
			wantCode(t, w.Core.MailSignIn(t.Context(), here, "SAM", form, false), "", "")
			return w.mailed(t, "sam@example.org", muster.MailSignIn)
		}
		wantCode(t, w.Core.MailSignIn(t.Context(), here, "nobody", form, true), muster.Unauthenticated, "sign_in")
		w.unmailed(t, func() { wantCode(t, w.Core.MailSignIn(t.Context(), here, "nobody", form, false), "", "") })
		use := mail()
		guess := use
		guess.Check = muster.Some("0000000000000000")
		for range muster.MaxMisses {
			_, err := w.Core.SignInByLink(t.Context(), guess, "")
			wantCode(t, err, muster.Invalid, "check")
		}
		_, err := w.Core.SignInByLink(t.Context(), use, "")
		wantCode(t, err, muster.NotFound, "id")
		for _, id := range []string{"", "x", "00000000-0000-4000-8000-000000000000", "\x00", strings.ToUpper(sam.Username)} {
			guess.ID = id
			_, err := w.Core.SignInByLink(t.Context(), guess, "")
			wantCode(t, err, muster.NotFound, "id")
		}
		use = mail()
		wantCode(t, w.Core.LinkGood(t.Context(), use), "", "")
		caller, err := w.Core.SignInByLink(t.Context(), use, "")
		if wantCode(t, err, "", ""); caller.Account != sam.ID {
			t.Errorf("%+v", caller)
		}
		wantCode(t, w.Core.LinkGood(t.Context(), use), muster.NotFound, "id")
		use = mail()
		w.Clock.Advance(muster.SignInLife)
		_, err = w.Core.SignInByLink(t.Context(), use, "")
		wantCode(t, err, muster.NotFound, "id")
		wantCode(t, w.Core.ForgetExpired(t.Context()), "", "")
		use = mail()
		w.edit(t, sam.ID, muster.Edit{Standing: muster.StandingEdit{Ban: muster.Some(&muster.Ban{})}})
		_, err = w.Core.SignInByLink(t.Context(), use, "")
		wantCode(t, err, muster.Forbidden, "standing.ban")
	})
}

func TestResetPassword(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		lively(t, w)
		w.withPassword(t, "sam")
		token := w.token(t, "sam")
		wantCode(t, w.Core.MailReset(t.Context(), here, "sam@example.org", form), "", "")
		use := w.mailed(t, "sam@example.org", muster.MailPasswordReset)
		wantCode(t, w.Core.ResetPassword(t.Context(), use, password(t, "another")), "", "")
		wantCode(t, w.Core.ResetPassword(t.Context(), use, password(t, "another")), muster.NotFound, "id")
		_, err := w.bearer(t, token)
		wantCode(t, err, muster.Unauthenticated, "token")
		_, err = w.signIn(t, "sam", "secret")
		wantCode(t, err, muster.Unauthenticated, "sign_in")
		_, err = w.signIn(t, "sam", "another")
		wantCode(t, err, "", "")
	})
}

func (w *world) code(t *testing.T, secret string) string {
	t.Helper()
	w.Clock.Advance(30e9)
	code, err := totp.GenerateCode(secret, w.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// A code opens once, whichever way it is brought, and only beside the password.
func TestMFA(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		lively(t, w)
		sam := w.withPassword(t, "sam")
		caller, err := w.signIn(t, "sam", "secret")
		wantCode(t, err, "", "")
		_, _, err = w.Core.EnableMFA(t.Context(), caller, "000000")
		wantCode(t, err, muster.Conflict, "mfa")
		_, err = w.Core.PrepareMFA(t.Context(), w.Admin)
		wantCode(t, err, muster.Forbidden, "")
		setup, err := w.Core.PrepareMFA(t.Context(), caller)
		wantCode(t, err, "", "")
		first := w.code(t, setup.Secret)
		v, scratch, err := w.Core.EnableMFA(t.Context(), caller, first)
		if wantCode(t, err, "", ""); !v.MFA || len(scratch) != 8 {
			t.Fatalf("%t, %q", v.MFA, scratch)
		}
		try := func(password, code string) error {
			_, err := w.Core.SignIn(t.Context(), core.SignIn{Visitor: here, Name: "sam", Password: password, Code: code})
			return err
		}
		wantCode(t, try("secret", ""), muster.Forbidden, "mfa")
		wantCode(t, try("wrong", ""), muster.Unauthenticated, "sign_in") // who has no password is not told of codes
		wantCode(t, try("secret", first), muster.Unauthenticated, "mfa")
		code := w.code(t, setup.Secret)
		wantCode(t, try("wrong", code), muster.Unauthenticated, "sign_in")
		wantCode(t, try("secret", code), "", "")
		wantCode(t, try("secret", code), muster.Unauthenticated, "mfa")
		wantCode(t, try("secret", scratch[3]), "", "")
		wantCode(t, try("secret", scratch[3]), muster.Unauthenticated, "mfa")
		_, err = w.Core.DisableMFA(t.Context(), caller, "wrong", w.code(t, setup.Secret))
		wantCode(t, err, muster.Unauthenticated, "sign_in")
		_, err = w.Core.DisableMFA(t.Context(), caller, "secret", "000000")
		wantCode(t, err, muster.Unauthenticated, "mfa")
		v, err = w.Core.DisableMFA(t.Context(), caller, "secret", scratch[0])
		if wantCode(t, err, "", ""); v.MFA {
			t.Error("codes are still asked for")
		}
		wantCode(t, try("secret", ""), "", "")
		for _, ch := range w.history(t, w.Admin) {
			text, err := json.Marshal(ch)
			if err != nil || strings.Contains(string(text), setup.Secret) || strings.Contains(string(text), scratch[1]) {
				t.Errorf("history: %s, %v", text, err)
			}
		}
		_ = sam
	})
}

// The wish for an address of somebody else's comes to nothing, and tells
// nobody whose it is.
func TestEmailChange(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		lively(t, w)
		sam, kim := w.withPassword(t, "sam"), w.withPassword(t, "kim")
		caller, err := w.signIn(t, "sam", "secret")
		wantCode(t, err, "", "")
		ask := func(address string) error {
			_, err := w.Core.Change(t.Context(), caller, []core.Target{{Ref: muster.RefID(sam.ID), NewEmail: &core.NewEmail{Address: address, Form: form}}}, core.Options{Atomic: true})
			return err
		}
		wantCode(t, ask("nonsense"), muster.Invalid, "email")
		wantCode(t, ask("kim@example.org"), "", "")
		_, err = w.Core.ConfirmEmail(t.Context(), caller, w.mailed(t, "kim@example.org", muster.MailEmailConfirm))
		wantCode(t, err, muster.Conflict, "email")
		wantCode(t, ask("sam@example.net"), "", "")
		use := w.mailed(t, "sam@example.net", muster.MailEmailConfirm)
		other, err := w.signIn(t, "kim", "secret")
		wantCode(t, err, "", "")
		_, err = w.Core.ConfirmEmail(t.Context(), other, use)
		wantCode(t, err, muster.NotFound, "id")
		if m, _, err := w.Core.LastMail(t.Context(), w.Admin, "sam@example.org"); err != nil || m.Kind != muster.MailEmailTold || m.NewEmail != "sam@example.net" {
			t.Errorf("%+v, %v", m, err)
		}
		v, err := w.Core.ConfirmEmail(t.Context(), caller, use)
		if wantCode(t, err, "", ""); v.Email != "sam@example.net" || w.account(t, kim.ID).Email != "kim@example.org" {
			t.Errorf("%q", v.Email)
		}
	})
}

// Erasing leaves who did what to which id, and nothing of whom.
func TestErase(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		lively(t, w)
		sam := w.withPassword(t, "sam")
		w.edit(t, sam.ID, muster.Edit{
			Bio: muster.Some("about sam"), Values: muster.Values{"own": muster.Text("sam's own"), "text": muster.Text("sam's text")}, Ranks: muster.RankEdit{Add: ranks("member")},
			Identities: muster.IdentityEdit{Add: []muster.Identity{{Provider: muster.ProviderDiscord, Value: "sam-discord"}}},
		})
		caller, err := w.signIn(t, "sam", "secret")
		wantCode(t, err, "", "")
		key := w.Key(t, muster.Key{Name: "sam's key", Level: muster.LevelUser, Owner: sam.ID})
		_, err = w.Core.Erase(t.Context(), w.Caller(t, muster.Key{Level: muster.LevelUser}), muster.RefID(sam.ID), 0)
		wantCode(t, err, muster.Forbidden, "")
		seq, err := w.Core.Erase(t.Context(), caller, muster.RefID(sam.ID), 0)
		wantCode(t, err, "", "")
		if last := w.last(t); last.Seq != seq || last.Deed != muster.DeedErase || last.Account != sam.ID || last.By.Account != sam.ID {
			t.Errorf("%+v", last)
		}
		var changes int
		for _, ch := range w.history(t, w.Admin) {
			text, err := json.Marshal(ch)
			if err != nil || strings.Contains(string(text), "sam") {
				t.Errorf("history: %s, %v", text, err)
			}
			if ch.Account == sam.ID && ch.Deed == muster.DeedEdit && ch.After.Bio.Set {
				changes++
			}
		}
		if changes != 1 {
			t.Errorf("%d changes tell that the bio was set, want 1", changes)
		}
		if left := w.stored(t, sam.ID); left.Username+left.Email+left.Bio+left.Name != "" || len(left.Identities)+len(left.Values)+len(left.Ranks) > 0 {
			t.Errorf("%+v", left)
		}
		_, err = w.Core.Authenticate(t.Context(), core.Credential{Secret: key, Dialect: mustertest.Dialect})
		wantCode(t, err, muster.Unauthenticated, "key")
		_, err = w.Core.Undo(t.Context(), w.Admin, seq, core.UndoOptions{Force: true})
		wantCode(t, err, muster.Invalid, "seq")
		_, err = w.Core.Erase(t.Context(), w.Admin, muster.RefID(sam.ID), 0)
		wantCode(t, err, muster.Conflict, "")
		w.withPassword(t, "sam") // the names are free again
		m, _, err := w.Core.LastMail(t.Context(), w.Admin, "sam@example.org")
		if err != nil || m.Kind != muster.MailRemoved || !m.Forget {
			t.Errorf("%+v, %v", m, err)
		}
	})
}

// What was written in the same transaction as the erasure says nothing either.
func TestEraseAmongNeighbours(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sam := w.Account(t, "sam", muster.Edit{})
		change := &muster.Change{Deed: muster.DeedEdit, Account: sam.ID, Community: w.ID, After: muster.Members{Bio: muster.Some("about sam")}}
		err := w.store.Write(t.Context(), func(tx *store.Tx) error {
			tx.Record(change)
			tx.Record(&muster.Change{Deed: muster.DeedErase, Account: sam.ID, Community: w.ID})
			return nil
		})
		wantCode(t, err, "", "")
		for _, ch := range w.history(t, w.Admin) {
			if ch.Seq == change.Seq && (ch.After.Bio.Value != "" || !ch.After.Bio.Set) {
				t.Errorf("%+v", ch)
			}
		}
	})
}

// Members stay signed in with the tokens of the server that they come from.
func TestForeignTokens(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		lively(t, w)
		sam := w.withPassword(t, "sam")
		sign := func(change func(jwt.MapClaims), secret string) string {
			claims := jwt.MapClaims{"_id": sam.Number, "iss": "https://old.example.org", "aud": "https://old.example.org/1", "iat": w.Clock.Now().Unix() + 1, "exp": w.Clock.Now().Unix() + 3600}
			change(claims)
			token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
			if err != nil {
				t.Fatal(err)
			}
			return token
		}
		keep := func(jwt.MapClaims) {}
		token := sign(keep, "old secret")
		w.Clock.Advance(2e9)
		_, err := w.bearer(t, token)
		wantCode(t, err, muster.Unauthenticated, "token")
		take := core.ForeignTokens{Issuer: "https://old.example.org", Audience: "https://old.example.org/1", Secret: "old secret"}
		wantCode(t, w.Core.SetForeignTokens(t.Context(), w.Admin, core.ForeignTokens{Secret: "x"}), muster.Invalid, "issuer")
		wantCode(t, w.Core.SetForeignTokens(t.Context(), w.Admin, take), "", "")
		caller, err := w.bearer(t, token)
		if wantCode(t, err, "", ""); caller.Account != sam.ID || caller.Level != muster.LevelUser {
			t.Errorf("%+v", caller)
		}
		for name, bad := range map[string]string{
			"another secret": sign(keep, "another"),
			"another server": sign(func(c jwt.MapClaims) { c["iss"] = "https://elsewhere.example.org" }, "old secret"),
			"nobody":         sign(func(c jwt.MapClaims) { c["_id"] = 999_999 }, "old secret"),
			"expired":        sign(func(c jwt.MapClaims) { c["exp"] = w.Clock.Now().Unix() - 1 }, "old secret"),
		} {
			if _, err := w.bearer(t, bad); muster.CodeOf(err) != muster.Unauthenticated {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.Clock.Advance(1e9)
		_, err = w.Core.Change(t.Context(), w.Admin, []core.Target{{Ref: muster.RefID(sam.ID), Password: password(t, "another")}}, core.Options{Atomic: true})
		wantCode(t, err, "", "")
		_, err = w.bearer(t, token)
		wantCode(t, err, muster.Unauthenticated, "token")
		for _, ch := range w.history(t, w.Admin) {
			if text, err := json.Marshal(ch); err != nil || strings.Contains(string(text), "old secret") {
				t.Errorf("history: %s, %v", text, err)
			}
		}
	})
}

// A key of another server is good from its first use on, and its hash is gone.
func TestTakeOverKey(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sam := w.withPassword(t, "sam")
		const id = "7d3f8a52-0e6b-4c0f-8f0e-2f1d9b7c4a63"
		_, err := w.Core.TakeOverKey(t.Context(), w.Admin, muster.Key{ID: id, Level: muster.LevelUser, Owner: sam.ID}, "nonsense")
		wantCode(t, err, muster.Invalid, "password")
		made, err := bcrypt.GenerateFromPassword([]byte("old secret"), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Core.TakeOverKey(t.Context(), w.Admin, muster.Key{ID: id, Level: muster.LevelUser, Owner: sam.ID}, string(made))
		wantCode(t, err, "", "")
		enter := func(secret string) error {
			caller, err := w.Core.Authenticate(t.Context(), core.Credential{Key: muster.KeyID(strings.ToUpper(id)), Secret: secret, Dialect: mustertest.Dialect})
			if err == nil && caller.Account != sam.ID {
				t.Errorf("%+v", caller)
			}
			return err
		}
		wantCode(t, enter("wrong"), muster.Unauthenticated, "key")
		for range 2 {
			wantCode(t, enter("old secret"), "", "")
		}
		wantCode(t, enter("wrong"), muster.Unauthenticated, "key")
		var left string
		err = w.store.Read(t.Context(), func(tx *store.Tx) (err error) { left, err = tx.ForeignHash(w.ID, id); return err })
		if err != nil || left != "" {
			t.Errorf("%q, %v", left, err)
		}
		wantCode(t, w.Core.RevokeKey(t.Context(), w.Admin, id), "", "")
		wantCode(t, enter("old secret"), muster.Unauthenticated, "key")
	})
}
