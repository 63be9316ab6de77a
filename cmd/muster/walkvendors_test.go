package main

import "net/http"

// v1 is a request of Sonoran's first API: the key stands in the body.
func v1(entry string) ask { return ask{body: v1Body(entry)} }

func v1Body(entry string) string {
	return `{"id": "{community}", "key": "{secret}", "type": "WALK", "data": [` + entry + `]}`
}

// dry is an ask that is never done for good.
func dry(a ask) ask {
	a.tame = true
	return a
}

// Accounts as Sonoran's clients name them: one that is read, one that is
// written to.
const (
	v1Holder = `"accId": "{holder}"`
	v1Spare  = `"uniqueId": 4003`
)

// sonoranAsks are the requests of the game servers' API.
var sonoranAsks = map[string][]ask{
	"POST /general/get_com_account": {v1(`{` + v1Holder + `}`), v1(`{"apiId": "api-peer"}`), v1(`{"discord": "{discord}"}`), v1(`{"username": "spare"}`), v1(`{"username": "nobody at all"}`), v1(`{}`)},
	"POST /general/get_accounts":    {v1(`{"skip": 0, "take": 100, "sysStatus": true, "comStatus": true, "banned": false, "archived": false}`), v1(`{}`), v1(`{"take": "x"}`)},
	"POST /general/check_com_apiid": {v1(`{"apiId": "api-holder"}`), v1(`{"apiId": "x"}`)},
	"POST /general/set_account_name": {
		v1(`{` + v1Spare + `, "newName": "Named"}`), v1(`{` + v1Spare + `}`),
	},
	"POST /general/kick_account":  {dry(v1(`{` + v1Spare + `}`)), dry(v1(`{"username": "x"}`))},
	"POST /general/ban_account":   {dry(v1(`{` + v1Spare + `, "banInfo": "x", "banExpiration": "2090-01-01T00:00:00Z"}`)), dry(v1(`{` + v1Spare + `, "banExpiration": "x"}`))},
	"POST /general/unban_account": {dry(v1(`{` + v1Spare + `, "restoreRanks": true}`))},
	"POST /general/force_sync":    {v1(`{` + v1Spare + `}`)},
	"POST /game/identifiers":      {v1(`{` + v1Spare + `, "identifiers": [{"type": "ip", "value": "192.0.2.9"}]}`), v1(`{` + v1Spare + `, "identifiers": [{"type": "discord", "value": "555001"}]}`)},
	"POST /general/get_account_ranks": {
		v1(`{` + v1Holder + `}`),
	},
	"POST /general/set_account_ranks":       {v1(`{` + v1Spare + `, "add": ["member"]}`), v1(`{` + v1Spare + `, "set": ["nonsense"]}`)},
	"POST /general/undo_rank_change":        {dry(v1(`{"undoId": {undoId}, "userId": "{chief}"}`)), dry(v1(`{"undoId": 0}`))},
	"POST /general/get_promotion_flows":     {v1(`{}`)},
	"POST /general/trigger_promotion_flows": {dry(v1(`{"flowId": "flow", "users": ["{spare}"], "promote": true, "userId": "{holder}"}`)), dry(v1(`{"flowId": "x", "users": ["{spare}"]}`))},
	"POST /general/edit_acc_profile_fields": sonoranFieldAsks,
	"POST /general/edit_acc_proflie_fields": sonoranFieldAsks,
	"POST /general/get_profile_fields":      {v1(`{}`)},
	"POST /general/clock_in_out":            {v1(`{` + v1Spare + `, "forceClockIn": true, "type": "patrol"}`), v1(`{` + v1Spare + `, "intention": "out"}`), v1(`{` + v1Spare + `, "type": "x"}`)},
	"POST /general/get_current_clock_in":    {v1(`{` + v1Spare + `}`)},
	"POST /general/get_clockin_types":       {v1(`{}`)},
	"POST /general/get_latest_activity":     {v1(`{` + v1Spare + `, "type": "clockin"}`), v1(`{` + v1Spare + `, "type": "activity", "serverId": 1}`)},
	"POST /general/get_sub_version":         {v1(`{}`)},
	"POST /general/get_departments":         {v1(`{}`)},
	"POST /communities/lookup":              {v1(`{"id": "walk"}`), v1(`{"uuid": "x"}`)},
	"POST /servers/get_game_servers":        {v1(`{}`)},
	"POST /servers/set_game_servers":        {dry(v1(`{"id": 1, "name": "x"}`))},
	"POST /servers/add_game_servers":        {dry(v1(`{"id": 5, "name": "x"}`))},
	"POST /servers/set_server_type":         {v1(`{"serverId": 1, "type": "qb-core"}`)},
	"POST /servers/get_ace_config":          {v1(`{"serverId": 1}`)},
	"POST /servers/verify_whitelist":        {v1(`{"serverId": 1, "apiId": "api-holder"}`), v1(`{"serverId": 1, "apiId": "x"}`)},
	"POST /servers/full_whitelist":          {v1(`{"serverId": 1}`), v1(`{"serverId": 99}`)},
	"POST /servers/activity_tracker_start_stop": {
		v1(`{"serverId": 1, ` + v1Spare + `, "forceStart": true}`), v1(`{"serverId": 1, ` + v1Spare + `}`),
	},
	"POST /servers/activity_tracker_server_start": {v1(`{"serverId": 1}`)},

	"GET /v2/community":                                       {{}},
	"GET /v2/community/lookup":                                {{path: "?id=walk"}, {path: "?uuid=x"}},
	"GET /v2/community/sub-version":                           {{}},
	"GET /v2/community/departments":                           {{}},
	"GET /v2/community/profile-fields":                        {{}},
	"GET /v2/community/clockin-types":                         {{}},
	"GET /v2/community/promotion-flows":                       {{}},
	"POST /v2/community/promotion-flows/trigger":              {{body: `{"data": [{"flowId": "flow", "users": ["{spare}"], "promote": true, "userId": "{holder}"}]}`, tame: true}},
	"POST /v2/community/rank-changes/{undoId}/undo":           {{body: `{"userId": "{chief}"}`, tame: true}, {path: "/v2/community/rank-changes/0/undo", body: `{}`}},
	"GET /v2/community/accounts":                              {{path: "?skip=0&take=100&sysStatus=true&comStatus=true&banned=false&archived=false"}, {path: "?take=x"}, {}},
	"GET /v2/community/accounts/search":                       {{path: "?accountId={holder}"}, {path: "?apiId=api-holder"}, {path: "?accId={holder}"}, {path: "?username=holder"}, {path: "?discord={discord}"}, {path: "?discordId={discord}"}, {path: "?uniqueId=4001"}, {path: "?username=x"}},
	"GET /v2/community/accounts/discord/{discordId}":          {{}, {path: "/v2/community/accounts/discord/0"}},
	"GET /v2/community/accounts/{accountId}":                  {{}, {path: "/v2/community/accounts/{peer}"}, {path: "/v2/community/accounts/{spare}"}, {path: "/v2/community/accounts/{gone}"}},
	"GET /v2/community/accounts/{accountId}/ranks":            {{}},
	"PATCH /v2/community/accounts/{accountId}/ranks":          {{path: "/v2/community/accounts/{spare}/ranks", body: `{"add": ["member"], "active": true}`}, {body: `{"set": ["nonsense"]}`}},
	"PATCH /v2/community/accounts/{accountId}/profile-fields": {{body: `{"profileFields": [{"id": "h.drop", "value": "x"}]}`, tame: true}, {body: `{"profileFields": [{"id": "h.text", "value": "x"}]}`}, {body: `{"profileFields": [{"id": "h.choice", "value": "x"}]}`}},
	"PATCH /v2/community/accounts/{accountId}/name":           {{path: "/v2/community/accounts/{spare}/name", body: `{"newName": "Renamed"}`}},
	"GET /v2/community/accounts/{accountId}/identifiers":      {{}},
	"POST /v2/community/accounts/{accountId}/identifiers":     {{path: "/v2/community/accounts/{spare}/identifiers", body: `{"identifiers": [{"type": "ip", "value": "192.0.2.8"}]}`}},
	"POST /v2/community/accounts/{accountId}/clock":           {{path: "/v2/community/accounts/{spare}/clock", body: `{"forceClockIn": true, "type": "patrol"}`}, {path: "/v2/community/accounts/{spare}/clock", body: `{"intention": "out"}`}},
	"GET /v2/community/accounts/{accountId}/clock/current":    {{}},
	"GET /v2/community/accounts/{accountId}/activity/latest":  {{path: "?type=clockin&clockInType=patrol"}, {path: "?type=activity&serverId=1"}},
	"POST /v2/community/accounts/{accountId}/sync":            {{path: "/v2/community/accounts/{spare}/sync", body: `{}`}},
	"GET /v2/community/servers":                               {{}},
	"PUT /v2/community/servers":                               {{body: `{"data": {"servers": [{"id": 1, "name": "x"}]}}`, tame: true}},
	"POST /v2/community/servers":                              {{body: `{"data": {"servers": [{"id": 6, "name": "x"}]}}`, tame: true}},
	"PATCH /v2/community/servers/{serverId}/type":             {{body: `{"type": "esx"}`}},
	"GET /v2/community/servers/{serverId}/ace-config":         {{}},
	"PATCH /v2/community/servers/{serverId}/ace-config":       {{body: `{"mappings": []}`}},
	"GET /v2/community/servers/{serverId}/whitelist":          {{}},
	"POST /v2/community/servers/{serverId}/whitelist/check":   {{body: `{"apiId": "api-holder"}`}, {body: `{"username": "x"}`}},
	"POST /v2/community/servers/{serverId}/activity":          {{body: `{"accId": "{spare}", "forceStart": true}`}, {body: `{"accId": "{spare}", "forceClear": true}`}},
	"POST /v2/community/servers/{serverId}/activity/start":    {{body: `{}`}},
}

