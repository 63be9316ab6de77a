package rest_test

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// blame is requests that are refused, what they blame, and part of what they
// say. Headers come in pairs.
type blame struct {
	call, body string
	headers    []string
	status     int
	at, says   string
}

func (w aWorld) blamed(t *testing.T, list []blame) {
	t.Helper()
	before := w.newest(t)
	for _, c := range list {
		method, path, _ := strings.Cut(c.call, " ")
		res := w.send(method, api+path, "fast-key", c.body, c.headers...)
		first, _ := at(answerOf(t, res), "errors", 0).(map[string]any)
		kind, name := "parameter", c.at
		if of, is, ok := strings.Cut(c.at, ":"); ok {
			kind, name = of, is
		} else if strings.HasPrefix(c.at, "/") {
			kind = "pointer"
		}
		says, _ := first["detail"].(string)
		if res.Code != c.status || first[kind] != name || !strings.Contains(says, c.says) {
			t.Errorf("%s %s %q: %d names %v; want %d, %s and %q", c.call, c.body, c.headers, res.Code, first, c.status, c.at, c.says)
		}
	}
	if w.newest(t) != before {
		t.Error("something was written")
	}
}

// A member of the body is named as one, whatever the core calls by its name.
func TestBodyIsBlamed(t *testing.T) {
	const bad, unknown = http.StatusBadRequest, "is no member that can be given here"
	newWorld(t).blamed(t, []blame{
		{"PATCH /accounts/12", `{"rev": 5}`, nil, bad, "/rev", unknown},
		{"PATCH /accounts/12", `{"ref": 5}`, nil, bad, "/ref", unknown},
		{"PATCH /accounts/12", `{"?": 5}`, nil, bad, "/?", unknown},
		{"PATCH /accounts/12", `{"dialect": 5}`, nil, bad, "/dialect", unknown},
		{"PATCH /accounts/12", `{"standing": {"rev": 5}}`, nil, bad, "/standing/rev", unknown},
		{"PUT /ranks/other", `{"id": "newrank", "label": "X", "power": 1}`, nil, bad, "/id", "is not the one of the path"},
		{"PUT /ranks/other", `{"id": 5}`, nil, bad, "/id", "must be a text"},
		{"PUT /fields/x", `{"id": "y", "type": "text"}`, nil, bad, "/id", "is not the one of the path"},
		{"PUT /departments/x", `{"id": "y", "label": "X"}`, nil, bad, "/id", "is not the one of the path"},
		{"PUT /servers/3", `{"id": 4, "name": "X"}`, nil, bad, "/id", "is not the one of the path"},
	})
}

// What is not known is named before what is missing, since it may be the same
// misspelt, and the answer says what could have been meant.
func TestUnknownMembers(t *testing.T) {
	const bad = http.StatusBadRequest
	newWorld(t).blamed(t, []blame{
		{"POST /changes", `[{"account": 12, "edit": {}}, {"acount": 14, "edit": {}}]`, nil, bad, "/1/acount", "did you mean account?"},
		{"POST /changes", `[{"account": 12, "edt": {}}]`, nil, bad, "/0/edt", "did you mean edit?"},
		{"POST /changes", `[{"account": 12, "edit": {"bioo": "x"}}]`, nil, bad, "/0/edit/bioo", "did you mean bio?"},
		{"POST /keys", `{"lvel": 3}`, nil, bad, "/lvel", "did you mean level?"},
		{"POST /webhooks", `{"receiver": "https://example.org"}`, nil, bad, "/receiver", "there are active, description, events, id"},
		{"PUT /ranks/x", `{"lable": "X"}`, nil, bad, "/lable", "did you mean label?"},
		{"PUT /ranks/x", `{"Label": "X"}`, nil, bad, "/Label", "did you mean label?"},
		{"PUT /fields/x", `{"tipe": "text"}`, nil, bad, "/tipe", "did you mean type?"},
		{"POST /accounts/12/kick", `{"x": 1}`, nil, bad, "/x", "none can"},
	})
}

// A tag that is none in form is refused; one that is none of ours, or weak,
// matches nothing.
func TestTags(t *testing.T) {
	w := newWorld(t)
	var list []blame
	for _, text := range []string{"1", "abc", "", " ", ",", `"1`, `1"`, `"1" "2"`, `"1", 2`, `w/"1"`, `*, "1"`} {
		list = append(list, blame{"PATCH /accounts/12", `{"bio": "x"}`, []string{"If-Match", text}, http.StatusBadRequest, "header:If-Match", `such as "3"`})
	}
	for _, text := range []string{`"abc"`, `W/"1"`, `"abc", "d,e"`, `W/"1", W/"2"`, `"01"`, `"-1"`, `"0"`, `"1,2"`} {
		list = append(list, blame{"PATCH /accounts/12", `{"bio": "x"}`, []string{"If-Match", text}, http.StatusPreconditionFailed, "header:If-Match", "and another state was expected"})
	}
	w.blamed(t, list)
	now := w.send(http.MethodGet, api+"/accounts/12", "fast-key", "").Header().Get("ETag")
	w.must(t, http.StatusOK, http.MethodPatch, api+"/accounts/12", `{"bio": "x"}`, "If-Match", `"a,b" ,, W/"7",`+now)
}

