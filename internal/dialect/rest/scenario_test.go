package rest_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/demo"
)

// The scenarios reach what goldens do not hold, since it has ids that are
// made, and secrets.

const api = "/muster/v1"

// ok sends with the widest key, and fails unless it is served.
func (w aWorld) ok(t *testing.T, call, body string, headers ...string) map[string]any {
	t.Helper()
	method, path, _ := strings.Cut(call, " ")
	res := w.send(method, api+path, "fast-key", body, headers...)
	if res.Code >= http.StatusMultipleChoices {
		t.Fatalf("%s %s: %d %.1000s", call, body, res.Code, res.Body)
	}
	return answerOf(t, res)
}

// at is a part of an answer, by the names and places that lead to it.
func at(answer any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := answer.(map[string]any)
			answer = object[step]
		case int:
			list, _ := answer.([]any)
			if answer = nil; step < len(list) {
				answer = list[step]
			}
		}
	}
	return answer
}

// is fails the test unless a part of an answer, as text, is as wanted.
func is(t *testing.T, want string, answer any, path ...any) {
	t.Helper()
	if got := fmt.Sprint(at(answer, path...)); got != want {
		t.Errorf("%v is %s and not %s in %v", path, got, want, answer)
	}
}

// member is the id of a rank of the demo.
const member = string(demo.PageRank)

// wholeAccount has every member that an account can be given.
const wholeAccount = `{
	"id": "3f0c1f6e-57a5-4a4e-8a3b-1a2b3c4d5e6f", "number": 77001, "joined_at": "2026-01-01T00:00:00Z", "username": "ada", "email": "ada@example.org",
	"name": "Ada", "bio": "Counts.", "language": "en", "values": {"hours": 7.5, "trainer": true, "certifications": ["a", "b"], "company": "Acme"},
	"ranks": ["` + member + `"],
	"identities": {"add": [{"provider": "steam", "value": "1", "verified": true, "metadata": {"note": "x"}, "flag": "odd"}]},
	"standing": {"joined": true, "active": true, "archived": false, "ban": null, "sign_in": "active", "level": 4}}`

// accounts makes an account of everything and edits each member of it.
func (w aWorld) accounts(t *testing.T) {
	t.Helper()
	const one = "/accounts/77001"
	w.ok(t, "POST /accounts", wholeAccount, "Muster-Dry-Run", "true")
	was := itoa(w.newest(t) + 1)
	made := w.ok(t, "POST /accounts", wholeAccount, onceHeader, "ada")
	is(t, "odd", made, "identities", 0, "flag")
	is(t, "x", made, "identities", 0, "metadata", "note")
	is(t, "7.5", made, "values", "hours")
	edited := w.ok(t, "PATCH "+one, `{"username": "ada2", "email": "ada2@example.org", "name": "Ada II", "language": "de", "bio": null,
		"values": {"hours": null, "trainer": false, "certifications": []}, "ranks": [{"id": "`+member+`", "expires": "2030-01-01T00:00:00Z"}],
		"identities": {"add": [{"provider": "steam", "value": "1", "flag": "fine"}, {"provider": "ip", "value": "192.0.2.1"}]}}`)
	is(t, "", edited, "bio")
	is(t, "map[company:Acme trainer:false]", edited, "values")
	is(t, "2030-01-01T00:00:00Z", edited, "ranks", 0, "expires")
	w.ok(t, "PATCH "+one, `{"ranks": ["`+member+`"]}`, "Muster-Dry-Run", "true")
	banned := w.ok(t, "PATCH "+one, `{"standing": {"ban": {"reason": "Rude", "until": "2027-01-01T00:00:00Z"}, "level": 5, "archived": true, "active": true}, "ranks": null}`)
	is(t, "2027-01-01T00:00:00Z", banned, "standing", "ban", "until")
	for _, state := range []string{"disabled_by_self", "inactive", "disabled_by_admin"} {
		is(t, state, w.ok(t, "PATCH "+one, `{"standing": {"sign_in": "`+state+`", "joined": true, "archived": false, "ban": null}}`), "standing", "sign_in")
	}
	w.parts(t, one, was)
	w.standing(t, one)
	w.ends(t, one)
}

// standing puts an account out, and lets it in again.
func (w aWorld) standing(t *testing.T, one string) {
	t.Helper()
	for _, c := range []struct{ deed, body, want string }{{"kick", "", "false"}, {"ban", `{"reason": "Rude"}`, "false"}, {"readmit", `{"ranks": true}`, "true"}} {
		w.ok(t, "POST "+one+"/"+c.deed, c.body, "Muster-Dry-Run", "true")
		after := w.ok(t, "POST "+one+"/"+c.deed, c.body, "If-Match", "*", onceHeader, c.deed)
		if c.deed == "readmit" {
			is(t, "other", after, "former_ranks", 0, "id")
			after, _ = after["account"].(map[string]any)
		}
		is(t, c.want, after, "standing", "joined")
	}
}

