package sonoran

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// account is the account row of v2's page "Set Account Ranks", member for
// member in its order. get-account answers the same row, which has all that
// its own page lists.
type account struct {
	AccID           string         `json:"accId"`
	SysStatus       bool           `json:"sysStatus"` // joined
	ComStatus       bool           `json:"comStatus"` // active
	AccName         string         `json:"accName"`   // username
	ComName         string         `json:"comName"`   // name in the community
	JoinDate        *isoTime       `json:"joinDate"`
	LastLogin       *isoTime       `json:"lastLogin"`
	Owner           bool           `json:"owner"`
	Banned          bool           `json:"banned"`
	BanInfo         *string        `json:"banInfo"` // the reason
	BanExpiration   *isoTime       `json:"banExpiration"`
	APIIDPreference float64        `json:"apiIdPreference"`
	APIIDs          ids            `json:"apiIds"`
	ActiveAPIIDs    []string       `json:"activeApiIds"`
	Identifiers     identifiers    `json:"identifiers"`
	Ranks           []string       `json:"ranks"`
	ClockData       list[clockRow] `json:"clockData"`
	ProfileFields   list[value]    `json:"profileFields"`
	Bio             *string        `json:"bio"`
	Archived        bool           `json:"archived"`
	DiscordID       *string        `json:"discordId"`
	RobloxID        *string        `json:"robloxId"`
	UniqueID        int64          `json:"uniqueId"`
	CustomUniqueID  bool           `json:"customUniqueId"`
	Notifications   notifications  `json:"notificationPreferences"`
	TeamspeakID     *string        `json:"teamspeakId"`
}

// v1Account is what get_com_account answers: v2's row, and the members that
// only v1's older pages and clients know.
type v1Account struct {
	account
	PrimaryIdentifier    *string  `json:"primaryIdentifier"`
	SecondaryIdentifiers []string `json:"secondaryIdentifiers"`
	PrimaryRank          *string  `json:"primaryRank"` // the most powerful
	SecondaryRanks       []string `json:"secondaryRanks"`
	PrimaryDepartment    *string  `json:"primaryDepartment"`
	SecondaryDepartments []string `json:"secondaryDepartments"`
}

type (
	ids struct {
		IDs []string `json:"ids"`
	}
	list[T any] struct {
		Data []T `json:"data"`
	}
	identifiers struct {
		Idents []identifier `json:"idents"`
	}
	value struct {
		ID    muster.FieldID `json:"id"`
		Value muster.Value   `json:"value"`
	}
	identifier struct {
		ID        string          `json:"id"`
		AccID     string          `json:"accId"`
		Type      string          `json:"type"`
		Value     string          `json:"value"`
		RefCount  int             `json:"refCount"` // accounts that have it
		Verified  bool            `json:"verified"`
		Metadata  json.RawMessage `json:"metadata"`
		FlagID    *string         `json:"flagId"`
		CreatedAt *isoTime        `json:"createdAt"`
		UpdatedAt *isoTime        `json:"updatedAt"`
	}
	clockRow struct {
		ID        string   `json:"id"`
		StartTime *isoTime `json:"startTime"`
		EndTime   *isoTime `json:"endTime"`
		Completed bool     `json:"completed"`
		Notes     []string `json:"notes"`
		Type      string   `json:"type"`
	}
	notifications struct {
		Forms struct {
			StatusChange struct {
				Inbox   bool `json:"inbox"`
				Desktop bool `json:"desktop"`
				Mobile  bool `json:"mobile"`
				Email   bool `json:"email"`
				Discord bool `json:"discord"`
			} `json:"statusChange"`
		} `json:"forms"`
	}
)

// isoTime is written as the pages do: UTC, in milliseconds.
type isoTime time.Time

func (t isoTime) MarshalJSON() ([]byte, error) {
	return json.Marshal(time.Time(t).UTC().Format("2006-01-02T15:04:05.000Z"))
}

// iso is null for no time.
func iso(t time.Time) *isoTime {
	if t.IsZero() {
		return nil
	}
	return (*isoTime)(&t)
}

// orNull is null for no text.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// writeJSON writes an answer without a line end: sonorancms_core takes a list
// of ranks for empty only where the body has no more than two characters.
func (d *Dialect) writeJSON(w http.ResponseWriter, r *http.Request, status int, kind string, v any) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		status, kind = http.StatusInternalServerError, "text/plain"
		d.logFailure(r, status, err)
	}
	w.Header().Set("Content-Type", kind+"; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(bytes.TrimSuffix(body.Bytes(), []byte{'\n'})) // the client may have gone
}

func accountOf(v core.View) account {
	api, active := apiIDs(v.Account)
	a := account{
		AccID: string(v.ID), SysStatus: v.Standing.Joined, ComStatus: v.Standing.Active, AccName: v.Username, ComName: v.Name,
		JoinDate: iso(v.JoinedAt), LastLogin: iso(v.LastLogin), Owner: v.Owner,
		APIIDs: ids{api}, ActiveAPIIDs: active, Identifiers: identifiers{identsOf(v.Account)}, Ranks: ranksOf(v),
		ClockData: list[clockRow]{clockOf(v.Clock)}, ProfileFields: list[value]{fieldsOf(v)},
		Bio: orNull(v.Bio), Archived: v.Standing.Archived,
		DiscordID: linked(v, muster.ProviderDiscord), RobloxID: linked(v, muster.ProviderRoblox), TeamspeakID: linked(v, muster.ProviderTeamspeak),
		UniqueID: v.Number, CustomUniqueID: v.CustomNumber,
	}
	if ban := v.Standing.Ban; ban != nil {
		a.Banned, a.BanInfo, a.BanExpiration = true, orNull(ban.Reason), iso(ban.Until)
	}
	preference, _ := v.Values[fieldAPIPreference].(muster.Number)
	a.APIIDPreference = float64(preference)
	wants := func(channel string) bool {
		return v.Values[muster.FieldID(fieldStatusChange+channel)] == muster.Bool(true)
	}
	on := &a.Notifications.Forms.StatusChange
	on.Inbox, on.Desktop, on.Mobile, on.Email, on.Discord = wants("inbox"), wants("desktop"), wants("mobile"), wants("email"), wants("discord")
	return a
}

