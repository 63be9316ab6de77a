package rest_test

import (
	"net/http"
	"strings"
	"testing"
)

// Whatever is at fault is named as the request has it, and nothing is written.
func TestFaults(t *testing.T) {
	w := newWorld(t)
	before := w.newest(t)
	for _, c := range []struct{ call, body, want string }{
		{"POST /accounts", `{"username": "x", "ranks": ["nobody"]}`, "/ranks/0"},
		{"POST /accounts", `{"username": "x", "ranks": {"add": ["nobody"]}}`, "/ranks/add/0"},
		{"POST /accounts", `{"username": "x", "identities": {"add": [{"provider": "ip", "value": "192.0.2.1"}, {"provider": "Discord", "value": "111122223333444455"}]}}`, "/identities/add/1"},
		{"POST /accounts/12/identities", `{"add": [{"provider": "discord", "value": "111122223333444455"}]}`, "/add/0"},
		{"PATCH /accounts/12", `{"values": {"units": ["K9", "none"]}}`, "/values/units/1"},
		{"PATCH /accounts/12", `{"values": null}`, "/values"},
		{"PATCH /accounts/12", `{"standing": {"ban": {"reason": 5}}}`, "/standing/ban/reason"},
		{"POST /changes", `[{"account": 12, "edit": {}}, {"account": 12, "edit": {"ranks": ["nobody"]}}]`, "/1/edit/ranks/0"},
		{"POST /changes", `[{"account": 12, "edit": {"ranks": {"set": ["nobody"]}}}]`, "/0/edit/ranks/set/0"},
		{"POST /changes", `[{"account": 12, "edit": {"values": {"a/b~c": 1}}}]`, "/0/edit/values/a~1b~0c"},
		{"POST /changes", `[{"account": "nobody", "edit": {}}]`, "/0/account"},
		{"POST /changes?mode=some", `[{"account": 12, "edit": {}}]`, "mode"},
		{"POST /changes/undo", `{"deed": "none"}`, "/deed"},
		{"GET /changes?deed=none", "", "deed"},
		{"GET /accounts?fields=none", "", "fields"},
		{"GET /accounts?values.none=1", "", "values.none"},
		{"PUT /fields/x", `{"type": "text", "see": {"lvl": 1}}`, "/see/lvl"},
		{"PUT /fields/x", `{"type": "text", "see": {"level": "1"}}`, "/see/level"},
		{"PUT /fields/x", `{"type": "text", "labels": {"not one": "x"}}`, "/labels/not one"},
		{"PUT /ranks/x", `{"label": "X", "power": 1.5}`, "/power"},
		{"PUT /servers/3", `{"name": "X", "whitelist": {"ranks": ["nobody"]}}`, "/whitelist/ranks"},
		{"PUT /servers/0", `{"name": "X"}`, "id"},
		{"PATCH /settings", `{"time_zones": {"a": "nowhere"}}`, "/time_zones"},
		{"POST /keys", `{}`, "/level"},
		{"POST /keys", `{"level": 3, "addresses": ["192.0.2.1", "somewhere"]}`, "/addresses/1"},
		{"POST /keys/read-key/freeze", `{"for": 1}`, "/for"},
		{"POST /keys/read-key/rotate", `{"overlap_hours": 721}`, "/overlap_hours"},
		{"POST /webhooks", `{"url": "https://example.org", "events": ["*"], "level": 9}`, "/level"},
	} {
		method, path, _ := strings.Cut(c.call, " ")
		res := w.send(method, api+path, "fast-key", c.body)
		first, _ := at(answerOf(t, res), "errors", 0).(map[string]any)
		if got := first["pointer"]; res.Code < http.StatusBadRequest || got != c.want && first["parameter"] != c.want {
			t.Errorf("%s %s: %d names %v and not %s", c.call, c.body, res.Code, first, c.want)
		}
	}
	if w.newest(t) != before {
		t.Error("something was written")
	}
}

// Null clears, as a merge patch has it.
func TestNullClears(t *testing.T) {
	w := newWorld(t)
	w.must(t, http.StatusOK, http.MethodPatch, api+"/accounts/12", `{"standing": {"ban": {"reason": "x"}}}`)
	after := w.must(t, http.StatusOK, http.MethodPatch, api+"/accounts/12", `{"email": null, "bio": null, "language": null, "values": {"company": null}, "ranks": null, "standing": {"ban": null}}`)
	for name, want := range map[string]string{"email": "", "bio": "", "language": "", "ranks": "[]"} {
		is(t, want, after, name)
	}
	is(t, "<nil>", after, "values", "company")
	is(t, "<nil>", after, "standing", "ban")
	is(t, "casey.marlow", after, "username")
}

// A key's rank power reads the same in history as in the key: null is any.
func TestKeysInHistory(t *testing.T) {
	w := newWorld(t)
	w.must(t, http.StatusCreated, http.MethodPost, api+"/keys", `{"id": "wide", "level": 3, "rank_power": null, "name": "\"rank_power\":9223372036854775807"}`)
	made := w.must(t, http.StatusOK, http.MethodGet, api+"/changes?deed=credential&limit=1", "")
	definition, _ := at(made, "items", 0, "after", "definition").(map[string]any)
	if power, there := definition["rank_power"]; !there || power != nil || definition["name"] != `"rank_power":9223372036854775807` {
		t.Error(definition)
	}
}
