package rest

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

func (d *Dialect) catalogueRoutes() (routes []route) {
	for _, kind := range []struct {
		path              string
		list, put, remove func(context.Context, muster.Caller, request) (reply, error)
	}{
		{"/fields", d.listFields, d.putField, d.deleteField},
		{"/ranks", d.listRanks, d.putRank, d.deleteRank},
		{"/departments", d.listDepartments, d.putDepartment, d.deleteDepartment},
		{"/servers", d.listServers, d.putServer, d.deleteServer},
	} {
		routes = append(routes,
			route{method: http.MethodGet, pattern: root + kind.path, class: classRead, do: kind.list},
			route{method: http.MethodPut, pattern: root + kind.path + "/{id}", class: classWrite, do: kind.put},
			route{method: http.MethodDelete, pattern: root + kind.path + "/{id}", class: classWrite, do: kind.remove})
	}
	return append(routes, route{method: http.MethodPost, pattern: root + "/servers", class: classWrite, do: d.createServer})
}

// whole is a list that has one page.
func whole[T any](items []T) reply {
	if items == nil {
		items = []T{}
	}
	return reply{body: map[string][]T{"items": items}}
}

// removed is the answer where nothing is left to show.
var removed = reply{status: http.StatusNoContent}

// ofPath says that an id at fault stands in the path.
func ofPath(err error) error {
	if e, ok := asError(err); ok && e.Field == "id" {
		return muster.Within(inQuery, err)
	}
	return err
}

func (d *Dialect) listFields(ctx context.Context, c muster.Caller, _ request) (reply, error) {
	catalogue, err := d.core.Catalogue(ctx, c)
	return whole(catalogue.Fields), err
}

func (d *Dialect) putField(ctx context.Context, c muster.Caller, in request) (reply, error) {
	body, err := in.object(typeJSON)
	if err != nil {
		return reply{}, err
	}
	f := muster.Field{Scope: muster.ScopeProfile}
	if err := body.field(&f); err != nil {
		return reply{}, err
	}
	id := muster.FieldID(in.PathValue("id"))
	if f.ID != "" && f.ID != id {
		return reply{}, wrong("id", "is not the one of the path")
	}
	if f.ID = id; f.Key == "" {
		f.Key = string(id)
	}
	return reply{body: f}, ofPath(d.core.PutField(ctx, c, f))
}

func (d *Dialect) deleteField(ctx context.Context, c muster.Caller, in request) (reply, error) {
	return removed, ofPath(d.core.DeleteField(ctx, c, muster.FieldID(in.PathValue("id"))))
}

func (d *Dialect) listRanks(ctx context.Context, c muster.Caller, _ request) (reply, error) {
	catalogue, err := d.core.Catalogue(ctx, c)
	return whole(catalogue.Ranks), err
}

func (d *Dialect) putRank(ctx context.Context, c muster.Caller, in request) (reply, error) {
	var r muster.Rank
	if err := in.definition(&r, (*string)(&r.ID)); err != nil {
		return reply{}, err
	}
	return reply{body: r}, ofPath(d.core.PutRank(ctx, c, r))
}

func (d *Dialect) deleteRank(ctx context.Context, c muster.Caller, in request) (reply, error) {
	return removed, ofPath(d.core.DeleteRank(ctx, c, muster.RankID(in.PathValue("id"))))
}

// definition reads a definition whose id, which id points at, is the path's.
func (in request) definition(v any, id *string) error {
	body, err := in.object(typeJSON)
	if err == nil {
		err = body.into(v)
	}
	if err == nil && *id != "" && *id != in.PathValue("id") {
		err = wrong("id", "is not the one of the path")
	}
	*id = in.PathValue("id")
	return err
}

// department is a department with its ranks.
type department struct {
	muster.Department
	Ranks []muster.Rank `json:"ranks"`
}

func (d *Dialect) listDepartments(ctx context.Context, c muster.Caller, _ request) (reply, error) {
	list, err := d.core.Departments(ctx, c)
	items := []department{}
	for _, one := range list {
		ranks := one.Ranks
		if ranks == nil {
			ranks = []muster.Rank{}
		}
		items = append(items, department{one.Department, ranks})
	}
	return whole(items), err
}

func (d *Dialect) putDepartment(ctx context.Context, c muster.Caller, in request) (reply, error) {
	var one muster.Department
	if err := in.definition(&one, &one.ID); err != nil {
		return reply{}, err
	}
	return reply{body: one}, ofPath(d.core.PutDepartment(ctx, c, one))
}

func (d *Dialect) deleteDepartment(ctx context.Context, c muster.Caller, in request) (reply, error) {
	return removed, ofPath(d.core.DeleteDepartment(ctx, c, in.PathValue("id")))
}

// server is a game server as it is read.
type server struct {
	muster.Server
	HasPushSecret bool      `json:"has_push_secret"`
	LastContact   time.Time `json:"last_contact,omitzero"`
}

func (d *Dialect) listServers(ctx context.Context, c muster.Caller, _ request) (reply, error) {
	list, err := d.core.Servers(ctx, c)
	items := []server{}
	for _, s := range list {
		items = append(items, server{s, s.HasPushSecret, s.LastContact})
	}
	return whole(items), err
}

// serverID is the id of a game server that the path names; 0 is none.
func (in request) serverID() (int64, error) {
	id, err := strconv.ParseInt(in.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		return 0, wrongQuery("id", "must be a whole number from 1 to 1000000")
	}
	return id, nil
}

func (d *Dialect) putServer(ctx context.Context, c muster.Caller, in request) (reply, error) {
	id, err := in.serverID()
	if err != nil {
		return reply{}, err
	}
	s, err := in.server(id)
	if err == nil {
		s, err = d.core.PutServer(ctx, c, s)
	}
	return reply{body: server{s, s.HasPushSecret, s.LastContact}}, ofPath(err)
}

// createServer adds a game server whose id is made.
func (d *Dialect) createServer(ctx context.Context, c muster.Caller, in request) (reply, error) {
	s, err := in.server(0)
	if err == nil {
		s, err = d.core.PutServer(ctx, c, s)
	}
	location := root + "/servers/" + strconv.FormatInt(s.ID, 10)
	return reply{status: http.StatusCreated, body: server{s, s.HasPushSecret, s.LastContact}, header: map[string]string{"Location": location}}, err
}

// server reads a definition whose id is the path's; 0: it is to be made.
func (in request) server(id int64) (s muster.Server, err error) {
	body, err := in.object(typeJSON)
	if err != nil {
		return s, err
	}
	switch body.members["ace"].(type) {
	case nil, map[string]any, []any:
	default:
		return s, wrong("ace", "must be an object or a list")
	}
	s.ID = id
	if err := body.into(&s); err != nil {
		return s, err
	}
	if s.ID != id {
		return s, wrong("id", "is not the one of the path")
	}
	return s, nil
}

func (d *Dialect) deleteServer(ctx context.Context, c muster.Caller, in request) (reply, error) {
	id, err := in.serverID()
	if err != nil {
		return reply{}, err
	}
	return removed, ofPath(d.core.DeleteServer(ctx, c, id))
}

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
// dialects, switches and whose tokens are taken.
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
}

func settingsOf(c muster.Community) settings {
	s := c.Settings
	out := settings{
		c.Name, s.Limits, s.ActiveFromRanks, s.ReadOnly, s.Owner, s.SignUp, s.PublicProfiles, s.FrontEnd, s.TokenIssuer, s.TokenAudience,
		s.TimeZones, s.Dialects, s.Switches,
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
