package client

import (
	"context"
	"net/http"
	"time"

	"github.com/muster-accounts/muster"
)

// Me is who is calling.
type Me struct {
	Community muster.CommunityID `json:"community"`
	Key       muster.KeyID       `json:"key"`
	Level     muster.Level       `json:"level"`
	Areas     []muster.Area      `json:"areas"`
	RankPower *int64             `json:"rank_power"` // no rank above it may be given or taken; nil: any
	Account   *Account           `json:"account"`    // for whom the key acts; nil: for nobody
}

// Me tells who is calling.
func (c *Client) Me(ctx context.Context) (Me, error) { return read[Me](ctx, c, "me") }

// Community is a community without its settings.
type Community struct {
	ID        muster.CommunityID `json:"id"`
	UUID      string             `json:"uuid"`
	Name      string             `json:"name"`
	CreatedAt time.Time          `json:"created_at"`
}

// Communities lists those that the key reaches, which is its own.
func (c *Client) Communities(ctx context.Context) ([]Community, error) {
	return all[Community](ctx, c, "communities")
}

// Settings are what is decided for the whole community.
type Settings struct {
	Name            string             `json:"name"`
	Limits          muster.LimitPreset `json:"limits"`
	ActiveFromRanks bool               `json:"active_from_ranks"`
	ReadOnly        bool               `json:"read_only"`
	Owner           muster.AccountID   `json:"owner"` // empty: nobody
	SignUp          bool               `json:"sign_up"`
	PublicProfiles  bool               `json:"public_profiles"`
	FrontEnd        string             `json:"front_end"`
	TimeZones       map[string]string  `json:"time_zones"` // IANA names by what clients call them

	// What is set on the server's own machine.
	Dialects      []string          `json:"dialects"`
	Switches      map[string]string `json:"switches"`
	TokenIssuer   string            `json:"token_issuer"`
	TokenAudience string            `json:"token_audience"`
	HistoryDays   int               `json:"history_days"` // how long changes are kept; 0: for ever
}

// SettingsEdit is what is to become different. What is not set stays.
type SettingsEdit struct {
	Name            muster.Opt[string]             `json:"name,omitzero"`
	Limits          muster.Opt[muster.LimitPreset] `json:"limits,omitzero"`
	ActiveFromRanks muster.Opt[bool]               `json:"active_from_ranks,omitzero"`
	ReadOnly        muster.Opt[bool]               `json:"read_only,omitzero"`
	Owner           muster.Opt[muster.AccountID]   `json:"owner,omitzero"` // empty: nobody
	SignUp          muster.Opt[bool]               `json:"sign_up,omitzero"`
	PublicProfiles  muster.Opt[bool]               `json:"public_profiles,omitzero"`
	FrontEnd        muster.Opt[string]             `json:"front_end,omitzero"`
	TimeZones       map[string]string              `json:"time_zones,omitempty"` // an empty name takes one out
}

// Settings reads the community's settings.
func (c *Client) Settings(ctx context.Context) (Settings, error) {
	return read[Settings](ctx, c, "settings")
}

// EditSettings changes the community's settings, also of one that is read-only.
func (c *Client) EditSettings(ctx context.Context, e SettingsEdit, options ...CallOption) (Settings, error) {
	return write[Settings](ctx, c, http.MethodPatch, e, options, "settings")
}

// Stats counts living accounts, by how they stand.
type Stats struct {
	Accounts int64 `json:"accounts"`
	Joined   int64 `json:"joined"`
	Active   int64 `json:"active"`
	Archived int64 `json:"archived"`
	Banned   int64 `json:"banned"`
	Changes  int64 `json:"changes"` // the number of the newest
}

// Stats counts the community's accounts.
func (c *Client) Stats(ctx context.Context) (Stats, error) { return read[Stats](ctx, c, "stats") }