// A header that names a request is said to be wrong as it is wrong.
func TestOnceNames(t *testing.T) {
	newWorld(t).blamed(t, []blame{
		{"POST /accounts", `{"username": "x"}`, []string{onceHeader, `"k1`}, http.StatusBadRequest, "header:" + onceHeader, "begins with a quotation mark and does not end with one"},
		{"POST /accounts", `{"username": "x"}`, []string{onceHeader, ""}, http.StatusBadRequest, "header:" + onceHeader, "must be 1 to 200 printable ASCII characters"},
	})
}

// What cannot be found again is named as the request has it.
func TestPlacesAreBlamed(t *testing.T) {
	newWorld(t).blamed(t, []blame{
		{"POST /changes/99999/undo", "", nil, http.StatusNotFound, "seq", "there is no change 99999"},
		{"GET /events?after=999999", "", nil, http.StatusGone, "after", "are not all there"},
		{"GET /events", "", []string{"Last-Event-ID", "999999"}, http.StatusGone, "header:Last-Event-ID", "are not all there"},
		{"POST /changes", "\n{\"account\": 12, \"edit\": {}}\n\n{\"account\": 12\n", []string{"Content-Type", "application/x-ndjson"}, http.StatusBadRequest, "/1", "line 4: the body is malformed JSON"},
	})
}

// A filter that names what there is not is refused: it must not say that
// nothing was done. One that is empty must not ask for everything.
func TestFilters(t *testing.T) {
	const bad, none = http.StatusBadRequest, http.StatusNotFound
	w := newWorld(t)
	w.must(t, http.StatusNoContent, http.MethodDelete, api+"/keys/expired-key", "")
	list := []blame{
		{"GET /changes?key=nobody", "", nil, none, "key", `there is no key "nobody"`},
		{"GET /changes?batch=nothing", "", nil, none, "batch", `there is no batch "nothing"`},
		{"GET /changes?account=999999", "", nil, none, "account", "no account answers"},
		{"GET /changes?dialect=soonran", "", nil, bad, "dialect", `nothing was done by "soonran"; there are rest, command, time`},
		{"GET /changes?deed=edt", "", nil, bad, "deed", "must be one of [edit"},
		{"POST /changes/undo", `{"key": "nobody"}`, nil, none, "/key", "there is no key"},
		{"POST /changes/undo", `{"batch": "nothing"}`, nil, none, "/batch", "there is no batch"},
		{"POST /changes/undo", `{"dialect": "soonran"}`, nil, bad, "/dialect", "nothing was done by"},
		{"POST /changes/undo", `{"deed": "edit", "since": null}`, nil, bad, "/since", "must not be empty"},
		{"GET /accounts?values.hours=abc", "", nil, bad, "values.hours", "must be a number"},
		{"GET /accounts?values.hours=NaN", "", nil, bad, "values.hours", "must be a number"},
		{"GET /accounts?values.trainer=yes", "", nil, bad, "values.trainer", "must be true or false"},
		{"POST /keys", `{"level": 3, "areas": []}`, nil, bad, "/areas", "lists none; name some, or give null for all"},
		{"PATCH /keys/read-key", `{"areas": []}`, nil, bad, "/areas", "lists none; name some, or give null for all"},
	}
	for _, name := range strings.Fields("rank all_ranks search username email id fields joined level joined_since") {
		list = append(list, blame{"GET /accounts?" + name + "=", "", nil, bad, name, "must not be empty"})
	}
	for _, query := range []string{"/changes?key=", "/changes?since=", "/accounts?rank=,", "/events?types="} {
		_, name, _ := strings.Cut(strings.TrimRight(query, "=,"), "?")
		list = append(list, blame{"GET " + query, "", nil, bad, name, "must not be empty"})
	}
	w.blamed(t, list)
	for _, query := range []string{
		"/changes?key=expired-key", "/changes?dialect=rest", "/changes?dialect=command", "/changes?dialect=time", "/accounts?values.hours=",
		"/accounts?values.hours=1.50", "/accounts?values.trainer=", "/accounts?name=", "/accounts?cursor=",
	} {
		w.must(t, http.StatusOK, http.MethodGet, api+query, "")
	}
	key := w.must(t, http.StatusOK, http.MethodPatch, api+"/keys/read-key", `{"areas": ["ranks"]}`)
	is(t, "[ranks]", key, "areas")
	is(t, "<nil>", w.must(t, http.StatusOK, http.MethodPatch, api+"/keys/read-key", `{"areas": null}`), "areas")
}

