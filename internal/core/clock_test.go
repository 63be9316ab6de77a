package core_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// clocked gives a community two clock types and a game server.
func clocked(t *testing.T, w *world) {
	t.Helper()
	for _, c := range []muster.ClockType{{ID: "duty", Label: "Duty"}, {ID: "desk", Label: "Desk"}} {
		wantCode(t, w.Core.PutClockType(t.Context(), w.Admin, c), "", "")
	}
	_, err := w.Core.PutServer(t.Context(), w.Admin, muster.Server{Name: "one"})
	wantCode(t, err, "", "")
}

func TestClock(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		clocked(t, w)
		ada := w.Account(t, "ada", muster.Edit{})
		type want struct {
			changed, completed, forced bool
			kind                       string
			rows, running              int
		}
		for i, step := range []struct {
			wish muster.ClockWish
			want
		}{
			{muster.ClockWish{}, want{true, false, false, "duty", 1, 1}},                                             // over to in
			{muster.ClockWish{To: muster.ClockIn}, want{false, false, false, "duty", 1, 1}},                          // in already
			{muster.ClockWish{To: muster.ClockIn, Type: "Desk"}, want{true, false, false, "desk", 2, 1}},             // to another duty
			{muster.ClockWish{To: muster.ClockIn, Force: true}, want{true, false, true, "duty", 3, 1}},               // anew
			{muster.ClockWish{To: muster.ClockIn, Server: 1}, want{true, false, false, "", 1, 1}},                    // a clock of its own
			{muster.ClockWish{}, want{true, true, true, "duty", 3, 0}},                                               // over to out
			{muster.ClockWish{To: muster.ClockOut}, want{false, false, false, "", 3, 0}},                             // out already
			{muster.ClockWish{To: muster.ClockOut, Server: 1}, want{true, true, false, "", 1, 0}},                    // off the server
			{muster.ClockWish{To: muster.ClockIn, Force: true, Type: "desk"}, want{true, false, true, "desk", 4, 1}}, // forced in from out
		} {
			w.Clock.Advance(time.Minute)
			done, err := w.Core.Clock(t.Context(), w.Admin, muster.RefID(ada.ID), step.wish)
			if err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
			got := want{changed: done.Seq != 0}
			if done.Row != nil {
				got.completed, got.forced, got.kind = done.Row.Completed(), done.Row.Forced, done.Row.Type
			}
			_, rows, err := w.Core.ClockRows(t.Context(), w.Admin, muster.RefID(ada.ID), core.ClockQuery{Servers: step.wish.Server != 0, Server: step.wish.Server, Limit: 100})
			wantCode(t, err, "", "")
			got.rows = len(rows)
			for _, r := range rows {
				if !r.Completed() {
					got.running++
				}
			}
			if diff := cmp.Diff(step.want, got, cmp.AllowUnexported(want{})); diff != "" {
				t.Errorf("step %d (-want +got)\n%s", i, diff)
			}
		}
	})
}

func TestClockRefusals(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		clocked(t, w)
		ada, bob := w.Account(t, "ada", muster.Edit{}), w.Account(t, "bob", muster.Edit{})
		person := w.Caller(t, muster.Key{Level: muster.LevelUser, Owner: ada.ID})
		reader := w.Caller(t, key(muster.LevelReadAll))
		narrow := w.Caller(t, key(muster.LevelWriteSome, muster.AreaValues))
		for _, tt := range []struct {
			name   string
			by     muster.Caller
			ref    muster.Ref
			wish   muster.ClockWish
			code   muster.Code
			member string
		}{
			{"own", person, muster.RefID(ada.ID), muster.ClockWish{}, "", ""},
			{"another's", person, muster.RefID(bob.ID), muster.ClockWish{}, muster.Forbidden, ""},
			{"read only", reader, muster.RefID(ada.ID), muster.ClockWish{}, muster.Forbidden, ""},
			{"another area", narrow, muster.RefID(ada.ID), muster.ClockWish{}, muster.Forbidden, ""},
			{"nobody", w.Admin, muster.RefUsername("nobody"), muster.ClockWish{}, muster.NotFound, "ref"},
			{"no such type", w.Admin, muster.RefID(bob.ID), muster.ClockWish{Type: "night"}, muster.Invalid, "type"},
			{"no such server", w.Admin, muster.RefID(bob.ID), muster.ClockWish{Server: 9}, muster.NotFound, "server"},
		} {
			t.Run(tt.name, func(t *testing.T) {
				_, err := w.Core.Clock(t.Context(), tt.by, tt.ref, tt.wish)
				wantCode(t, err, tt.code, tt.member)
			})
		}
	})
}

// Who is put out is off every clock, and cannot begin again.
func TestClockOfWhoIsPutOut(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		clocked(t, w)
		ada := w.Account(t, "ada", muster.Edit{})
		ref := muster.RefID(ada.ID)
		for _, server := range []int64{0, 1} {
			_, err := w.Core.Clock(t.Context(), w.Admin, ref, muster.ClockWish{Server: server})
			wantCode(t, err, "", "")
		}
		w.Clock.Advance(time.Hour)
		_, err := w.Core.Kick(t.Context(), w.Admin, ref, 0)
		wantCode(t, err, "", "")
		for _, servers := range []bool{false, true} {
			_, rows, err := w.Core.ClockRows(t.Context(), w.Admin, ref, core.ClockQuery{Servers: servers, Limit: 10})
			if err != nil || len(rows) != 1 || !rows[0].Completed() || !rows[0].Forced || rows[0].End.Sub(rows[0].Start) != time.Hour {
				t.Errorf("servers %t: %+v, %v", servers, rows, err)
			}
		}
		_, err = w.Core.Clock(t.Context(), w.Admin, ref, muster.ClockWish{})
		wantCode(t, err, muster.Conflict, "clock")
	})
}

func TestServerStarted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		clocked(t, w)
		for _, name := range []string{"ada", "bob"} {
			v := w.Account(t, name, muster.Edit{})
			_, err := w.Core.Clock(t.Context(), w.Admin, muster.RefID(v.ID), muster.ClockWish{Server: 1})
			wantCode(t, err, "", "")
		}
		for _, want := range []int{2, 0} {
			ended, err := w.Core.ServerStarted(t.Context(), w.Admin, 1)
			if err != nil || len(ended) != want {
				t.Errorf("ended %d, %v; want %d", len(ended), err, want)
			}
		}
		_, err := w.Core.ServerStarted(t.Context(), w.Admin, 2)
		wantCode(t, err, muster.NotFound, "server")
	})
}
