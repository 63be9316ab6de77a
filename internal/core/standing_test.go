package core_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// byRanks makes ranks decide who is active, as Sonoran's communities do.
func (w *world) byRanks(t *testing.T) {
	t.Helper()
	_, err := w.Core.UpdateCommunity(t.Context(), w.Admin, func(c *muster.Community) { c.Settings.ActiveFromRanks = true })
	wantCode(t, err, "", "")
}

func heldIDs(v core.View) []muster.RankID {
	ids := []muster.RankID{}
	for _, r := range v.Held {
		ids = append(ids, r.ID)
	}
	return ids
}

// A kick and a ban take all ranks and say so in history; nobody is given
// ranks before being let in again, and then may have the former ones back.
func TestPutOutAndReadmit(t *testing.T) {
	for name, putOut := range map[string]func(*core.Core, muster.Caller, *testing.T, muster.Ref) (core.Result, error){
		"kick": func(c *core.Core, by muster.Caller, t *testing.T, ref muster.Ref) (core.Result, error) {
			t.Helper()
			return c.Kick(t.Context(), by, ref, 0)
		},
		"ban": func(c *core.Core, by muster.Caller, t *testing.T, ref muster.Ref) (core.Result, error) {
			t.Helper()
			return c.Ban(t.Context(), by, ref, muster.Ban{Reason: "karaoke"}, 0)
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				w.byRanks(t)
				ada := w.Account(t, "ada", muster.Edit{Ranks: muster.RankEdit{Add: ranks("member", "officer", "chief")}})
				ref := muster.RefID(ada.ID)
				out, err := putOut(w.Core, w.Admin, t, ref)
				wantCode(t, err, "", "")
				s := out.View.Standing
				if s.Active || len(out.View.Held) != 0 || s.Joined != (name == "ban") || s.Archived != (name == "kick") || (s.Ban != nil) != (name == "ban") {
					t.Errorf("put out: %+v, %v", s, out.View.Held)
				}
				list, err := w.Core.History(t.Context(), w.Admin, core.HistoryQuery{Limit: 1})
				if err != nil || list[0].Seq != out.Seq || len(list[0].Before.Ranks.Value) != 3 {
					t.Errorf("history: %+v, %v", list, err)
				}
				_, err = w.Core.Edit(t.Context(), w.Admin, ref, setRanks("member"))
				wantCode(t, err, muster.Conflict, "ranks")
				wantCode(t, w.Core.DeleteRank(t.Context(), w.Admin, "chief"), "", "")

				back, err := w.Core.Readmit(t.Context(), w.Admin, ref, false, 0)
				wantCode(t, err, "", "")
				if len(back.View.Held) != 0 || !back.View.Standing.Joined || len(back.Former) != 2 || back.Former[0].ID != "officer" {
					t.Errorf("readmitted: %+v", back)
				}
				back, err = w.Core.Readmit(t.Context(), w.Admin, ref, true, 0)
				wantCode(t, err, "", "")
				if diff := cmp.Diff(ranks("officer", "member"), heldIDs(back.View)); diff != "" || !back.View.Standing.Active {
					t.Errorf("given back: %+v\n%s", back.View.Standing, diff)
				}
			})
		})
	}
}

// Nobody takes or gives back ranks above their own power, by whichever door.
func TestPutOutWithinPower(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.Account(t, "ada", muster.Edit{Ranks: muster.RankEdit{Add: ranks("chief")}})
		weak := w.Caller(t, muster.Key{Level: muster.LevelAdmin, RankPower: 50})
		_, err := w.Core.Kick(t.Context(), weak, muster.RefID(ada.ID), 0)
		wantCode(t, err, muster.Forbidden, "ranks")
		_, err = w.Core.Ban(t.Context(), w.Admin, muster.RefID(ada.ID), muster.Ban{}, 0)
		wantCode(t, err, "", "")
		_, err = w.Core.Ban(t.Context(), w.Admin, muster.RefID(ada.ID), muster.Ban{Until: w.Clock.Now()}, 0)
		wantCode(t, err, muster.Invalid, "standing.ban.until")
		_, err = w.Core.Readmit(t.Context(), weak, muster.RefID(ada.ID), true, 0)
		wantCode(t, err, muster.Forbidden, "ranks")
	})
}

// A rank or ban that runs out is over in lists and whitelists at once, and in
// history as a change that followers see.
func TestLapse(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.byRanks(t)
		until := w.Clock.Now().Add(time.Hour)
		edit := muster.Edit{Ranks: muster.RankEdit{Add: ranks("member"), Until: map[muster.RankID]time.Time{"member": until}}}
		ada := w.Account(t, "ada", edit)
		active := func() int64 {
			list, err := w.Core.List(t.Context(), w.Admin, core.ListQuery{Active: muster.Some(true), Take: 10})
			wantCode(t, err, "", "")
			return list.Total
		}
		if active() != 1 {
			t.Error("not active while the rank runs")
		}
		w.Clock.Advance(2 * time.Hour)
		if active() != 0 {
			t.Error("active after the rank ran out")
		}
		list, err := w.Core.History(t.Context(), w.Admin, core.HistoryQuery{Limit: 1})
		if err != nil || list[0].Account != ada.ID || len(list[0].Before.Ranks.Value) != 1 || list[0].By.Dialect != "time" {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

func TestList(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, name := range []string{"ada", "bob", "cem", "dee"} {
			w.Account(t, name, muster.Edit{})
		}
		_, err := w.Core.Kick(t.Context(), w.Admin, muster.RefUsername("bob"), 0)
		wantCode(t, err, "", "")
		_, err = w.Core.Ban(t.Context(), w.Admin, muster.RefUsername("cem"), muster.Ban{}, 0)
		wantCode(t, err, "", "")
		for _, tt := range []struct {
			name  string
			q     core.ListQuery
			want  []string
			total int64
		}{
			{"all", core.ListQuery{Take: 10}, []string{"ada", "bob", "cem", "dee"}, 4},
			{"a page", core.ListQuery{Skip: 1, Take: 2}, []string{"bob", "cem"}, 4},
			{"behind the end", core.ListQuery{Skip: 9, Take: 2}, nil, 4},
			{"joined", core.ListQuery{Joined: muster.Some(true), Take: 10}, []string{"ada", "cem", "dee"}, 3},
			{"archived", core.ListQuery{Archived: muster.Some(true), Take: 10}, []string{"bob"}, 1},
			{"banned", core.ListQuery{Banned: muster.Some(true), Take: 10}, []string{"cem"}, 1},
			{"joined and not banned", core.ListQuery{Joined: muster.Some(true), Banned: muster.Some(false), Take: 1}, []string{"ada"}, 2},
		} {
			list, err := w.Core.List(t.Context(), w.Admin, tt.q)
			wantCode(t, err, "", "")
			var names []string
			for _, v := range list.Accounts {
				names = append(names, v.Username)
			}
			if diff := cmp.Diff(tt.want, names); diff != "" || list.Total != tt.total {
				t.Errorf("%s: total %d\n%s", tt.name, list.Total, diff)
			}
		}
		_, err = w.Core.List(t.Context(), w.Admin, core.ListQuery{Skip: core.MaxSkip + 1})
		wantCode(t, err, muster.Invalid, "skip")
		_, err = w.Core.List(t.Context(), w.Caller(t, key(muster.LevelReadOne)), core.ListQuery{})
		wantCode(t, err, muster.Forbidden, "")
	})
}