// A key that would be dead from the first is refused; one that stays as it is
// may have ended.
func TestKeysEndLater(t *testing.T) {
	const bad = http.StatusBadRequest
	w := newWorld(t)
	w.blamed(t, []blame{
		{"POST /keys", `{"level": 3, "expires_at": "2020-01-01T00:00:00Z"}`, nil, bad, "/expires_at", "lies in the past"},
		{"PATCH /keys/read-key", `{"expires_at": "2020-01-01T00:00:00Z"}`, nil, bad, "/expires_at", "lies in the past"},
	})
	w.clock.Advance(time.Hour)
	is(t, "Old", w.must(t, http.StatusOK, http.MethodPatch, api+"/keys/expired-key", `{"name": "Old"}`), "name")
}

// A webhook at an address that would not be called is refused at once, by what
// refuses it when it is dialled.
func TestWebhookTargets(t *testing.T) {
	const bad, why = http.StatusBadRequest, "not there"
	w := newWorld(t)
	w.must(t, http.StatusCreated, http.MethodPost, api+"/webhooks", `{"id": "old", "url": "https://10.0.0.9/x", "events": ["*"]}`)
	w.core.RefuseTargets(func(scheme string, a netip.Addr) error {
		if a.IsPrivate() || scheme == "http" {
			return errors.New(why)
		}
		return nil
	})
	w.blamed(t, []blame{
		{"POST /webhooks", `{"url": "https://10.0.0.1/ok", "events": ["*"]}`, nil, bad, "/url", why},
		{"POST /webhooks", `{"url": "https://[fd00::1]:8443/ok", "events": ["*"]}`, nil, bad, "/url", why},
		{"POST /webhooks", `{"url": "http://192.0.2.1", "events": ["*"]}`, nil, bad, "/url", why},
		{"PATCH /webhooks/old", `{"url": "https://10.0.0.1/"}`, nil, bad, "/url", why},
	})
	w.must(t, http.StatusOK, http.MethodPatch, api+"/webhooks/old", `{"active": false}`) // which leaves the address
	w.must(t, http.StatusOK, http.MethodPatch, api+"/webhooks/old", `{"url": "https://192.0.2.1/"}`)
	w.must(t, http.StatusCreated, http.MethodPost, api+"/webhooks", `{"url": "http://localhost/", "events": ["*"]}`) // a name is asked when it is called
}

// Of a list the item is named that is at fault.
func TestItemsAreBlamed(t *testing.T) {
	const bad = http.StatusBadRequest
	newWorld(t).blamed(t, []blame{
		{"POST /keys", `{"level": 3, "areas": ["ranks", "rank"]}`, nil, bad, "/areas/1", `unknown area "rank"`},
		{"POST /webhooks", `{"url": "https://example.org", "events": ["*", "gone"]}`, nil, bad, "/events/1", `there is no kind "gone"`},
		{"GET /events?types=*,gone", "", nil, bad, "types", `there is no kind "gone"`},
	})
}

// A community that is read-only says so, and answers what would be.
func TestReadOnlyAnswers(t *testing.T) {
	w := newWorld(t)
	w.must(t, http.StatusOK, http.MethodPatch, api+"/settings", `{"read_only": true}`)
	for call, body := range map[string]string{"PATCH /accounts/12": `{"bio": "x"}`, "POST /accounts": `{"username": "x"}`, "POST /changes": `[{"account": 12, "edit": {"bio": "x"}}]`, "POST /changes/undo": `{"account": 12}`} {
		method, path, _ := strings.Cut(call, " ")
		is(t, "read_only", w.must(t, http.StatusForbidden, method, api+path, body), "code")
		w.ok(t, call, body, "Muster-Dry-Run", "true")
	}
	for _, call := range []string{"POST /changes/3/undo?dry_run=true&force=true", "POST /changes?dry_run=true", "POST /changes/undo"} {
		body := map[string]string{"POST /changes?dry_run=true": `[{"account": 12, "edit": {"bio": "x"}}]`, "POST /changes/undo": `{"account": 12, "dry_run": true}`}[call]
		method, path, _ := strings.Cut(call, " ")
		if res := w.send(method, api+path, "fast-key", body); strings.Contains(res.Body.String(), "read_only") {
			t.Errorf("%s: %s", call, res.Body)
		}
	}
}
