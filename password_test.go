package muster_test

import (
	"strings"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
)

func TestCheckPassword(t *testing.T) {
	for _, good := range []string{"x", " ", "pass word", "пароль", strings.Repeat("é", 1000), "line\nline"} {
		wantError(t, muster.CheckPassword(good), "", "")
	}
	wantError(t, muster.CheckPassword(""), muster.Invalid, "password")
	wantError(t, muster.CheckPassword("a\x00b"), muster.Invalid, "password")
	wantError(t, muster.CheckPassword("\xff"), muster.Invalid, "password")
	wantError(t, muster.CheckPassword(strings.Repeat("x", 1001)), muster.TooLarge, "password")
}

func TestMaySignIn(t *testing.T) {
	active := muster.Standing{Joined: true, SignIn: muster.SignInActive}
	wantError(t, active.MaySignIn(), "", "")
	for part, change := range map[string]func(*muster.Standing){
		"standing.ban":      func(s *muster.Standing) { s.Ban = &muster.Ban{Until: time.Now()} },
		"standing.archived": func(s *muster.Standing) { s.Archived = true },
		"standing.joined":   func(s *muster.Standing) { s.Joined = false },
		"standing.sign_in":  func(s *muster.Standing) { s.SignIn = muster.DisabledBySelf },
	} {
		s := active
		change(&s)
		wantError(t, s.MaySignIn(), muster.Forbidden, part)
	}
	for _, state := range []muster.SignIn{muster.DisabledByAdmin, ""} {
		s := active
		s.SignIn = state
		wantError(t, s.MaySignIn(), muster.Forbidden, "standing.sign_in")
	}
	s := active
	s.SignIn = muster.SignInInactive
	wantError(t, s.MaySignIn(), muster.Forbidden, "standing.sign_in.inactive")
}

func TestSignsInAt(t *testing.T) {
	for level, want := range map[muster.Level]muster.Level{0: muster.LevelUser, 1: 1, 8: 8} {
		if got := (muster.Standing{Level: level}).SignsInAt(); got != want {
			t.Errorf("%d signs in at %d", level, got)
		}
	}
}