var sonoranFieldAsks = []ask{
	dry(v1(`{` + v1Holder + `, "profileFields": [{"id": "h.drop", "value": "x"}]}`)), v1(`{` + v1Spare + `, "profileFields": [{"id": "communifire.company", "value": "x"}]}`),
	v1(`{` + v1Holder + `, "profileFields": [{"id": "h.text", "value": "x"}]}`), v1(`{` + v1Holder + `, "profileFields": [{"id": "h.choice", "value": "x"}]}`),
	v1(`{` + v1Holder + `, "profileFields": [{"id": "h.boss", "value": "nobody"}]}`), v1(`{` + v1Holder + `, "profileFields": [{"id": "h.drop", "value": 5}]}`),
}

// communifireAsks are those of the intranet's.
var communifireAsks = map[string][]ask{
	"POST /api/users/fields": {
		{path: "?AddUser=false", body: `{"UserID": "4003", "About me": "from the intranet", "Company": "x"}`},
		{path: "?AddUser=false", body: `{"UserID": "4001", "Interests": "x"}`}, {path: "?AddUser=false", body: `{"UserID": "4001", "A secret choice": "x", "A secret number": "x"}`},
		{path: "?AddUser=false&UnknownFields=ignore", body: `{"Username": "spare", "no such label": "x", "a secret": "x"}`},
		{path: "?AddUser=false&UnknownManager=defer", body: `{"UserID": "4003", "A secret boss": "somebody", "Reports to": "somebody"}`},
		{path: "?AddUser=false", body: `{"UserID": "4001", "A letter box": "x"}`, tame: true}, {path: "?AddUser=true", body: `{"Email": "holder@example.org", "Username": "holder"}`},
		{path: "?AddUser=true", body: `{"Email": "walked@example.org", "FirstName": "New"}`, tame: true}, {body: `{"UserID": "4003", "Username": "holder"}`},
	},
	"PUT /api/users/token": {
		{path: "/c/walk/api/users/token", body: `{"UserName": "peer", "Password": "a long password"}`, free: true}, {path: "/c/walk/api/users/token", body: `{"UserName": "holder", "Password": "wrong"}`, free: true},
	},
	"GET /api/users": {{path: "?PageLength=1000&SortOrder=0"}, {path: "?UserName=hold&StartPage=1"}, {path: "?UserName=walr"}, {path: "?PageLength=1000&SortOrder=A%20secret"}},
	"GET /api/users/me": {
		{},
	},
	"GET /api/users/{id}/details": {{path: "/api/users/{number}/details"}, {path: "/api/users/{spareNumber}/details"}, {path: "/c/walk/api/users/4002/details"}, {path: "/api/users/0/details"}},
	"GET /api/timezones":          {{}},
}