// parts edits ranks and identities by routes of their own.
func (w aWorld) parts(t *testing.T, one, made string) {
	t.Helper()
	w.ok(t, "PUT /ranks/other", `{"label": "Other", "department": "Staff", "power": 1, "colour": "#123456"}`)
	for _, c := range []struct{ body, want string }{
		{`{"set": ["` + member + `"], "add": ["other"], "until": {"other": "2030-01-01T00:00:00Z"}}`, "2030-01-01T00:00:00Z"},
		{`{"add": ["Other"], "until": {"other": null}}`, "<nil>"},
		{`{"remove": ["` + member + `"]}`, "<nil>"},
	} {
		w.ok(t, "POST "+one+"/ranks", c.body, "Muster-Dry-Run", "true")
		after := w.ok(t, "POST "+one+"/ranks", c.body, "If-Match", "*", onceHeader, c.body)
		ranks, _ := after["ranks"].([]any)
		is(t, c.want, ranks, len(ranks)-1, "expires")
	}
	body := `{"add": [{"provider": "discord", "value": "5"}], "remove": [{"provider": "ip", "value": "192.0.2.1"}]}`
	w.ok(t, "POST "+one+"/identities", body, "Muster-Dry-Run", "true")
	w.ok(t, "POST "+one+"/identities", body, "If-Match", "*", onceHeader, "identities")
	w.must(t, http.StatusConflict, http.MethodPost, api+one+"/identities", `{"add": [{"provider": "discord", "value": "`+demo.V1Discord+`"}]}`)
	w.must(t, http.StatusConflict, http.MethodPatch, api+one, `{"username": "`+demo.V1Username+`"}`)
	w.must(t, http.StatusConflict, http.MethodPost, api+"/accounts", wholeAccount)
	w.ok(t, "GET /accounts/12?fields="+strings.Join(members, ","), "")
	list := w.ok(t, "GET /accounts?identity=discord:5&fields="+strings.Join(members, ","), "")
	is(t, "77001", list, "items", 0, "number")
	is(t, "Ada", w.ok(t, "GET "+one+"?at="+made+"&fields=name", ""), "name")
	w.must(t, http.StatusNotFound, http.MethodGet, api+one+"?at=1", "")
}

// members are all members of an account but its id.
var members = strings.Fields(`number username email name bio language picture values ranks identities standing owner
	joined_at last_login created_at updated_at rev`)

// ends deletes, restores and erases.
func (w aWorld) ends(t *testing.T, one string) {
	t.Helper()
	w.ok(t, "GET /changes?limit=1000&account=77001", "")
	w.ok(t, "DELETE "+one, "", "If-Match", "*")
	deleted := w.ok(t, "GET /accounts?deleted=true&fields=deleted_at,last_login,number", "")
	is(t, "77001", deleted, "items", 0, "number")
	w.ok(t, "POST "+one+"/restore", "", "Muster-Dry-Run", "true")
	w.ok(t, "POST "+one+"/restore", "", "If-Match", "*", onceHeader, "restore")
	w.must(t, http.StatusConflict, http.MethodPost, api+one+"/restore", "")
	w.ok(t, "POST "+one+"/erase", "{}", "Muster-Dry-Run", "true", "If-Match", "*")
	w.ok(t, "POST "+one+"/erase", "", onceHeader, "erase")
	w.must(t, http.StatusConflict, http.MethodPost, api+one+"/erase", "")
	is(t, "erase", w.ok(t, "GET /changes?limit=9", ""), "items", 0, "deed")
	is(t, "map[]", w.ok(t, "GET /changes?deed=create&limit=1&account=12", ""), "items", 0, "before")
}

