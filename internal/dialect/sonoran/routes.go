package sonoran

import (
	"net/http"
	"strings"

	"github.com/muster-accounts/muster/internal/limit"
)

// The classes in which requests are counted, with the vendor's numbers a
// minute. v1's are not published; refusals there look like successes to its
// JavaScript client, so v1 has one generous class.
var (
	classV1       = limit.Class{Name: "v1"}
	classAccounts = limit.Class{Name: "accounts-read", Vendor: 27}
	classRanks    = limit.Class{Name: "accounts-write", Vendor: 22}
)

func (d *Dialect) v1Routes() []route {
	routes := []route{
		d.v1("/general/get_com_account", http.StatusBadRequest, d.getComAccount),
		d.v1("/general/get_account_ranks", http.StatusBadRequest, d.getAccountRanks),
		d.v1("/general/set_account_ranks", http.StatusBadRequest, d.setAccountRanks),
		d.v1("/general/edit_acc_profile_fields", http.StatusNotFound, d.editProfileFields),
		d.v1("/general/edit_acc_proflie_fields", http.StatusNotFound, d.editProfileFields), // what sonorancms_core sends
		d.v1("/general/get_sub_version", http.StatusBadRequest, d.getSubVersion),
		d.v1("/servers/get_game_servers", http.StatusBadRequest, d.getGameServers),
	}
	for _, path := range strings.Fields(v1Unbuilt) {
		routes = append(routes, route{http.MethodPost, path, v1NotBuilt, true})
	}
	return routes
}

func (d *Dialect) v2Routes() []route {
	routes := []route{
		d.v2(http.MethodGet, "/v2/community/accounts/{accountId}", classAccounts, d.v2Account),
		d.v2(http.MethodGet, "/v2/community/accounts/{accountId}/ranks", classAccounts, d.v2Ranks),
		d.v2(http.MethodPatch, "/v2/community/accounts/{accountId}/ranks", classRanks, d.v2SetRanks),
	}
	for _, line := range strings.Split(strings.TrimSpace(v2Unbuilt), "\n") {
		method, path, _ := strings.Cut(strings.TrimSpace(line), " ")
		routes = append(routes, route{method, strings.TrimSuffix("/v2/community"+path, "/"), d.v2NotBuilt, true})
	}
	return routes
}

// v1Unbuilt are the calls of Sonoran's v1 that Muster knows of and does not
// serve. README.md lists them for people.
const v1Unbuilt = `
/general/get_accounts /general/check_com_apiid /general/get_departments
/general/get_profile_fields /general/clock_in_out /general/get_current_clock_in /general/get_clockin_types
/general/get_latest_activity /general/set_account_name /general/kick_account /general/ban_account
/general/force_sync /general/undo_rank_change /general/get_promotion_flows /general/trigger_promotion_flows
/general/get_custom_log_types
/servers/verify_whitelist /servers/full_whitelist /servers/set_game_servers
/servers/add_game_servers /servers/get_ace_config /servers/set_server_type /servers/gamestate
/servers/activity_tracker_start_stop /servers/activity_tracker_server_start
/servers/get_current_session /servers/start_session /servers/stop_session /servers/cancel_session
/game/identifiers /events/rsvp
/sessions/get_current /sessions/start /sessions/stop /sessions/cancel
/forms/get_template_submissions /forms/get_lock_status /forms/set_lock_status /forms/get_form_lock_status
/forms/set_form_lock_status /forms/change/stage /forms/get_submission
/rosters/get
/disciplinary/get_member_points /disciplinary/get_member_records /disciplinary/add_member_record
/disciplinary/update_member_record_points /disciplinary/update_member_record_reason
/communities/lookup
/erlc/get_online_players /erlc/get_player_queue /erlc/add_new_record /erlc/command /erlc/teams/lock /erlc/teams/unlock
`

// v2Unbuilt are those of v2, below /v2/community.
const v2Unbuilt = `
GET /
GET /lookup
GET /sub-version
GET /departments
GET /profile-fields
GET /clockin-types
GET /custom-log-types
GET /promotion-flows
POST /promotion-flows/trigger
POST /rank-changes/{undoId}/undo
POST /short-urls
GET /accounts
GET /accounts/search
GET /accounts/discord/{discordId}
PATCH /accounts/{accountId}/profile-fields
PATCH /accounts/{accountId}/name
GET /accounts/{accountId}/identifiers
POST /accounts/{accountId}/identifiers
POST /accounts/{accountId}/clock
GET /accounts/{accountId}/clock/current
GET /accounts/{accountId}/activity/latest
POST /accounts/{accountId}/sync
GET /servers
PUT /servers
POST /servers
POST /servers/{serverId}/whitelist/check
GET /servers/{serverId}/whitelist
GET /servers/{serverId}/ace-config
PATCH /servers/{serverId}/ace-config
PATCH /servers/{serverId}/type
POST /servers/{serverId}/activity
POST /servers/{serverId}/activity/start
POST /events/{eventId}/rsvps
GET /forms
GET /forms/{formId}
PATCH /forms/{formId}/stage
GET /forms/{formId}/submissions
POST /forms/{formId}/submissions
GET /forms/{formId}/lock
PATCH /forms/{formId}/lock
GET /forms/submissions/{submissionId}
GET /rosters/{rosterId}
GET /disciplinary/accounts/{accountId}/points
GET /disciplinary/accounts/{accountId}/records
POST /disciplinary/accounts/{accountId}/records
PATCH /disciplinary/records/{recordId}/points
PATCH /disciplinary/records/{recordId}/reason
PATCH /disciplinary/records/{recordId}/status
GET /erlc/players/online
GET /erlc/players/queue
POST /erlc/records
POST /erlc/commands
POST /erlc/teams/lock
POST /erlc/teams/unlock
GET /sessions/current
POST /sessions
PATCH /sessions
DELETE /sessions
`

// Prefixes are the paths below which requests are the dialect's.
func (d *Dialect) Prefixes() []string {
	return []string{
		"/general", "/servers", "/game", "/events", "/v2",
		"/sessions", "/forms", "/rosters", "/disciplinary", "/communities", "/erlc",
	}
}

// Routes lists the calls that are served, as "METHOD /path".
func (d *Dialect) Routes() []string {
	var list []string
	for _, r := range d.routes.routes {
		if !r.unbuilt {
			list = append(list, r.method+" "+r.pattern)
		}
	}
	return list
}

// ServeHTTP hands the request to the route of its path and method.
func (d *Dialect) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	era := d.eraOf(r.URL.Path)
	routes := d.routes.match(r)
	if routes == nil {
		era.unknown(w, r)
		return
	}
	var methods []string
	for _, route := range routes {
		if route.method == r.Method || route.method == http.MethodGet && r.Method == http.MethodHead {
			route.handler(w, r)
			return
		}
		methods = append(methods, route.method)
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	era.wrongMethod(w, r)
}

// era is how a generation of the API answers what no route does.
type era struct{ unknown, wrongMethod http.HandlerFunc }

func (d *Dialect) eraOf(path string) era {
	if isV2(path) {
		return era{d.v2Unknown, d.v2WrongMethod}
	}
	return era{v1Unknown, v1WrongMethod}
}

func isV2(path string) bool { return path == "/v2" || strings.HasPrefix(path, "/v2/") }
