package muster

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// CommunityID is a community's short id, as clients send it.
type CommunityID string

// Community is a tenant. Everything else belongs to exactly one.
type Community struct {
	ID        CommunityID `json:"id"`
	UUID      string      `json:"uuid"` // the same community by the id of machines, in lower case
	Name      string      `json:"name"`
	Settings  Settings    `json:"settings"`
	CreatedAt time.Time   `json:"created_at"`
}

// Settings are what a community's administrators decide for all of it.
type Settings struct {
	Dialects        []string    `json:"dialects"`               // which foreign APIs are switched on
	ActiveFromRanks bool        `json:"active_from_ranks"`      // any rank makes active, none makes pending
	Limits          LimitPreset `json:"limits"`                 // how often its credentials may call
	Owner           AccountID   `json:"owner,omitempty"`        // the account that owns the community
	ReadOnly        bool        `json:"read_only,omitempty"`    // nothing is changed until it is lifted, but these settings
	HistoryDays     int         `json:"history_days,omitempty"` // how long a change is kept; 0: for ever

	Switches map[string]string `json:"switches,omitempty"` // how dialects answer, by Switch.Name; those not named are at their first value

	SignUp         bool   `json:"sign_up,omitempty"`         // whoever has an e-mail address may have an account
	PublicProfiles bool   `json:"public_profiles,omitempty"` // names, bios and pictures are shown to everybody
	FrontEnd       string `json:"front_end,omitempty"`       // URL of the pages to which links in mails lead

	TokenIssuer   string `json:"token_issuer,omitempty"` // of the tokens of another server that are good here
	TokenAudience string `json:"token_audience,omitempty"`

	TimeZones map[string]string `json:"time_zones,omitempty"` // IANA names by what clients call the zones, where that is not known anyway
}

// Switch is a choice that a dialect leaves to a community, where its clients
// want different answers.
type Switch struct {
	Name   string   // the dialect's name, a dot, and what is chosen: "sonoran.created_status"
	Values []string // what it can be set to, the default first; none: any line of text, empty at first
	About  string   // a sentence for people
}

// Set checks a value for the switch; the default clears it.
func (s Switch) Set(switches map[string]string, value string) error {
	switch {
	case value == "" || len(s.Values) > 0 && value == s.Values[0]:
		delete(switches, s.Name)
	case len(s.Values) > 0 && !slices.Contains(s.Values, value):
		return Errorf(Invalid, s.Name, "must be one of %q", s.Values)
	default:
		if err := checkLine(s.Name, value, maxLine); err != nil {
			return err
		}
		switches[s.Name] = value
	}
	return nil
}

// Of is what the switch is at.
func (s Switch) Of(switches map[string]string) string {
	if v := switches[s.Name]; v != "" || len(s.Values) == 0 {
		return v
	}
	return s.Values[0]
}

// LimitPreset names a set of request limits.
type LimitPreset string

// The presets: the numbers a vendor's own pages state, or Muster's.
const (
	LimitsVendor LimitPreset = "vendor"
	LimitsOwn    LimitPreset = "own"
)

// OwnPerMinute is the preset "own": requests a minute, credential and class.
const OwnPerMinute = 600

// Limits is how often a caller may call.
type Limits struct {
	Preset    LimitPreset
	PerMinute int // overrides the preset; 0: it does not
}

// PerMinuteOf is the allowance a minute for a route class whose vendor states
// the number vendor (0: states none).
func (l Limits) PerMinuteOf(vendor int) int {
	switch {
	case l.PerMinute > 0:
		return l.PerMinute
	case l.Preset == LimitsVendor && vendor > 0:
		return vendor
	default:
		return OwnPerMinute
	}
}

var (
	shortID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)
	uuid    = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
)

// Validate checks what a person may set.
func (c Community) Validate() error {
	if !shortID.MatchString(string(c.ID)) {
		return Errorf(Invalid, "id", "must be 1 to 64 letters, digits, - or _, and begin with a letter or digit")
	}
	if uuid.MatchString(strings.ToLower(string(c.ID))) {
		return Errorf(Invalid, "id", "must not have the form of a UUID: it could be another community's")
	}
	if !uuid.MatchString(c.UUID) {
		return Errorf(Invalid, "uuid", "must be a UUID in lower case")
	}
	if err := checkLine("name", c.Name, maxName); err != nil {
		return err
	}
	if front := c.Settings.FrontEnd; front != "" {
		u, err := url.Parse(front)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || len(front) > maxFrontEnd {
			return Errorf(Invalid, "front_end", "must be an absolute http or https URL")
		}
	}
	for name, text := range map[string]string{"token_issuer": c.Settings.TokenIssuer, "token_audience": c.Settings.TokenAudience} {
		if err := checkLine(name, text, maxLine); err != nil {
			return err
		}
	}
	if !slices.Contains([]LimitPreset{LimitsVendor, LimitsOwn}, c.Settings.Limits) {
		return Errorf(Invalid, "limits", "must be %q or %q", LimitsVendor, LimitsOwn)
	}
	if days := c.Settings.HistoryDays; days < 0 || days > maxHistoryDays {
		return Errorf(Invalid, "history_days", "must be from 1 to %d, or 0 to keep history for ever", maxHistoryDays)
	}
	return nil
}

// maxHistoryDays are a century's.
const maxHistoryDays = 36_500

// maxFrontEnd leaves room for the rest of a link within a line of e-mail.
const maxFrontEnd = 500

// Serves reports whether the community has switched a dialect on.
func (c Community) Serves(dialect string) bool { return slices.Contains(c.Settings.Dialects, dialect) }
