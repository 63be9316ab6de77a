package sonoran

// v1Unbuilt are the calls of Sonoran's v1 that Muster knows of and does not
// serve. README.md lists them for people.
const v1Unbuilt = `
/general/get_custom_log_types
/servers/gamestate
/servers/get_current_session /servers/start_session /servers/stop_session /servers/cancel_session
/events/rsvp
/sessions/get_current /sessions/start /sessions/stop /sessions/cancel
/forms/get_template_submissions /forms/get_lock_status /forms/set_lock_status /forms/get_form_lock_status
/forms/set_form_lock_status /forms/change/stage /forms/get_submission
/rosters/get
/disciplinary/get_member_points /disciplinary/get_member_records /disciplinary/add_member_record
/disciplinary/update_member_record_points /disciplinary/update_member_record_reason
/erlc/get_online_players /erlc/get_player_queue /erlc/add_new_record /erlc/command /erlc/teams/lock /erlc/teams/unlock
`

// v2Unbuilt are those of v2, below /v2/community.
const v2Unbuilt = `
GET /custom-log-types
POST /short-urls
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
