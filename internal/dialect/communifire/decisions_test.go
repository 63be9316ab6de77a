package communifire_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/demo"
)

// What the vendor's page leaves open, row by row, and what is answered here.
func TestDecisions(t *testing.T) {
	type call struct {
		method, path, key, body string
		status                  int
		says                    string // a part of the answer
	}
	set := func(query, key, body string, status int, says string) call {
		return call{http.MethodPost, "/api/users/fields?" + query, key, body, status, says}
	}
	get := func(path, key, says string) call { return call{http.MethodGet, path, key, "", http.StatusOK, says} }
	for _, row := range []struct {
		question string
		flip     string
		calls    []call
	}{
		{"status of logic errors", "", []call{set("AddUser=false", "fast-key", `{"UserID":999999}`, 404, `"IsError":true`)}},
		{"status of logic errors, forced", "200", []call{set("AddUser=false", "fast-key", `{"UserID":999999}`, 200, `"IsError":true`)}},
		{"unknown label", "", []call{
			set("AddUser=false", "fast-key", `{"UserID":12,"Company":"New","phone":"1"}`, 400, `did you mean \"Phone\"?`),
			get("/api/users/12/details", "fast-key", `"Company":"Old Harbour Trading"`),
			set("AddUser=false&UnknownFields=ignore", "fast-key", `{"UserID":12,"Company":"New","phone":"1"}`, 200, `"ResponseData":12`),
		}},
		{"AddUser=true but exists", "", []call{set("AddUser=true", "fast-key", `{"Username":"casey.marlow","Email":"x@example.org"}`, 409, "Conflict: ")}},
		{"e-mail both key and value", "", []call{
			set("AddUser=false", "fast-key", `{"Username":"casey.marlow","Email":"moved@example.org"}`, 200, `"ResponseData":12`),
			set("AddUser=false", "fast-key", `{"Email":"moved@example.org","Phone":"7"}`, 200, `"ResponseData":12`),
			set("AddUser=false", "fast-key", `{"UserID":12,"Username":"moved","Email":"again@example.org"}`, 200, `"ResponseData":12`),
			get("/api/users/12/details", "fast-key", `"UserName":"moved"`),
		}},
		{"numeric UserID as text", "", []call{set("AddUser=false", "fast-key", `{"UserID":"12","Phone":"7"}`, 200, `"ResponseData":12}`)}},
		{"null and the empty text clear", "", []call{
			set("AddUser=false", "fast-key", `{"UserID":12,"Phone":null,"Company":""}`, 200, `"ResponseData":12`),
			get("/api/users/12/details", "fast-key", `"Phone":"","Bio"`), get("/api/users/12/details", "fast-key", `"Company":"","CompanyName":""`),
		}},
		{"time zone", "", []call{
			set("AddUser=false", "fast-key", `{"UserID":12,"Time zone":"europe/paris"}`, 200, ""), get("/api/users/12/details", "fast-key", `"Time zone":"Europe/Paris"`),
			set("AddUser=false", "fast-key", `{"UserID":12,"Time zone":"Tokyo Standard Time"}`, 200, ""), get("/api/users/12/details", "fast-key", `"Time zone":"Asia/Tokyo"`),
			get("/api/timezones", "fast-key", `"ID":"Tokyo Standard Time"`), // our own list, and TestOwnTimeZones has the community's map
			set("AddUser=false", "fast-key", `{"UserID":12,"Time zone":"17"}`, 400, "Invalid value of Time zone: "),
		}},
		{"me is bare and enveloped", "", []call{
			get("/api/users/me", "casey-key", `{"IsError":false,"ResponseMessage":"","ResponseData":{"UserID":12,`), get("/api/users/me", "casey-key", `},"UserID":12,"UserName":"casey.marlow"`),
		}},
		{"status of an added user", "", []call{set("AddUser=true", "fast-key", `{"Email":"new@example.org"}`, 200, `"IsError":false`)}},
		{"who may call", "", []call{
			set("AddUser=false", "casey-key", `{"UserID":12,"Phone":"8"}`, 200, `"ResponseData":12`), set("AddUser=false", "casey-key", `{"UserID":14,"Phone":"8"}`, 403, "Access denied: "),
			set("AddUser=true", "casey-key", `{"Email":"new@example.org"}`, 403, "Access denied: "), set("AddUser=true", "write-key", `{"Email":"new@example.org"}`, 403, "Access denied: "),
			set("AddUser=false", "write-key", `{"UserID":14,"Phone":"8"}`, 200, `"ResponseData":14`), set("AddUser=false", "read-key", `{"UserID":14,"Phone":"8"}`, 403, "Access denied: "),
			set("AddUser=true", "fast-key", `{"Email":"new@example.org"}`, 200, `"IsError":false`),
		}},
		{"password by fields", "", []call{
			set("AddUser=false", "fast-key", `{"UserID":12,"Password":"s3cret-s3cret"}`, 400, "Invalid value of Password: "),
			set("AddUser=true", "fast-key", `{"Email":"kim@example.org","Password":"s3cret-s3cret"}`, 200, `"IsError":false`),
			{http.MethodPut, "/api/users/token", "", `{"UserName":"kim","Password":"s3cret-s3cret"}`, 200, `"IsError":false`},
		}},
	} {
		t.Run(row.question, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.flip(t, "communifire.error_status", row.flip)
			for _, c := range row.calls {
				res := w.send(c.method, c.path, c.key, c.body)
				if res.Code != c.status || !strings.Contains(res.Body.String(), c.says) || strings.Contains(res.Body.String(), "s3cret") {
					t.Errorf("%s %s %s: %d %s, want %d and %s", c.method, c.path, c.body, res.Code, res.Body, c.status, c.says)
				}
			}
		})
	}
}