// freesewingAsks are the requests of FreeSewing's API: those of guests, and
// those that go by a token and by a key alike.
var freesewingAsks = func() map[string][]ask {
	update := []ask{{body: `{"bio": "updated"}`}, {body: `{"github": "x"}`}, {body: `{"username": "holder"}`, tame: true}, {body: `{"email": "holder@example.org"}`, tame: true}, {body: `{"data": {"a": 1}, "control": 9}`}}
	var of []ask
	for _, a := range update {
		for _, id := range []string{"4003", "{holder}"} {
			a.path = id
			of = append(of, a)
		}
	}
	asks := map[string][]ask{
		"POST /signin":                    {{path: "/c/walk/signin", body: `{"username": "peer", "password": "a long password"}`, free: true}, {path: "/c/walk/signin", body: `{"username": "holder", "password": "x"}`, free: true}},
		"POST /login":                     {{path: "/c/walk/login", body: `{"username": "peer", "password": "a long password"}`, free: true}},
		"PUT /consent/jwt":                {{body: `{"consent": 1}`}},
		"PATCH /consent/jwt":              {{body: `{"consent": 2}`}, {body: `{"consent": "x"}`}},
		"GET /whoami/jwt":                 {{}},
		"GET /whoami/key":                 {{}},
		"GET /admin/impersonate/{id}/jwt": {{path: "/admin/impersonate/{holder}/jwt"}},
		"POST /signup":                    {{path: "/c/walk/signup", body: `{"email": "signed@example.org", "language": "en"}`, free: true}, {path: "/c/walk/signup", body: `{"email": "holder@example.org", "language": "en"}`, free: true}},
		"POST /confirm/signup/{id}":       {{path: "/c/walk/confirm/signup/{holder}", body: `{"consent": 1, "check": "x"}`, free: true}},
		"GET /confirmations/{id}/{check}": {{path: "/c/walk/confirmations/{holder}/x", free: true}},
		"POST /signinlink":                {{path: "/c/walk/signinlink", body: `{"username": "peer"}`, free: true}},
		"POST /signinlink/{id}":           {{path: "/c/walk/signinlink/{holder}", body: `{"check": "x"}`, free: true}},
		"POST /signinlink/{id}/{check}":   {{path: "/c/walk/signinlink/{holder}/x", body: `{"token": "1"}`, free: true}},
		"POST /passwordreset":             {{path: "/c/walk/passwordreset", body: `{"username": "holder"}`, free: true}},
		"POST /passwordreset/{id}":        {{path: "/c/walk/passwordreset/{holder}", body: `{"check": "x", "password": "x"}`, free: true}},
		"GET /users/{id}":                 {{path: "/c/walk/users/4001"}, {path: "/c/walk/users/holder"}, {path: "/c/walk/users/{spare}"}, {path: "/users/4001"}},
	}
	for _, by := range []string{"/jwt", "/key"} {
		for _, method := range []string{http.MethodPut, http.MethodPatch} {
			asks[method+" /account"+by] = update
			for _, a := range of {
				a.path = "/account/" + a.path + by
				asks[method+" /account/{id}"+by] = append(asks[method+" /account/{id}"+by], a)
			}
		}
		for route, list := range map[string][]ask{
			"GET /account": {{}}, "DELETE /account": {{tame: true}}, "GET /account/{id}": {{path: "/account/4001"}, {path: "/account/{spare}"}, {path: "/account/holder"}},
			"GET /apikeys": {{}}, "POST /apikeys": {{body: `{"name": "x", "level": 4, "expiresIn": 3600}`, tame: true}, {body: `{"name": "x", "level": 9, "expiresIn": 1}`}},
			"POST /available/username": {{body: `{"username": "holder"}`}, {body: `{"username": "free"}`}},
			"GET /apikeys/{id}":        {{path: "/apikeys/key-holder"}, {path: "/apikeys/x"}}, "DELETE /apikeys/{id}": {{path: "/apikeys/key-holder", tame: true}},
			"POST /account/mfa":   {{body: `{"mfa": true}`, tame: true}, {body: `{"mfa": false, "password": "x", "token": "1"}`, tame: true}},
			"GET /account/export": {{}}, "POST /account/restrict": {{tame: true}},
			"GET /users/{id}": {{path: "/users/4001"}, {path: "/users/4003"}}, "POST /admin/search/users": {{body: `{"q": "holder"}`}, {body: `{"q": "{spare}"}`}, {body: `{"q": "walrus"}`}},
			"GET /admin/user/{id}": {{path: "/admin/user/4001"}, {path: "/admin/user/{spare}"}}, "PATCH /admin/user/{id}": {{path: "/admin/user/4003", body: `{"role": "user"}`}, {path: "/admin/user/4003", body: `{"role": "x"}`}},
		} {
			for _, a := range list {
				if a.path != "" {
					a.path += by
				}
				asks[route+by] = append(asks[route+by], a)
			}
		}
		// To read it would do it, were it not asked as a dry run.
		asks["GET /account/restrict"+by] = []ask{{tame: true}}
	}
	return asks
}()
