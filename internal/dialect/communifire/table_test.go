package communifire_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/dialect/communifire"
)

var casey = muster.RefNumber(demo.IntranetNumber)

// Where a key may stand, and which of several counts.
func TestKeys(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name   string
		path   string
		header http.Header
		want   int
	}{
		{"token first", "/api/timezones?token=demo-key&x=1", nil, 200},
		{"token last", "/api/timezones?x=1&token=demo-key", nil, 200},
		{"token in another case", "/api/timezones?TOKEN=demo-key", nil, 200},
		{"the header's name in the URL", "/api/timezones?Rest-Api-Key=demo-key", nil, 200},
		{"a path in another case", "/API/TimeZones?token=demo-key", nil, 200},
		{"plus as it is", "/api/timezones?token=a+b/c=", nil, 200},
		{"plus escaped", "/api/timezones?token=a%2Bb%2Fc%3D", nil, 200},
		{"header", "/api/timezones", http.Header{"Rest-Api-Key": {"demo-key"}}, 200},
		{"header of base64", "/api/timezones", http.Header{"Rest-Api-Key": {"a+b/c="}}, 200},
		{"bearer", "/api/timezones", http.Header{"Authorization": {"bearer demo-key"}}, 200},
		{"a proxy's basic beside it", "/api/timezones", http.Header{"Authorization": {"Basic eDp5"}, "Rest-Api-Key": {"demo-key"}}, 200},
		{"basic alone", "/api/timezones", http.Header{"Authorization": {"Basic eDp5"}}, 401},
		{"the same three times", "/api/timezones?token=demo-key", http.Header{"Authorization": {"Bearer demo-key"}, "Rest-Api-Key": {"demo-key"}}, 200},
		{"the same with a plus", "/api/timezones?token=a+b/c=", http.Header{"Rest-Api-Key": {"a+b/c="}}, 200},
		{"header and URL differ", "/api/timezones?token=fast-key", http.Header{"Rest-Api-Key": {"demo-key"}}, 401},
		{"bearer and header differ", "/api/timezones", http.Header{"Authorization": {"Bearer demo-key"}, "Rest-Api-Key": {"x"}}, 401},
		{"two in the URL differ", "/api/timezones?token=demo-key&token=fast-key", nil, 401},
		{"expired", "/api/timezones?token=expired-key", nil, 401},
		{"none", "/api/timezones", nil, 401},
		{"empty", "/api/timezones?token=", nil, 401},
		{"a URL that cannot be read", "/api/timezones?token=demo-key&x=%zz", nil, 400},
	} {
		r := httptest.NewRequest(http.MethodGet, c.path, nil)
		for name, values := range c.header {
			r.Header[name] = values
		}
		res := httptest.NewRecorder()
		w.handler.ServeHTTP(res, r)
		if res.Code != c.want || (res.Code == http.StatusUnauthorized) != (res.Header().Get("Www-Authenticate") != "") {
			t.Errorf("%s: %d, want %d: %s", c.name, res.Code, c.want, res.Body)
		}
		if h := res.Header(); h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") != "no-store" || h.Get("Content-Length") == "" {
			t.Errorf("%s: %v", c.name, h)
		}
	}
}