// The whole of a list comes page by page, for clients that stop at
// TotalRecords and for those that stop at a short page.
func TestScroll(t *testing.T) {
	w := newWorld(t)
	for _, size := range []string{"100", "126"} { // 504 users: the last page is short, and full
		var ids []int64
		for page := 1; page < 20; page++ {
			var answer struct {
				ResponseData []struct{ UserID int64 }
				TotalRecords int
			}
			path := "/api/users?sortorder=0&startpage=" + strconv.Itoa(page) + "&pagelength=" + size
			if err := json.Unmarshal(w.send(http.MethodGet, path, "fast-key", "").Body.Bytes(), &answer); err != nil || answer.TotalRecords != 504 {
				t.Fatal(answer.TotalRecords, err)
			}
			for _, u := range answer.ResponseData {
				if len(ids) > 0 && u.UserID <= ids[len(ids)-1] {
					t.Fatalf("%d after %d", u.UserID, ids[len(ids)-1])
				}
				ids = append(ids, u.UserID)
			}
			if len(ids) >= answer.TotalRecords {
				break
			}
		}
		if len(ids) != 504 {
			t.Errorf("%d users", len(ids))
		}
	}
}

// A list shows of users what each alone shows, managers by name among it, and
// no hidden values.
func TestListShowsWhatDetailsShow(t *testing.T) {
	w := newWorld(t)
	f, _, err := w.catalogue(t).Labelled("Company")
	if err != nil {
		t.Fatal(err)
	}
	f.See.Level = muster.LevelAdmin
	if err := w.core.PutField(t.Context(), muster.Operator(demo.ID), f); err != nil {
		t.Fatal(err)
	}
	if res := w.set("AddUser=false", `{"UserID":12,"Reports to":"SOMEUSERNAME"}`); res.Code != http.StatusOK {
		t.Fatal(res.Body)
	}
	one := w.send(http.MethodGet, "/api/users/12/details", "casey-key", "").Body.String()
	one = strings.TrimSuffix(strings.TrimPrefix(one, `{"IsError":false,"ResponseMessage":"","ResponseData":`), "}")
	list := w.send(http.MethodGet, "/api/users?username=casey", "casey-key", "").Body.String()
	if !strings.Contains(list, one) || !strings.Contains(one, `"Reports to":"SOMEUSERNAME"`) || strings.Contains(list, "Harbour Trading") {
		t.Errorf("%s\n%s", one, list)
	}
}
