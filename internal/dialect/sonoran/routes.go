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
	classV1          = limit.Class{Name: "v1"}
	classGeneral     = limit.Class{Name: "general", Vendor: 13}
	classPromotions  = limit.Class{Name: "promotions", Vendor: 13}
	classAccounts    = limit.Class{Name: "accounts-read", Vendor: 27}
	classLists       = limit.Class{Name: "accounts-list", Vendor: 22}
	classRanks       = limit.Class{Name: "accounts-write", Vendor: 22}
	classClock       = limit.Class{Name: "accounts-clock", Vendor: 22}
	classServerLists = limit.Class{Name: "servers-list", Vendor: 13}
	classServerSet   = limit.Class{Name: "servers-set", Vendor: 9}
	classServerWrite = limit.Class{Name: "servers-write", Vendor: 18}
	classServers     = limit.Class{Name: "servers", Vendor: 27}
)

func (d *Dialect) v1Routes() []route {
	const bad, missing = http.StatusBadRequest, http.StatusNotFound
	routes := []route{
		d.v1("/general/get_com_account", bad, d.getComAccount),
		d.v1("/general/get_accounts", bad, d.getAccounts),
		d.v1("/general/check_com_apiid", bad, d.checkAPIID),
		d.v1("/general/set_account_name", missing, d.setAccountName),
		d.v1("/general/kick_account", missing, d.kickAccount),
		d.v1("/general/ban_account", missing, d.banAccount),
		d.v1("/general/unban_account", missing, d.unbanAccount), // an addition: the vendor has no way back
		d.v1("/general/force_sync", missing, d.forceSync),
		d.v1("/game/identifiers", missing, d.noteIdentifiers),

		d.v1("/general/get_account_ranks", bad, d.getAccountRanks),
		d.v1("/general/set_account_ranks", bad, d.setAccountRanks),
		d.v1("/general/undo_rank_change", missing, d.undoRankChange),
		d.v1("/general/get_promotion_flows", bad, d.getPromotionFlows),
		d.v1("/general/trigger_promotion_flows", bad, d.triggerPromotionFlows),

		d.v1("/general/edit_acc_profile_fields", missing, d.editProfileFields),
		d.v1("/general/edit_acc_proflie_fields", missing, d.editProfileFields), // what sonorancms_core sends
		d.v1("/general/get_profile_fields", bad, d.getProfileFields),

		d.v1("/general/clock_in_out", missing, d.clockInOut),
		d.v1("/general/get_current_clock_in", bad, d.getCurrentClockIn),
		d.v1("/general/get_clockin_types", bad, d.getClockInTypes),
		d.v1("/general/get_latest_activity", bad, d.getLatestActivity),

		d.v1("/general/get_sub_version", bad, d.getSubVersion),
		d.v1("/general/get_departments", bad, d.getDepartments),
		d.v1("/communities/lookup", bad, d.lookUpCommunity),

		d.v1("/servers/get_game_servers", bad, d.getGameServers),
		d.v1("/servers/set_game_servers", bad, d.setGameServers),
		d.v1("/servers/add_game_servers", bad, d.addGameServers),
		d.v1("/servers/set_server_type", bad, d.setServerType),
		d.v1("/servers/get_ace_config", bad, d.getACEConfig),
		d.v1("/servers/verify_whitelist", bad, d.verifyWhitelist),
		d.v1("/servers/full_whitelist", bad, d.fullWhitelist),
		d.v1("/servers/activity_tracker_start_stop", missing, d.trackActivity),
		d.v1("/servers/activity_tracker_server_start", bad, d.serverStarted),
	}
	for _, path := range strings.Fields(v1Unbuilt) {
		routes = append(routes, route{http.MethodPost, path, v1NotBuilt, true})
	}
	return routes
}

func (d *Dialect) v2Routes() []route {
	const get, post, patch = http.MethodGet, http.MethodPost, http.MethodPatch
	routes := []route{
		d.v2(get, "", classGeneral, d.v2Community),
		d.v2(get, "/lookup", classGeneral, d.v2Lookup),
		d.v2(get, "/sub-version", classGeneral, d.v2SubVersion),
		d.v2(get, "/departments", classGeneral, d.v2Departments),
		d.v2(get, "/profile-fields", classGeneral, d.v2ProfileFields),
		d.v2(get, "/clockin-types", classGeneral, d.v2ClockInTypes),
		d.v2(get, "/promotion-flows", classPromotions, d.v2PromotionFlows),
		d.v2(post, "/promotion-flows/trigger", classPromotions, d.v2TriggerPromotionFlows),
		d.v2Bare("/rank-changes/{undoId}/undo", classPromotions, d.v2UndoRankChange),

		d.v2(get, "/accounts", classLists, d.v2Accounts),
		d.v2(get, "/accounts/search", classAccounts, d.v2Search),
		d.v2(get, "/accounts/discord/{discordId}", classAccounts, d.v2AccountByDiscord),
		d.v2(get, "/accounts/{accountId}", classAccounts, d.v2Account),
		d.v2(get, "/accounts/{accountId}/ranks", classAccounts, d.v2Ranks),
		d.v2(patch, "/accounts/{accountId}/ranks", classRanks, d.v2SetRanks),
		d.v2(patch, "/accounts/{accountId}/profile-fields", classRanks, d.v2EditProfileFields),
		d.v2(patch, "/accounts/{accountId}/name", classRanks, d.v2SetName),
		d.v2(get, "/accounts/{accountId}/identifiers", classLists, d.v2Identifiers),
		d.v2(post, "/accounts/{accountId}/identifiers", classRanks, d.v2RegisterIdentifiers),
		d.v2(post, "/accounts/{accountId}/clock", classClock, d.v2Clock),
		d.v2(get, "/accounts/{accountId}/clock/current", classAccounts, d.v2CurrentClock),
		d.v2(get, "/accounts/{accountId}/activity/latest", classAccounts, d.v2LatestActivity),
		d.v2Bare("/accounts/{accountId}/sync", classAccounts, d.v2Sync),

		d.v2(get, "/servers", classServerLists, d.v2Servers),
		d.v2(http.MethodPut, "/servers", classServerSet, d.v2SetServers),
		d.v2(post, "/servers", classServerSet, d.v2AddServers),
		d.v2(patch, "/servers/{serverId}/type", classServerWrite, d.v2SetServerType),
		d.v2(get, "/servers/{serverId}/ace-config", classServers, d.v2ACEConfig),
		d.v2(patch, "/servers/{serverId}/ace-config", classServerWrite, d.v2SetACEConfig),
		d.v2(get, "/servers/{serverId}/whitelist", classServerLists, d.v2Whitelist),
		d.v2(post, "/servers/{serverId}/whitelist/check", classServers, d.v2CheckWhitelist),
		d.v2(post, "/servers/{serverId}/activity", classServers, d.v2TrackActivity),
		d.v2Bare("/servers/{serverId}/activity/start", classServers, d.v2ServerStarted),
	}
	for _, line := range strings.Split(strings.TrimSpace(v2Unbuilt), "\n") {
		method, path, _ := strings.Cut(strings.TrimSpace(line), " ")
		routes = append(routes, route{method, below + path, d.v2NotBuilt, true})
	}
	return routes
}

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
