package sonoran_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/dialect/sonoran"
)

// ask sends a request as demo-key, and wants an answer of this status that
// is as the contract describes it.
func (w *aWorld) ask(t *testing.T, status int, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	res := w.send(method, path, demo.Secret, body)
	if res.Code != status {
		t.Fatalf("%s %s: %d %s, want %d", method, path, res.Code, res.Body, status)
	}
	contract(t).Check(t, httptest.NewRequest(method, path, nil), []byte(body), res.Result())
	return res
}

func (w *aWorld) ask1(t *testing.T, status int, path, data string) *httptest.ResponseRecorder {
	t.Helper()
	return w.ask(t, status, http.MethodPost, path, `{"id":"demo","key":"demo-key","data":`+data+`}`)
}

// What a community has switched for its clients is answered so, and described.
func TestSwitches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, value, path, data string
		status                  int
		begins                  string
	}{
		{"sonoran.com_account", "array", "/general/get_com_account", `[{"uniqueId":1234}]`, 200, `[{"accId":"2f93e532`},
		{"sonoran.com_account", "object", "/general/get_com_account", `[{"uniqueId":1234}]`, 200, `{"accId":"2f93e532`},
		{"sonoran.created_status", "201", "/general/get_account_ranks", `[{"uniqueId":1001}]`, 201, `["2222`},
		{"sonoran.created_status", "201", "/general/check_com_apiid", `[{"apiId":"SOME_API_ID"}]`, 201, `SOMEUSERNAME`},
		{"sonoran.created_status", "201", "/general/get_account_ranks", `[{"uniqueId":9999}]`, 400, `NO ACCOUNT FOUND`},
		{"sonoran.ace_config", "array", "/servers/get_ace_config", `{"serverId":1}`, 200, `{"success":true,"data":[]}`},
	} {
		t.Run(c.name+"="+c.value, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, err := w.core.UpdateCommunity(t.Context(), muster.Operator(demo.ID), func(community *muster.Community) {
				community.Settings.Switches = map[string]string{c.name: c.value}
			})
			if err != nil {
				t.Fatal(err)
			}
			if res := w.ask1(t, c.status, c.path, c.data); !strings.HasPrefix(res.Body.String(), c.begins) {
				t.Errorf("%s", res.Body)
			}
		})
	}
	if len(sonoran.Switches()) != 3 {
		t.Error("a switch is not tried here")
	}
}

// A change of ranks names what it can be taken back by, a positive integer;
// taking it back leaves later changes, and can be taken back itself.
func TestUndoOfRankChanges(t *testing.T) {
	t.Parallel()
	type undone struct {
		UndoID, OriginalLogID, ReversalUndoID string
		PreviousRanks, CurrentRanks           []string
	}
	w := newWorld(t)
	first := w.ask1(t, 200, "/general/set_account_ranks", `[{"uniqueId":1001,"add":["rank-1"]}]`).Header().Get("X-Undo-Id")
	w.ask1(t, 200, "/general/set_account_ranks", `[{"uniqueId":1001,"add":["RANK_UUID"]}]`)

	var v1 undone
	res := w.ask1(t, 200, "/general/undo_rank_change", `[{"undoId":"`+first+`","userId":"1001"}]`)
	if err := json.Unmarshal(res.Body.Bytes(), &v1); err != nil {
		t.Fatal(err)
	}
	if v1.UndoID != first || v1.OriginalLogID != first || strings.Join(v1.CurrentRanks, " ") != "RANK_UUID "+string(demo.PageRank) || len(v1.PreviousRanks) != 3 {
		t.Errorf("v1: %+v", v1)
	}
	var v2 struct{ Data undone }
	again := w.ask(t, 200, http.MethodPost, "/v2/community/rank-changes/"+first+"/undo", `{}`)
	if err := json.Unmarshal(again.Body.Bytes(), &v2); err != nil || v2.Data.ReversalUndoID != "" || len(v2.Data.PreviousRanks) != 2 {
		t.Errorf("again, when there is nothing left to take back: %+v, %v", v2, err)
	}
	res = w.ask(t, 200, http.MethodPost, "/v2/community/rank-changes/"+v1.ReversalUndoID+"/undo", "")
	if err := json.Unmarshal(res.Body.Bytes(), &v2); err != nil {
		t.Fatal(err)
	}
	if len(v2.Data.CurrentRanks) != 3 || len(v2.Data.PreviousRanks) != 2 || v2.Data.ReversalUndoID == "" {
		t.Errorf("v2: %+v", v2)
	}
}

// Times on a game server begin and end at one call each, and all end when the
// server starts anew.
func TestTimesOnServers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	status := func(body *bytes.Buffer) bool { return strings.Contains(body.String(), `"status":true`) }
	entry := `{"serverId":1,"uniqueId":1001}`
	for i, runs := range []bool{true, false, true} {
		w.clock.Advance(time.Minute)
		if got := status(w.ask1(t, 200, "/servers/activity_tracker_start_stop", entry).Body); got != runs {
			t.Errorf("call %d: runs %t", i, got)
		}
	}
	res := w.ask1(t, 200, "/servers/activity_tracker_server_start", `{"serverId":1}`)
	if body := res.Body.String(); !strings.Contains(body, `"clearReason":"All server activity`) || status(res.Body) {
		t.Error(body)
	}
	if !status(w.ask(t, 200, http.MethodPost, "/v2/community/servers/1/activity", `{"accId":"`+string(demo.PageID)+`"}`).Body) {
		t.Error("v2 does not begin one")
	}
	res = w.ask(t, 200, http.MethodGet, "/v2/community/accounts/"+string(demo.PageID)+"/activity/latest?type=activity&serverId=1", "")
	if n := strings.Count(res.Body.String(), `"serverId":1`); n != 3 {
		t.Errorf("%d rows", n)
	}
	if err := w.core.WriteLastUses(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s, err := w.core.Server(t.Context(), muster.Operator(demo.ID), 1); err != nil || s.LastContact.IsZero() {
		t.Errorf("%+v, %v", s, err)
	}
}

// A body that is too large, and a store that fails, in both eras.
func TestFailures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	large := `{"bio":"` + strings.Repeat("x", 2<<20) + `"}`
	w.ask(t, http.StatusRequestEntityTooLarge, http.MethodPatch, ranksPath, large)
	w.ask1(t, http.StatusBadRequest, "/general/set_account_ranks", large)
	if err := w.end(); err != nil {
		t.Fatal(err)
	}
	w.ask(t, http.StatusServiceUnavailable, http.MethodGet, ranksPath, "")
	w.ask1(t, http.StatusServiceUnavailable, "/general/get_account_ranks", `[{"uniqueId":1}]`)
}

// The set of before 2023 has a primary rank, which null takes, and secondary
// ones; a half that is not named stays.
func TestOldSet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct{ set, want string }{
		{`{"primary":"RANK_UUID","secondary":["rank-1"]}`, `["RANK_UUID","rank-1"]`},
		{`{"primary":null}`, `["rank-1"]`},
		{`{"secondary":["` + string(demo.PageRank) + `"]}`, `["` + string(demo.PageRank) + `","rank-1"]`},
		{`{"primary":null,"secondary":[]}`, `[]`},
	} {
		res := w.ask1(t, 200, "/general/set_account_ranks", `[{"accountId":"`+string(demo.V1ID)+`","set":`+c.set+`}]`)
		if res.Body.String() != c.want {
			t.Errorf("%s: %s, want %s", c.set, res.Body, c.want)
		}
	}
	w.ask1(t, 400, "/general/set_account_ranks", `[{"uniqueId":1234,"set":{"other":1}}]`)
}
