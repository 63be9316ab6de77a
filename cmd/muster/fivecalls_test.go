package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/mustertest"
)

// fiveCalls are the vendors' five pages, each sent to the same account, and
// what each dialect shows after it.
var fiveCalls = []struct {
	dialect      string
	method, path string
	body         string
	shows        map[string]string // by the name of a read: what its answer has in it
}{
	{
		"sonoran", http.MethodPost, "/general/edit_acc_profile_fields",
		`{"id":"demo","key":"fast-key","type":"EDIT_ACC_PROFLIE_FIELDS","data":[{"uniqueId":1234,"profileFields":[{"id":"` + string(demo.Certifications) + `","value":["some","strings"]}]}]}`,
		map[string]string{"v1": `"value":["some","strings"]`, "v2": `"value":["some","strings"]`, "communifire": `"Certifications":"some, strings"`},
	},
	{
		"sonoran", http.MethodPost, "/general/set_account_ranks",
		`{"id":"demo","key":"fast-key","type":"SET_ACCOUNT_RANKS","data":[{"uniqueId":1234,"set":["RANK_UUID","ANOTHER_RANK_UUID"],"add":["RANK_UUID"],"remove":["RANK_UUID"]}]}`,
		map[string]string{"v1": `"ranks":["ANOTHER_RANK_UUID"]`, "v2": `"ranks":["ANOTHER_RANK_UUID"]`, "communifire": `"RankName":"Photographer"`},
	},
	{
		"sonoran", http.MethodPatch, "/v2/community/accounts/" + string(demo.V1ID) + "/ranks", `{"accId":"x","add":["4298c76d-a1ee-46dc-b33c-8daf2e2280dd"],"active":true}`,
		map[string]string{
			"v1": `"ranks":["4298c76d-a1ee-46dc-b33c-8daf2e2280dd","ANOTHER_RANK_UUID"]`, "v2": `"ranks":["4298c76d-a1ee-46dc-b33c-8daf2e2280dd","ANOTHER_RANK_UUID"]`,
			"communifire": `"RankName":"Patrol Officer"`,
		},
	},
	{
		"communifire", http.MethodPost, "/api/users/fields?AddUser=false&token=fast-key",
		`{\ "UserID\" : \"1234\", \"Company\" : \"Axero Solutions\", \"Phone\" : \"5625551234\", \"Bio\" : \"From the intranet\" }`,
		map[string]string{
			"v1": `"value":"Axero Solutions"`, "v2": `"bio":"From the intranet"`, "communifire": `"Company":"Axero Solutions"`, "freesewing": `"bio":"From the intranet"`,
		},
	},
	{
		"freesewing", http.MethodPut, "/account/1234/key", `{"bio":"I like imperial now","imperial":true,"username":"ImperialLover"}`,
		map[string]string{
			"v1": `"accName":"ImperialLover"`, "v2": `"bio":"I like imperial now"`, "communifire": `"UserName":"ImperialLover"`,
			"freesewing": `"imperial":true,`,
		},
	},
}

// reads show the account, each in its dialect.
var reads = map[string]func() *http.Request{
	"v1": func() *http.Request {
		return httptest.NewRequest(http.MethodPost, "/general/get_com_account", strings.NewReader(`{"id":"demo","key":"fast-key","data":[{"uniqueId":1234}]}`))
	},
	"v2": func() *http.Request {
		return authorized(http.MethodGet, "/v2/community/accounts/"+string(demo.V1ID), "")
	},
	"communifire": func() *http.Request { return authorized(http.MethodGet, "/api/users/1234/details", "") },
	"freesewing":  func() *http.Request { return authorized(http.MethodGet, "/account/1234/key", "") },
}

// authorized is a request with the credential that its path's dialect takes.
func authorized(method, path, body string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	switch {
	case strings.HasPrefix(path, "/account/"):
		r.SetBasicAuth("admin", "admin-secret")
	case strings.HasPrefix(path, "/v2/"), strings.HasSuffix(path, "/details"):
		bearer(r)
	}
	return r
}