// filters asks for accounts by everything that can be asked for.
func (w aWorld) filters(t *testing.T) {
	t.Helper()
	const all, casey = "/accounts?fields=number&", "12"
	for query, want := range map[string]string{
		"username=CASEY.marlow": casey, "number=12": casey, "id=" + string(demo.IntranetID): casey, "level=4&owner=false&username=casey.marlow": casey, "bio=Looks%20after%20the%20harbour%20office.": casey, "name=Casey%20Marlow": casey, "name=Casey": "<nil>",
		"language=en-US&limit=1": casey, "joined=true&active=true&limit=1": casey, "archived=false&banned=false&limit=1": casey,
		"all_ranks=" + member + "&values.company=Old%20Harbour%20Trading": casey, "sign_in=inactive&values.call_sign=&limit=1": casey,
		"joined_since=2025-04-15T00:00:00Z&joined_until=2025-04-15T00:00:00.000001Z&limit=1": casey,
		"created_since=2026-01-01T00:00:00Z&created_until=2027-01-01T00:00:00Z&limit=1":      casey,
		"updated_since=2026-01-01T00:00:00Z&updated_until=2027-01-01T00:00:00Z&limit=1":      casey,
		"login_since=2026-04-15T00:00:00Z&login_until=2027-01-01T00:00:00Z&limit=1":          casey,
		"archived=true&username=casey.marlow":                                                "<nil>", "login_until=2000-01-01T00:00:00Z": "<nil>", "deleted=false&search=sey.mar": casey,
	} {
		is(t, want, w.ok(t, "GET "+all+query, ""), "items", 0, "number")
	}
	res := w.send(http.MethodGet, api+all+"limit=1&banned=false", "fast-key", "")
	next, ok := strings.CutSuffix(strings.TrimPrefix(res.Header().Get("Link"), "<"), `>; rel="next"`)
	if page := w.send(http.MethodGet, next, "fast-key", ""); !ok || page.Code != http.StatusOK || !strings.Contains(next, "banned=false") || page.Body.String() == res.Body.String() {
		t.Errorf("%s leads to %d %s", next, page.Code, page.Body)
	}
}

// history has changes of every kind, finds them by each filter and takes them back.
func (w aWorld) history(t *testing.T) {
	t.Helper()
	const one = "/accounts/12"
	admin, ref := muster.Operator(demo.ID), muster.RefID(demo.IntranetID)
	busy := core.NewAccount{Clock: []muster.ClockRow{{ID: "row", Type: "patrol", Start: demo.Now(), Notes: []string{"Late"}}}, Edit: muster.Edit{Username: muster.Some("busy")}}
	views, err := w.core.Create(t.Context(), admin, []core.NewAccount{busy})
	mustDo(t, err)
	_, err = w.core.Clock(t.Context(), admin, muster.RefID(views[0].ID), muster.ClockWish{To: muster.ClockOut})
	mustDo(t, err)
	on := "/accounts/" + string(views[0].ID)
	is(t, "[Late]", w.ok(t, "GET "+on, ""), "clock", 0, "notes")
	is(t, "row", w.ok(t, "GET "+on+"?fields=clock", ""), "clock", 0, "id")
	start := itoa(w.newest(t))
	for _, to := range []muster.ClockTo{muster.ClockIn, muster.ClockOut} {
		_, err := w.core.Clock(t.Context(), admin, ref, muster.ClockWish{To: to, Server: 2, Force: true})
		mustDo(t, err)
	}
	_, _, err = w.core.Sync(t.Context(), admin, ref)
	mustDo(t, err)
	_, err = w.core.Change(t.Context(), admin, []core.Target{{Ref: ref, Picture: onePixel(t)}}, core.Options{})
	mustDo(t, err)
	const lines = `{"account": 12, "edit": {"bio": "One."}}` + "\n" + `{"account": "12", "edit": {"values": {"phone": "1"}}}`
	w.must(t, http.StatusNotFound, http.MethodPost, api+"/changes", `[{"account": 999999, "edit": {}}]`)
	stale := w.must(t, http.StatusPreconditionFailed, http.MethodPost, api+"/changes", `[{"account": 12, "edit": {"bio": "x"}, "if_rev": 999}]`)
	is(t, "/0/if_rev", stale, "errors", 0, "pointer")
	is(t, "4", w.ok(t, "POST /changes?mode=each", `[{"account": 12, "edit": {"name": "Casey M."}, "if_rev": 3}]`), "results", 0, "rev")
	w.ok(t, "POST /changes?dry_run=true", lines, "Content-Type", "application/x-ndjson")
	w.ok(t, "POST /changes?mode=atomic", `[{"account": 12, "edit": {"bio": "Dry."}}]`, "Muster-Dry-Run", "true")
	bulk := w.ok(t, "POST /changes", lines, "Content-Type", "application/x-ndjson", onceHeader, "bulk")
	batch, _ := bulk["batch"].(string)
	seq := fmt.Sprint(at(bulk, "results", 1, "seq"))
	own := w.send(http.MethodPatch, api+one, "casey-key", `{"bio": "Own."}`)
	if own.Code != http.StatusOK {
		t.Fatal(own.Code, own.Body)
	}
	for query, want := range map[string]int{
		"account=12&after=" + start: 8, "by=12": 1, "batch=" + batch: 2, "key=fast-key&dialect=rest&member=values.phone": 1, "deed=clock&account=12": 2,
		"deed=sync": 1, "before=" + start + "&after=0&account=12&deed=edit&since=2020-01-01T00:00:00Z&until=2020-01-02T00:00:00Z": 0,
		"since=2020-01-01T00:00:00Z&batch=" + batch: 2, "account=username:casey.marlow&member=bio&after=" + start: 2,
	} {
		list, _ := w.ok(t, "GET /changes?"+query, "")["items"].([]any)
		if len(list) != want {
			t.Errorf("%s finds %d and not %d: %v", query, len(list), want, list)
		}
	}
	first := w.ok(t, "GET /changes?limit=1", "")
	second := w.ok(t, "GET /changes?limit=1&cursor="+fmt.Sprint(first["next"]), "")
	if a, b := at(first, "items", 0, "seq"), at(second, "items", 0, "seq"); a.(float64) != b.(float64)+1 {
		t.Errorf("%v follows %v", b, a)
	}
	w.must(t, http.StatusNotFound, http.MethodGet, api+"/changes?account=999999", "")
	w.takesBack(t, seq, batch)
	w.lives(t)
}