// apiIDs are the names that a member registered for clients, and those that
// count: the same, and the linked Discord account.
func apiIDs(a muster.Account) (registered, active []string) {
	registered = []string{}
	for _, i := range a.Identities {
		if i.Provider == muster.ProviderAPI {
			registered = append(registered, i.Value)
		}
	}
	active = slices.Clone(registered)
	if discord, ok := a.Identity(muster.ProviderDiscord); ok {
		active = append(active, muster.ProviderDiscord+":"+discord.Value)
	}
	return registered, active
}

// identsOf lists what Sonoran counts as identifiers: all identities but the
// API ids and the links that have members of their own.
func identsOf(a muster.Account) []identifier {
	idents := []identifier{}
	for _, i := range a.Identities {
		switch i.Provider {
		case muster.ProviderAPI, muster.ProviderRoblox, muster.ProviderTeamspeak:
			continue
		}
		metadata := i.Metadata
		if len(metadata) == 0 {
			metadata = json.RawMessage("{}")
		}
		idents = append(idents, identifier{
			ID: i.ID, AccID: string(a.ID), Type: i.Provider, Value: i.Value, RefCount: max(i.Shared, 1), Verified: i.Verified,
			Metadata: metadata, FlagID: orNull(i.Flag), CreatedAt: iso(i.CreatedAt), UpdatedAt: iso(i.UpdatedAt),
		})
	}
	return idents
}

func linked(v core.View, provider string) *string {
	i, _ := v.Identity(provider)
	return orNull(i.Value)
}

func ranksOf(v core.View) []string {
	ranks := make([]string, len(v.Held))
	for i, r := range v.Held {
		ranks[i] = string(r.ID)
	}
	return ranks
}

func clockOf(list []muster.ClockRow) []clockRow {
	rows := make([]clockRow, len(list))
	for i, row := range list {
		rows[i] = clockRowOf(row)
	}
	return rows
}

func clockRowOf(c muster.ClockRow) clockRow {
	return clockRow{
		ID: c.ID, StartTime: iso(c.Start), EndTime: iso(c.End), Completed: c.Completed(), Notes: append([]string{}, c.Notes...), Type: c.Type,
	}
}

// summary is an account in a list. The vendor's own has no ranks; its FiveM
// resource reads them there all the same.
type summary struct {
	AccID        string   `json:"accId"`
	UniqueID     int64    `json:"uniqueId"`
	AccName      string   `json:"accName"`
	ComName      string   `json:"comName"`
	ActiveAPIIDs []string `json:"activeApiIds"`
	DiscordID    *string  `json:"discordId"`
	SysStatus    bool     `json:"sysStatus"`
	ComStatus    bool     `json:"comStatus"`
	Archived     bool     `json:"archived"`
	Banned       bool     `json:"banned"`
	TeamspeakID  *string  `json:"teamspeakId"`
	Ranks        []string `json:"ranks"`
}

func summaryOf(v core.View) summary {
	_, active := apiIDs(v.Account)
	s := v.Standing
	return summary{
		AccID: string(v.ID), UniqueID: v.Number, AccName: v.Username, ComName: v.Name, ActiveAPIIDs: active,
		DiscordID: linked(v, muster.ProviderDiscord), TeamspeakID: linked(v, muster.ProviderTeamspeak),
		SysStatus: s.Joined, ComStatus: s.Active, Archived: s.Archived, Banned: s.Ban != nil, Ranks: ranksOf(v),
	}
}

func summariesOf(views []core.View) []summary {
	list := make([]summary, len(views))
	for i, v := range views {
		list[i] = summaryOf(v)
	}
	return list
}

// fieldsOf lists the profile fields that hold data, in the fields' order.
func fieldsOf(v core.View) []value {
	values := []value{}
	for _, f := range v.Fields {
		if held := v.Values[f.ID]; held != nil && f.Scope == muster.ScopeProfile {
			values = append(values, value{f.ID, held})
		}
	}
	return values
}

func v1AccountOf(v core.View) v1Account {
	a := v1Account{account: accountOf(v)}
	departments := []string{}
	for _, r := range v.Held {
		if r.Department != "" && !slices.Contains(departments, r.Department) {
			departments = append(departments, r.Department)
		}
	}
	a.PrimaryIdentifier, a.SecondaryIdentifiers = firstAndRest(a.ActiveAPIIDs)
	a.PrimaryRank, a.SecondaryRanks = firstAndRest(a.Ranks)
	a.PrimaryDepartment, a.SecondaryDepartments = firstAndRest(departments)
	return a
}

func firstAndRest(list []string) (*string, []string) {
	if len(list) == 0 {
		return nil, []string{}
	}
	return &list[0], list[1:]
}