// TestFiveCalls changes one account through each of the vendors' calls in
// turn. Every dialect shows every change that it has a member for, history
// lists five changes with their callers and dialects, and undoing all five
// gives the first state back.
func TestFiveCalls(t *testing.T) {
	for _, e := range mustertest.Engines(t) {
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, e)
			before := w.shown(t)
			first, err := w.core.Account(t.Context(), muster.Operator(demo.ID), muster.RefID(demo.V1ID))
			if err != nil {
				t.Fatal(err)
			}
			for _, call := range fiveCalls {
				if res := w.send(authorized(call.method, call.path, call.body)); res.Code != http.StatusOK {
					t.Fatalf("%s %s: %d %s", call.method, call.path, res.Code, res.Body)
				}
				for read, answer := range w.shown(t) {
					if read == "communifire" && strings.Contains(answer, "Imperial units") {
						t.Errorf("Communifire's clients see FreeSewing's fields: %s", answer)
					}
					if want := call.shows[read]; !strings.Contains(answer, want) {
						t.Errorf("after %s, %s does not show %s:\n%s", call.path, read, want, answer)
					}
				}
			}
			changes := w.historyOf(t, first.ID, len(fiveCalls))
			for i, ch := range changes {
				call := fiveCalls[len(fiveCalls)-1-i]
				key, account := muster.KeyID(fastKey), muster.AccountID("")
				if call.dialect == "freesewing" {
					key, account = "admin", adminID
				}
				if ch.Deed != muster.DeedEdit || ch.By.Dialect != call.dialect || ch.By.Key != key || ch.By.Account != account || ch.By.RequestID == "" {
					t.Errorf("%s: %s by %+v", call.path, ch.Deed, ch.By)
				}
			}
			for _, ch := range changes { // the newest first
				if _, err := w.core.Undo(t.Context(), muster.Operator(demo.ID), ch.Seq, core.UndoOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			last, err := w.core.Account(t.Context(), muster.Operator(demo.ID), muster.RefID(demo.V1ID))
			if diff := cmp.Diff(first.Account, last.Account, cmpopts.IgnoreFields(muster.Account{}, "Rev", "UpdatedAt")); diff != "" || err != nil {
				t.Errorf("%v, before and after all was undone\n%s", err, diff)
			}
			if diff := cmp.Diff(before, w.shown(t)); diff != "" {
				t.Errorf("before and after all was undone\n%s", diff)
			}
		})
	}
}

// historyOf lists an account's newest n changes, and there must be no more
// since it was made.
func (w world) historyOf(t *testing.T, id muster.AccountID, n int) []muster.Change {
	t.Helper()
	list, err := w.core.History(t.Context(), muster.Operator(demo.ID), core.HistoryQuery{Account: muster.RefID(id), Limit: n + 2})
	if err != nil || len(list) != n+1 || list[n].Deed != muster.DeedCreate {
		t.Fatalf("%d changes, %v", len(list), err)
	}
	return list[:n]
}

// shown is what each read answers, but for the moment of it.
func (w world) shown(t *testing.T) map[string]string {
	t.Helper()
	answers := map[string]string{}
	for name, read := range reads {
		res := w.send(read())
		if res.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", name, res.Code, res.Body)
		}
		answers[name] = res.Body.String()
		var parsed map[string]any
		if err := json.Unmarshal(res.Body.Bytes(), &parsed); err != nil {
			t.Fatal(err)
		}
		if data, ok := parsed["data"]; ok && parsed["meta"] != nil {
			answers[name] = withoutTimes(t, data)
			continue
		}
		if account, ok := parsed["account"].(map[string]any); ok {
			delete(account, "updatedAt")
			answers[name] = withoutTimes(t, account)
		}
	}
	return answers
}

func withoutTimes(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Each of the pages is among the calls that the program prints.
func TestFiveCallsArePrinted(t *testing.T) {
	printed := strings.Join(demoCalls("http://127.0.0.1:8484", demo.Known()), "\n")
	for _, part := range []string{
		"/general/edit_acc_profile_fields", "/general/set_account_ranks", "-X PATCH 'http://127.0.0.1:8484/v2/community/accounts/",
		"/api/users/fields?AddUser=false", "-X PUT 'http://127.0.0.1:8484/account/jwt'",
	} {
		if !strings.Contains(printed, part) {
			t.Errorf("%s is not printed", part)
		}
	}
}
