package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

func (d *Dialect) communityRoutes() []route {
	return []route{
		{method: http.MethodGet, pattern: root + "/communities", class: classRead, do: d.listCommunities},
		{method: http.MethodGet, pattern: root + "/settings", class: classRead, do: d.readSettings},
		{method: http.MethodPatch, pattern: root + "/settings", class: classWrite, do: d.patchSettings},
		{method: http.MethodGet, pattern: root + "/stats", class: classRead, do: d.stats},
	}
}

func (d *Dialect) listCommunities(ctx context.Context, c muster.Caller, _ request) (reply, error) {
	own, err := d.core.OwnCommunity(ctx, c)
	return whole([]community{{own.ID, own.UUID, own.Name, own.CreatedAt}}), err
}

// community is a community without its settings, which are not everybody's.
type community struct {
	ID        muster.CommunityID `json:"id"`
	UUID      string             `json:"uuid"`
	Name      string             `json:"name"`
	CreatedAt time.Time          `json:"created_at"`
}

func (d *Dialect) readSettings(ctx context.Context, c muster.Caller, _ request) (reply, error) {
	own, err := d.core.ManagedCommunity(ctx, c)
	return reply{body: settingsOf(own)}, err
}

// settings are what can be read of a community's settings, and patched but for
// dialects, switches, whose tokens are taken and how long history is kept: who
// has got hold of a key must not be able to do away with its traces.
type settings struct {
	Name            string             `json:"name"`
	Limits          muster.LimitPreset `json:"limits"`
	ActiveFromRanks bool               `json:"active_from_ranks"`
	ReadOnly        bool               `json:"read_only"`
	Owner           muster.AccountID   `json:"owner"`
	SignUp          bool               `json:"sign_up"`
	PublicProfiles  bool               `json:"public_profiles"`
	FrontEnd        string             `json:"front_end"`
	TokenIssuer     string             `json:"token_issuer"`
	TokenAudience   string             `json:"token_audience"`
	TimeZones       map[string]string  `json:"time_zones"`
	Dialects        []string           `json:"dialects"`
	Switches        map[string]string  `json:"switches"`
	HistoryDays     int                `json:"history_days"` // 0: for ever
}

func settingsOf(c muster.Community) settings {
	s := c.Settings
	out := settings{
		c.Name, s.Limits, s.ActiveFromRanks, s.ReadOnly, s.Owner, s.SignUp, s.PublicProfiles, s.FrontEnd, s.TokenIssuer, s.TokenAudience,
		s.TimeZones, s.Dialects, s.Switches, s.HistoryDays,
	}
	if out.TimeZones == nil {
		out.TimeZones = map[string]string{}
	}
	if out.Switches == nil {
		out.Switches = map[string]string{}
	}
	return out
}

func (d *Dialect) patchSettings(ctx context.Context, c muster.Caller, in request) (reply, error) {
	body, err := in.object(typePatch)
	if err != nil {
		return reply{}, err
	}
	apply, err := body.settingsPatch()
	if err != nil {
		return reply{}, err
	}
	own, err := d.core.UpdateCommunity(ctx, c, apply)
	return reply{body: settingsOf(own)}, err
}

func (o object) settingsPatch() (func(*muster.Community), error) {
	texts := map[string]muster.Opt[string]{}
	flags := map[string]muster.Opt[bool]{}
	var err error
	for _, name := range []string{"name", "limits", "owner", "front_end"} {
		if texts[name], err = o.text(name); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{"active_from_ranks", "read_only", "sign_up", "public_profiles"} {
		if flags[name], err = o.bool(name); err != nil {
			return nil, err
		}
	}
	zones, err := o.zones()
	if err != nil {
		return nil, err
	}
	return func(c *muster.Community) {
		s := &c.Settings
		c.Name, s.Limits = texts["name"].Or(c.Name), muster.LimitPreset(texts["limits"].Or(string(s.Limits)))
		s.Owner = muster.AccountID(texts["owner"].Or(string(s.Owner)))
		s.FrontEnd = texts["front_end"].Or(s.FrontEnd)
		s.SignUp, s.PublicProfiles = flags["sign_up"].Or(s.SignUp), flags["public_profiles"].Or(s.PublicProfiles)
		s.ActiveFromRanks, s.ReadOnly = flags["active_from_ranks"].Or(s.ActiveFromRanks), flags["read_only"].Or(s.ReadOnly)
		for name, zone := range zones {
			if s.TimeZones == nil {
				s.TimeZones = map[string]string{}
			}
			if s.TimeZones[name] = zone; zone == "" {
				delete(s.TimeZones, name)
			}
		}
	}, o.rest()
}

// zones are names of time zones to be set; empty clears.
func (o object) zones() (map[string]string, error) {
	raw, ok, err := o.object("time_zones")
	if err != nil || !ok {
		return nil, err
	}
	zones := map[string]string{}
	for name := range raw.members {
		text, err := raw.text(name)
		if err != nil {
			return nil, muster.Within("time_zones", err)
		}
		zones[name] = text.Value
	}
	return zones, nil
}

func (d *Dialect) stats(ctx context.Context, c muster.Caller, _ request) (reply, error) {
	s, err := d.core.Stats(ctx, c)
	return reply{body: statsOf(s)}, err
}

func statsOf(s core.Stats) map[string]int64 {
	return map[string]int64{
		"accounts": s.Accounts, "joined": s.Joined, "active": s.Active, "archived": s.Archived, "banned": s.Banned, "changes": s.Changes,
	}
}
