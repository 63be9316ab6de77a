package communifire_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/demo"
)

// Every member that the call knows, with every type of JSON: taken or refused
// in the envelope, never a failure of ours.
func TestHostileMembers(t *testing.T) {
	w := newWorld(t)
	catalogue, err := w.core.Catalogue(t.Context(), muster.Operator(demo.ID))
	if err != nil {
		t.Fatal(err)
	}
	labels := []string{"UserID", "Username", "Email", "Password", "About me", "Bio", "Language", "", "Nobody", "IsError", "values.phone"}
	for _, f := range catalogue.Fields {
		labels = append(labels, f.Label)
	}
	for _, label := range labels {
		for _, value := range []string{
			`null`, `true`, `0`, `-1`, `1.5`, `1e999`, `99999999999999999999`, `""`, `" "`, `"\u0000"`, `"x\ny"`, `"` + strings.Repeat("é", 20_000) + `"`,
			`[]`, `[null]`, `["a","a"]`, `[[1]]`, `[{}]`, `{}`, `{"a":1}`,
		} {
			name, err := json.Marshal(label)
			if err != nil {
				t.Fatal(err)
			}
			for _, mode := range []string{"", "true", "false"} {
				body := fmt.Sprintf(`{"UserID":12,%s:%s}`, name, value)
				if label == "UserID" {
					body = fmt.Sprintf(`{"UserID":%s,"Email":"casey.marlow@example.org"}`, value)
				}
				res := w.set("AddUser="+mode, body)
				if res.Code >= http.StatusInternalServerError || !strings.HasPrefix(res.Body.String(), `{"IsError":`) {
					t.Errorf("AddUser=%s %.100s: %d %.200s", mode, body, res.Code, res.Body)
				}
			}
		}
	}
	for _, id := range []string{"0", "-1", "x", "1e3", "99999999999999999999", "%00", "%ff", "me%2Fx"} {
		res := w.send(http.MethodGet, "/api/users/"+id+"/details", "fast-key", "")
		if res.Code < 400 || res.Code >= 500 {
			t.Errorf("user %s: %d %s", id, res.Code, res.Body)
		}
	}
}

// The query of the call: whatever is not one of its words is refused.
func TestAddUserWords(t *testing.T) {
	w := newWorld(t)
	for query, want := range map[string]int{
		"": 200, "AddUser": 200, "AddUser=": 200, "AddUser=FALSE": 200, "adduser=False": 200, "AddUser=false&ADDUSER=False": 200,
		"AddUser=True": 409, "AddUser=1": 400, "AddUser=0": 400, "AddUser=yes": 400, "AddUser=null": 400, "AddUser=%20": 400,
		"AddUser=true&AddUser=false": 400, "AddUser=&adduser=false": 400, "AddUser=false&x;y": 400,
		"AddUser=false&UnknownFields=perhaps": 400, "AddUser=false&UnknownManager=x": 400,
	} {
		if res := w.set(query, `{"UserID":12,"Phone":"1"}`); res.Code != want {
			t.Errorf("%s: %d, want %d: %s", query, res.Code, want, res.Body)
		}
	}
}

// The media types of section 5.
func TestContentTypes(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		types []string
		want  int
	}{
		{nil, 200}, {[]string{"application/json"}, 200}, {[]string{"APPLICATION/JSON; Charset=utf-8"}, 200}, {[]string{"text/json"}, 200},
		{[]string{"text/plain"}, 415}, {[]string{"application/xml"}, 415}, {[]string{"multipart/form-data; boundary=x"}, 415}, {[]string{"json"}, 415},
		{[]string{""}, 415}, {[]string{"application/x-www-form-urlencoded"}, 415}, // which begins with no =
		{[]string{"application/json", "text/plain"}, 415},
	} {
		r := httptest.NewRequest(http.MethodPost, "/api/users/fields?AddUser=false", strings.NewReader(`{"UserID":12,"Phone":"1"}`))
		r.Header["Content-Type"] = c.types
		r.Header.Set("Rest-Api-Key", "fast-key")
		res := httptest.NewRecorder()
		w.handler.ServeHTTP(res, r)
		if res.Code != c.want {
			t.Errorf("%q: %d, want %d: %s", c.types, res.Code, c.want, res.Body)
		}
	}
}

// Somebody who is gone is nobody: the same person can be added anew.
func TestAddUserAfterDeletion(t *testing.T) {
	w := newWorld(t)
	if _, err := w.core.Delete(t.Context(), muster.Operator(demo.ID), casey); err != nil {
		t.Fatal(err)
	}
	body := `{"Username":"casey.marlow","Email":"casey.marlow@example.org"}`
	for _, c := range []struct {
		mode string
		want int
	}{{"false", 404}, {"", 200}, {"true", 409}} {
		if res := w.set("AddUser="+c.mode, body); res.Code != c.want || strings.Contains(res.Body.String(), `"ResponseData":12}`) {
			t.Errorf("AddUser=%s: %d %s", c.mode, res.Code, res.Body)
		}
	}
}

// A community's own fields go before the members of accounts with their
// labels, both ways; and none takes a password in.
func TestOwnFieldsGoBefore(t *testing.T) {
	w := newWorld(t)
	admin := muster.Operator(demo.ID)
	for id, label := range map[muster.FieldID]string{"own_about": "About me", "own_language": "Language", "own_password": "Password"} {
		f := muster.Field{ID: id, Key: string(id), Label: label, Type: muster.TypeText, Scope: muster.ScopeProfile}
		if err := w.core.PutField(t.Context(), admin, f); err != nil {
			t.Fatal(err)
		}
	}
	shown := func() map[string]any {
		var answer struct{ ResponseData map[string]any }
		if err := json.Unmarshal(w.send(http.MethodGet, "/api/users/12/details", "fast-key", "").Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		return answer.ResponseData
	}
	if res := w.set("AddUser=false", `{"UserID":12,"About me":"<b>a</b><script>x</script>","Bio":"b","Language":"Klingon"}`); res.Code != http.StatusOK {
		t.Fatal(res.Code, res.Body)
	}
	if got := shown(); got["About me"] != "<b>a</b>" || got["Bio"] != "b" || got["Language"] != "Klingon" {
		t.Errorf("%v, %v, %v", got["About me"], got["Bio"], got["Language"])
	}
	if v := w.account(t, casey); v.Bio != "b" || v.Language == "Klingon" {
		t.Errorf("bio %q, language %q", v.Bio, v.Language)
	}
	if res := w.set("AddUser=false", `{"UserID":12,"About me":"","Language":null}`); res.Code != http.StatusOK {
		t.Fatal(res.Code, res.Body)
	}
	if got := shown(); got["About me"] != "" || got["Language"] != "" {
		t.Errorf("%v, %v", got["About me"], got["Language"])
	}
	if res := w.set("AddUser=false", `{"UserID":12,"Password":"s3cret-s3cret"}`); res.Code != http.StatusBadRequest {
		t.Errorf("a field took the password: %d %s", res.Code, res.Body)
	}
}