func (w aWorld) flip(t *testing.T, name, value string) {
	t.Helper()
	_, err := w.core.UpdateCommunity(t.Context(), muster.Operator(demo.ID), func(c *muster.Community) {
		c.Settings.Switches = map[string]string{name: value}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSwitches(t *testing.T) {
	w := newWorld(t)
	w.flip(t, "communifire.query_keys", "refused")
	if res := w.send(http.MethodGet, "/api/timezones?token=demo-key", "", ""); res.Code != http.StatusUnauthorized {
		t.Errorf("a key in the URL: %d", res.Code)
	}
	if res := w.send(http.MethodGet, "/api/timezones", "demo-key", ""); res.Code != http.StatusOK {
		t.Errorf("a key in a header: %d", res.Code)
	}
	w.flip(t, "communifire.error_status", "200")
	for body, status := range map[string]int{
		`{"UserID":999999}`: 200, `{"UserID":12,"Nobody":1}`: 200, `[]`: 200, `{"UserID":12,"Username":"SOMEUSERNAME"}`: 200,
	} {
		res := w.set("AddUser=false", body)
		if res.Code != status || !strings.HasPrefix(res.Body.String(), `{"IsError":true,"ResponseMessage":"`) {
			t.Errorf("%s: %d %s", body, res.Code, res.Body)
		}
	}
	if res := w.send(http.MethodGet, "/api/timezones", "nobody", ""); res.Code != http.StatusUnauthorized {
		t.Errorf("401 is what clients log out at: %d", res.Code)
	}
}

// Section by section of the contract: the text forms of every type.
func TestValues(t *testing.T) {
	w := newWorld(t)
	none := muster.Value(nil)
	for _, c := range []struct {
		label, sent string
		want        muster.Value // of Bool where the status is 400
	}{
		{"Company", `"Axero Solutions"`, muster.Text("Axero Solutions")},
		{"Phone", `5625551234`, muster.Text("5625551234")},
		{"Phone", `00`, nil}, {"Phone", `1e3`, muster.Text("1e3")}, {"Phone", `true`, muster.Text("true")},
		{"Telefon", `"1"`, muster.Text("1")}, {"Téléphone", `"2"`, muster.Text("2")}, {"Te\u0301le\u0301phone", `"3"`, muster.Text("3")},
		{"Phone", `""`, none}, {"Phone", `"4"`, muster.Text("4")}, {"Phone", `null`, none},
		{"Background", `"a\nb"`, muster.Text("a\nb")},
		{"Share my profile", `"false"`, muster.Bool(false)}, {"Share my profile", `true`, muster.Bool(true)},
		{"Share my profile", `"False"`, muster.Bool(false)}, {"Share my profile", `"1"`, muster.Bool(true)}, {"Share my profile", `0`, muster.Bool(false)},
		{"Share my profile", `"YES"`, muster.Bool(true)}, {"Share my profile", `"no"`, muster.Bool(false)}, {"Share my profile", `""`, none},
		{"Hours on duty", `"17"`, muster.Number(17)}, {"Hours on duty", `18.5`, muster.Number(18.5)}, {"Hours on duty", `null`, none},
		{"Date of birth", `"1990-05-17"`, muster.Text("1990-05-17")}, {"Date of birth", `"5/7/1990"`, muster.Text("1990-05-07")},
		{"Date of birth", `"05/17/1990"`, muster.Text("1990-05-17")}, {"Date of birth", `"1990-05-18T00:00:00"`, muster.Text("1990-05-18")},
		{"Date of birth", `"1990-05-19T00:00:00Z"`, muster.Text("1990-05-19")},
		{"Date of birth", `"5/20/1990 12:00:00 AM"`, muster.Text("1990-05-20")}, {"Date of birth", `""`, none},
		{"Shift", `"Night"`, muster.Text("Night")}, {"Shift", `null`, none},
		{"Units", `"Traffic, K9"`, muster.List{"Traffic", "K9"}}, {"Units", `["Marine"]`, muster.List{"Marine"}}, {"Units", `[]`, none},
		{"Tags", `"a, b ,,c"`, muster.List{"a", "b", "c"}}, {"Tags", `["x, y"]`, muster.List{"x, y"}}, {"Tags", `" , "`, none},
		{"Website", `" https://example.org/a "`, muster.Text("https://example.org/a")},
		{"Time zone", `"europe/berlin"`, muster.Text("Europe/Berlin")}, {"Time zone", `"Tokyo Standard Time"`, muster.Text("Asia/Tokyo")},
		{"Mentor", `"SOMEUSERNAME"`, muster.Text(demo.V1ID)}, {"Mentor", `1001`, muster.Text(demo.PageID)}, {"Mentor", `""`, none},
	} {
		body := fmt.Sprintf(`{"UserID":12,%q:%s}`, c.label, c.sent)
		res := w.set("AddUser=false", body)
		if c.sent == `00` { // no JSON
			if res.Code != http.StatusBadRequest {
				t.Errorf("%s: %d", body, res.Code)
			}
			continue
		}
		label := c.label
		if strings.HasPrefix(label, "T") && strings.HasSuffix(label, "ne") && label != "Time zone" || label == "Telefon" {
			label = "Phone"
		}
		if got := w.value(t, casey, label); res.Code != http.StatusOK || !muster.SameValue(got, c.want) {
			t.Errorf("%s: %d, %v, want %v: %s", body, res.Code, got, c.want, res.Body)
		}
	}
	before := w.newest(t)
	for _, body := range []string{
		`"Share my profile":"perhaps"`, `"Share my profile":2`, `"Share my profile":["true"]`, `"Hours on duty":"many"`, `"Hours on duty":-1`,
		`"Hours on duty":"1_000"`, `"Hours on duty":"0x1p4"`, `"Hours on duty":"Infinity"`, `"Hours on duty":"1e400"`,
		`"Date of birth":"01/02/03"`, `"Date of birth":"1/2/90"`, `"Date of birth":"31/12/1990"`, `"Date of birth":"2001-02-30"`,
		`"Shift":"night"`, `"Units":"Traffic, Trains"`, `"Units":[1.5]`, `"Units":[["Traffic"]]`, `"Website":"javascript:alert(1)"`,
		`"Time zone":"5"`, `"Time zone":"Middle of nowhere"`, `"Mentor":"nobody.here"`, `"Phone":{"a":"b"}`, `"Phone":["1","2"]`,
		`"Discord ID":"123"`, `"Language":["de"]`, `"About me":{}`, `"Email":["a@example.org"]`, `"Email":"nowhere"`, `"Username":"x\ny"`,
		`"About me":"a","Bio":"b"`, `"Phone":"1","Telefon":"1"`, `"COMPANY":"x"`, `" Company":"x"`, `"Company":"x","compANY":"y"`, `"Password":"x"`,
	} {
		if res := w.set("AddUser=false", `{"UserID":12,"Company":"changed",`+body+`}`); res.Code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", body, res.Code, res.Body)
		}
	}
	if after := w.newest(t); after != before {
		t.Errorf("%d changes were written by refused requests", after-before)
	}
}

// The identifiers: which finds the user, what becomes of the others.
func TestIdentifiers(t *testing.T) {
	for _, c := range []struct {
		name, body string
		status     int
		username   string // of number 12 after it
		email      string
	}{
		{"id as a text", `{"UserID":"12","Phone":"1"}`, 200, "casey.marlow", "casey.marlow@example.org"},
		{"id in another case", `{"userid":12,"Phone":"1"}`, 200, "casey.marlow", "casey.marlow@example.org"},
		{"id, others to set", `{"UserID":12,"Email":" new@example.org ","USERNAME":"newname"}`, 200, "newname", "new@example.org"},
		{"username, e-mail to set", `{"Username":"Casey.Marlow","Email":"new@example.org"}`, 200, "casey.marlow", "new@example.org"},
		{"e-mail", `{"Email":" CASEY.marlow@example.org","Phone":"1"}`, 200, "casey.marlow", "casey.marlow@example.org"},
		{"e-mail to clear", `{"UserID":12,"Email":""}`, 200, "casey.marlow", ""},
		{"blank ones count as not there", `{"UserID":"","Username":" ","Email":"casey.marlow@example.org"}`, 200, "casey.marlow", "casey.marlow@example.org"},
		{"username of another", `{"UserID":12,"Username":"someusername"}`, 409, "casey.marlow", "casey.marlow@example.org"},
		{"two people", `{"Username":"SOMEUSERNAME","Email":"casey.marlow@example.org"}`, 409, "casey.marlow", "casey.marlow@example.org"},
		{"unknown id beside a known e-mail", `{"UserID":999999,"Email":"casey.marlow@example.org"}`, 404, "casey.marlow", "casey.marlow@example.org"},
		{"no number", `{"UserID":"casey"}`, 400, "casey.marlow", "casey.marlow@example.org"},
		{"nobody named", `{"Phone":"1"}`, 400, "casey.marlow", "casey.marlow@example.org"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			res := w.set("AddUser=false", c.body)
			v := w.account(t, casey)
			if res.Code != c.status || v.Username != c.username || v.Email != c.email {
				t.Errorf("%d %s, %q %q", res.Code, res.Body, v.Username, v.Email)
			}
		})
	}
}

// The chart of who reports to whom, by usernames.
func TestReportsTo(t *testing.T) {
	w := newWorld(t)
	manager := func() any {
		t.Helper()
		var answer struct{ ResponseData map[string]any }
		if err := json.Unmarshal(w.send(http.MethodGet, "/api/users/12/details", "fast-key", "").Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		return answer.ResponseData["Reports to"]
	}
	for _, c := range []struct {
		body   string
		status int
		want   any
	}{
		{`{"UserID":12,"Reports to":"someusername"}`, 200, demo.V1Username},
		{`{"UserID":1234,"Reports to":"ExampleAccount"}`, 200, demo.V1Username},
		{`{"UserID":1001,"Reports to":"casey.marlow"}`, 400, demo.V1Username},
		{`{"UserID":12,"Reports to":"12"}`, 400, demo.V1Username},
		{`{"UserID":12,"Reports to":"nobody.here"}`, 400, demo.V1Username},
		{`{"UserID":2001,"Username":"1234"}`, 200, demo.V1Username},
		{`{"UserID":12,"Reports to":1234}`, 200, "1234"}, // a username before a number
		{`{"UserID":2001,"Username":"renamed"}`, 200, "renamed"},
		{`{"UserID":12,"Reports to":"casey.marlow@example.org"}`, 400, "renamed"},
		{`{"UserID":12,"Reports to":""}`, 200, nil},
		{`{"UserID":12,"Reports to":"2001"}`, 200, "renamed"},
	} {
		res := w.set("AddUser=false", c.body)
		if got := manager(); res.Code != c.status || got != c.want {
			t.Errorf("%s: %d %s, manager %v", c.body, res.Code, res.Body, got)
		}
	}
	if _, err := w.core.Delete(t.Context(), muster.Operator(demo.ID), muster.RefNumber(2001)); err != nil {
		t.Fatal(err)
	}
	if got := manager(); got != nil {
		t.Errorf("the manager is gone, and still is %v", got)
	}
}

// What the vendor's page says of preference fields, and the community's own
// names of time zones.
func TestOwnTimeZones(t *testing.T) {
	w := newWorld(t)
	_, err := w.core.UpdateCommunity(t.Context(), muster.Operator(demo.ID), func(c *muster.Community) {
		c.Settings.TimeZones = map[string]string{"17": "America/New_York"}
	})
	if err != nil {
		t.Fatal(err)
	}
	res := w.set("AddUser=false", `{"UserID":12,"Time zone":17}`)
	if got := w.value(t, casey, "Time zone"); res.Code != http.StatusOK || got != muster.Text("America/New_York") {
		t.Errorf("%d %s: %v", res.Code, res.Body, got)
	}
	var answer struct {
		ResponseData []struct{ ID, Name string }
		TotalRecords int
	}
	if err := json.Unmarshal(w.send(http.MethodGet, "/api/timezones", "read-key", "").Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.ResponseData) != answer.TotalRecords || answer.ResponseData[0] != struct{ ID, Name string }{"17", "America/New_York"} {
		t.Errorf("%d of %d, first %v", len(answer.ResponseData), answer.TotalRecords, answer.ResponseData[:1])
	}
}

// The forms of section 5 through the whole door, and what is counted of them.
func TestFormsAreCounted(t *testing.T) {
	w := newWorld(t)
	if res := w.set("", `"{\"UserID\":12,\"Phone\":\"1\"}"`); res.Code != http.StatusOK {
		t.Fatal(res.Code, res.Body)
	}
	r := httptest.NewRequest(http.MethodPost, "/api/users/fields?token=fast-key", strings.NewReader("=%7B%22UserID%22%3A12%7D"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	res := httptest.NewRecorder()
	w.handler.ServeHTTP(res, r)
	if res.Code != http.StatusOK {
		t.Fatal(res.Code, res.Body)
	}
	if diff := cmp.Diff(map[string]float64{"A": 0, "B": 1, "C": 0, "D": 0, "E": 0, "F": 1, "G": 0}, counted(t, w.dialect)); diff != "" {
		t.Error(diff)
	}
	large := w.set("", `{"UserID":12,"Background":"`+strings.Repeat("x", 64<<10)+`"}`)
	if large.Code != http.StatusRequestEntityTooLarge {
		t.Error(large.Code)
	}
}

// A new user has a name that all dialects show.
func TestNewcomersName(t *testing.T) {
	w := newWorld(t)
	for body, want := range map[string]string{
		`{"Email":"kim@example.org","First name":"Kim","Last name":"Lee"}`: "Kim Lee",
		`{"Email":"kit@example.org"}`:                                      "kit",
	} {
		res := w.set("AddUser=true", body)
		var answer struct{ ResponseData int64 }
		if err := json.Unmarshal(res.Body.Bytes(), &answer); err != nil || res.Code != http.StatusOK {
			t.Fatal(res.Code, res.Body, err)
		}
		if v := w.account(t, muster.RefNumber(answer.ResponseData)); v.Name != want {
			t.Errorf("%s: the name %q", body, v.Name)
		}
	}
}

// A password is a new user's only, and neither shown nor kept in history.
func TestPassword(t *testing.T) {
	w := newWorld(t)
	before := w.newest(t)
	for query, body := range map[string]string{
		"AddUser=false": `{"UserID":12,"Password":"s3cret-s3cret"}`, "AddUser=": `{"Email":"kim@example.org","Password":"s3cret-s3cret"}`,
		"AddUser=true": `{"Email":"kim@example.org","Password":""}`, "addUser=true": `{"Email":"kim@example.org","Password":{}}`,
	} {
		if res := w.set(query, body); res.Code != http.StatusBadRequest || !strings.Contains(res.Body.String(), "Invalid value of Password") {
			t.Errorf("%s: %d %s", query, res.Code, res.Body)
		}
	}
	if after := w.newest(t); after != before {
		t.Error("a refused request has written")
	}
	if res := w.set("AddUser=true", `{"Email":"kim@example.org","Password":"s3cret-s3cret"}`); res.Code != http.StatusOK {
		t.Fatal(res.Code, res.Body)
	}
	_, err := w.core.SignIn(t.Context(), core.SignIn{Visitor: core.Visitor{Dialect: communifire.Name}, Name: "kim", Password: "s3cret-s3cret"})
	if err != nil {
		t.Error(err)
	}
	history, err := w.core.History(t.Context(), muster.Operator(demo.ID), core.HistoryQuery{Limit: 5})
	if err != nil {
		t.Fatal(err)
	}
	if text, err := json.Marshal(history); err != nil || strings.Contains(string(text), "s3cret") {
		t.Errorf("%s, %v", text, err)
	}
}

func TestPathsThatAreNotServed(t *testing.T) {
	w := newWorld(t)
	for path, status := range map[string]int{
		"GET /api/users/5/friends": 501, "DELETE /api/users/me/devicetokens": 501, "GET /api/saml/details": 501,
		"GET /api/users/12": 404, "POST /api/users/me": 405, "GET /api/usersx": 404,
	} {
		method, path, _ := strings.Cut(path, " ")
		res := w.send(method, path, "fast-key", "")
		enveloped := strings.HasPrefix(res.Body.String(), `{"IsError":true,`)
		if res.Code != status || !enveloped && path != "/api/usersx" {
			t.Errorf("%s %s: %d %s", method, path, res.Code, res.Body)
		}
	}
	if !strings.Contains(string(communifire.Spec), "openapi: 3") {
		t.Error("no contract")
	}
}