// takesBack undoes one change, and those of a filter.
func (w aWorld) takesBack(t *testing.T, seq, batch string) {
	t.Helper()
	undo := "POST /changes/" + seq + "/undo"
	w.ok(t, undo+"?dry_run=true", "")
	w.ok(t, undo, "", "Muster-Dry-Run", "true")
	w.ok(t, undo, "", onceHeader, "undo")
	by := w.ok(t, "GET /changes/"+seq, "")["undone_by"]
	is(t, seq, w.ok(t, fmt.Sprintf("GET /changes/%v", by), ""), "undoes")
	w.ok(t, "GET /changes?deed=clock", "")
	w.ok(t, "PATCH /accounts/12", `{"values": {"phone": "2"}}`)
	again := w.must(t, http.StatusConflict, http.MethodPost, api+"/changes/"+seq+"/undo", "")
	is(t, fmt.Sprintf("change %s was taken back already, by change %v", seq, by), again, "detail")
	lost := w.must(t, http.StatusConflict, http.MethodPost, fmt.Sprintf(api+"/changes/%v/undo", by), "")
	is(t, "values.phone", lost, "errors", 0, "member")
	w.ok(t, undo+"?force=true", "")
	many := w.ok(t, "POST /changes/undo", `{"batch": "`+batch+`", "mode": "each", "dry_run": true}`)
	is(t, "2", many, "matched")
	was := w.newest(t)
	for _, bio := range []string{"There", "Own."} {
		w.ok(t, "PATCH /accounts/12", `{"bio": "`+bio+`"}`)
	}
	back := w.ok(t, "POST /changes/undo", `{"account": 12, "after": `+itoa(was)+`, "before": `+itoa(was+2)+`, "force": true}`)
	is(t, "nothing_left", back, "results", 0, "outcome")
	is(t, "<nil>", back, "batch")
	for i, c := range []struct{ body, want string }{
		{`{"account": 12, "by": "12", "dialect": "rest", "deed": "edit", "member": "bio", "after": 1, "before": 1000000,
			"since": "2020-01-01T00:00:00Z", "until": "2030-01-01T00:00:00Z", "key": "casey-key"}`, "1"},
		{`{"deed": "clock", "account": 12}`, "0"},
		{`{"batch": "` + batch + `", "force": true, "mode": "atomic"}`, "1"},
	} {
		w.ok(t, "POST /changes/undo", c.body, "Muster-Dry-Run", "true")
		is(t, c.want, w.ok(t, "POST /changes/undo", c.body, onceHeader, itoa(int64(i))), "counts", "undone")
	}
}

// lives takes back that accounts came and went, and is told of each by which deed.
func (w aWorld) lives(t *testing.T) {
	t.Helper()
	was := w.newest(t)
	w.ok(t, "POST /accounts", `{"username": "mm"}`)
	w.ok(t, "DELETE /accounts/username:mm", "")
	undo := func(body string, deeds ...string) {
		t.Helper()
		answer := w.ok(t, "POST /changes/undo", body)
		for i, deed := range deeds {
			is(t, deed, answer, "results", i, "deed")
		}
	}
	filter := `{"account": "username:mm", "after": ` + itoa(was)
	undo(filter+`, "dry_run": true}`, "restore", "delete")
	undo(filter+`, "member": "username"}`, "<nil>")
	w.ok(t, "POST /changes/"+itoa(w.newest(t))+"/undo", "")
	w.ok(t, "PATCH /accounts/username:mm", `{"bio": "by hand"}`)
	kept := w.must(t, http.StatusConflict, http.MethodPost, api+"/changes/"+itoa(was+1)+"/undo", "")
	is(t, fmt.Sprintf("the account was changed since change %d, by change %d", was+1, w.newest(t)), kept, "detail")
	undo(filter+`}`, "edit", "delete", "restore", "delete")
}

// onePixel is a picture.
func onePixel(t *testing.T) *core.Picture {
	t.Helper()
	var b bytes.Buffer
	mustDo(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))))
	p, err := core.NewPicture(t.Context(), b.Bytes())
	mustDo(t, err)
	return p
}

func mustDo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
