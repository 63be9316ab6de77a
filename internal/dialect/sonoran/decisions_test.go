package sonoran_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/muster-accounts/muster/internal/demo"
)

// What the vendor leaves open or contradicts itself in, and what its users
// complained of, as README.md decides it: each row in a world of its own,
// request after request, of which the last one's answer counts.
func TestDecisions(t *testing.T) {
	t.Parallel()
	v1 := func(path, data string) [3]string {
		return [3]string{http.MethodPost, path, `{"id":"demo","key":"demo-key","type":"GET_COM_ACCOUNT","data":` + data + `}`}
	}
	bare := func(path, body string) [3]string { return [3]string{http.MethodPost, path, body} }
	v2 := func(method, path, body string) [3]string { return [3]string{method, "/v2/community" + path, body} }
	const page, other = "/accounts/" + string(demo.PageID), "/accounts/" + string(demo.V1ID)
	for _, c := range []struct {
		name   string
		asked  [][3]string
		status int
		needs  string
	}{
		{"the path decides, not the type", [][3]string{v1("/general/get_departments", `[]`)}, 200, `"labelTwo"`},
		{"serverId and product beside the data", [][3]string{bare("/general/get_sub_version", `{"id":"demo","key":"demo-key","serverId":1,"product":1}`)}, 200, "=5"},
		{"slash at the end", [][3]string{v1("/general/get_sub_version/", `[]`)}, 200, "=5"},
		{"two slashes", [][3]string{v1("//general//get_sub_version", `{}`)}, 200, "=5"},
		{"two slashes in v2", [][3]string{{http.MethodGet, "//v2//community/sub-version/", ""}}, 200, `"subVersion":5`},
		{"the community's UUID", [][3]string{bare("/general/get_sub_version", `{"id":"`+demo.UUID+`","key":"demo-key"}`)}, 200, "=5"},
		{"a bad key is 400 and the exact text", [][3]string{bare("/general/get_com_account", `{"id":"demo","key":"bad"}`)}, 400, "=INVALID API KEY"},
		{"a bad community is 400 and the exact text", [][3]string{bare("/general/get_com_account", `{"id":"bad","key":"demo-key"}`)}, 400, "=INVALID COMMUNITY ID"},
		{"nobody is found by search with 200", [][3]string{v2("GET", "/accounts/search?apiId=nobody", "")}, 200, `"data":{"items":[],"total":0}`},
		{"search matches whole", [][3]string{v2("GET", "/accounts/search?username=ExampleAcc", "")}, 200, `"items":[]`},
		{"search has ranks", [][3]string{v2("GET", "/accounts/search?discord=1234567890", "")}, 200, `"ranks":["` + string(demo.PageRank) + `"]`},
		{"identifiers are tried in turn", [][3]string{v1("/general/check_com_apiid", `[{"apiId":"`+demo.V1APIID+`"}]`)}, 200, "=" + demo.V1Username},
		{"the same value as apiId and accId", [][3]string{v1("/servers/verify_whitelist", `[{"apiId":"`+string(demo.PageID)+`","accId":"`+string(demo.PageID)+`","serverId":1}]`)}, 200, "=ExampleAccount"},
		{"a prefixed id", [][3]string{v1("/general/check_com_apiid", `[{"apiId":"discord:1234567890"}]`)}, 200, "=ExampleAccount"},
		{"the second entry of data is nobody's", [][3]string{v1("/general/get_account_ranks", `[{"uniqueId":1234},{"uniqueId":1001}]`)}, 200, "=[]"},
		{"no identity at all", [][3]string{v1("/general/get_com_account", `[{}]`)}, 400, "=NO ACCOUNT FOUND UNDER GIVEN PARAMETERS IN THIS COMMUNITY"},
		{"not linked is 404 for the clock", [][3]string{v1("/general/clock_in_out", `[{"apiId":"nobody"}]`)}, 404, "=API ID NOT LINKED TO AN ACCOUNT IN THIS COMMUNITY"},
		{"add and remove of nothing", [][3]string{v1("/general/set_account_ranks", `[{"uniqueId":1001,"add":[],"remove":[]}]`)}, 200, `=["` + string(demo.PageRank) + `"]`},
		{"remove beats add", [][3]string{v1("/general/set_account_ranks", `[{"uniqueId":1001,"add":["rank-1"],"remove":["rank-1"]}]`)}, 200, `=["` + string(demo.PageRank) + `"]`},
		{"a rank by its label", [][3]string{v1("/general/set_account_ranks", `[{"uniqueId":1001,"set":["Event Host"]}]`)}, 200, `=["rank-1"]`},
		{"a rank that is none", [][3]string{v1("/general/set_account_ranks", `[{"uniqueId":1001,"set":["none"]}]`)}, 400, `there is no rank`},
		{"the path wins over the body", [][3]string{v2("PATCH", page+"/ranks", `{"accId":"`+string(demo.V1ID)+`","add":["rank-1"]}`), v2("GET", other+"/ranks", "")}, 200, `"data":[]`},
		{"a null value clears", [][3]string{
			v1("/general/edit_acc_profile_fields", `[{"uniqueId":1234,"profileFields":[{"id":"background","value":"x"}]}]`),
			v1("/general/edit_acc_profile_fields", `[{"uniqueId":1234,"profileFields":[{"fieldId":"background","value":null}]}]`),
		}, 200, `=[{"id":"discord","value":"111122223333444455"}]`},
		{"v2 answers all fields that hold data", [][3]string{v2("PATCH", page+"/profile-fields", `{"profileFields":[{"id":"background","value":"x"}]}`)}, 200, `"id":"discord" && "value":"x"`},

		{"complaint: a rank left a member pending", [][3]string{v2("PATCH", other+"/ranks", `{"add":["rank-1"],"active":false}`)}, 200, `"comStatus":true`},
		{"complaint: no rank, and active", [][3]string{v2("PATCH", page+"/ranks", `{"set":[],"active":true}`)}, 200, `"comStatus":false && "ranks":[]`},
		{"complaint: status and rank at once wiped ranks", [][3]string{v2("PATCH", page+"/ranks", `{"add":["rank-1"],"active":true}`)}, 200, `"ranks":["` + string(demo.PageRank) + `","rank-1"]`},
		{"complaint: ranks stayed after a ban", [][3]string{v1("/general/ban_account", `[{"uniqueId":1001}]`), v1("/general/get_account_ranks", `[{"uniqueId":1001}]`)}, 200, "=[]"},
		{"complaint: no way back from a ban, and ranks lost by it", [][3]string{
			v1("/general/ban_account", `[{"uniqueId":1001}]`), v1("/general/unban_account", `[{"uniqueId":1001,"restoreRanks":true}]`),
		}, 200, `"banned":false && "ranks":["` + string(demo.PageRank) + `"]`},
		{"complaint: the number was missing", [][3]string{v1("/general/get_com_account", `[{"uniqueId":1001}]`)}, 200, `"uniqueId":1001`},
		{"complaint: no TeamSpeak id", [][3]string{v1("/general/get_com_account", `[{"uniqueId":3001}]`)}, 200, `"teamspeakId":"ts"`},
		{"complaint: the Discord field was not shown", [][3]string{v2("GET", page, "")}, 200, `{"id":"discord","value":"1234567890"}`},
		{"complaint: ACE permissions were wiped", [][3]string{
			v2("PATCH", "/servers/1/ace-config", `{"mappings":[{"rank":"rank-1"}]}`), v1("/servers/set_game_servers", `{"0":{"name":"Main server","description":"d"}}`),
			v2("GET", "/servers/1/ace-config", ""),
		}, 200, `"mappings":[{"rank":"rank-1"}]`},
		{"a server's id that is no number is a refusal", [][3]string{v1("/servers/verify_whitelist", `[{"uniqueId":1001,"serverId":"one"}]`)}, 400, `={"status":400,"message":"INVALID_SERVER_ID"}`},
		{"servers set to an empty list are none", [][3]string{v1("/servers/set_game_servers", `{}`)}, 200, `"data":[]`},
		{"servers set without data", [][3]string{bare("/servers/set_game_servers", `{"id":"demo","key":"demo-key"}`)}, 400, "=INVALID REQUEST: data: must be a list of servers"},
		{"servers set to null", [][3]string{v1("/servers/set_game_servers", `null`)}, 400, "=INVALID REQUEST: data: must be a list of servers"},
		{"servers put without a body's members", [][3]string{v2("PUT", "/servers", `{}`)}, 400, `"detail":"data: must be a list of servers"`},
		{"complaint: no trace id", [][3]string{v2("GET", "/accounts/nobody", "")}, 404, `"traceId":"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for i, asked := range c.asked {
				status := http.StatusOK
				if i == len(c.asked)-1 {
					status = c.status
				}
				res := w.ask(t, status, asked[0], asked[1], asked[2])
				if i == len(c.asked)-1 && !answers(strings.TrimSpace(res.Body.String()), c.needs) {
					t.Errorf("%s, want %s", res.Body, c.needs)
				}
			}
		})
	}
}
