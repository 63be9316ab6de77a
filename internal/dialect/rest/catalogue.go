package rest

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

func (d *Dialect) catalogueRoutes() []route {
	return slices.Concat(
		kind[muster.Field]{"/fields", "field", d.fields, func(f muster.Field) string { return string(f.ID) }, d.putField, d.deleteField}.routes(),
		kind[muster.Rank]{"/ranks", "rank", d.ranks, func(r muster.Rank) string { return string(r.ID) }, d.putRank, d.deleteRank}.routes(),
		kind[department]{"/departments", "department", d.departments, func(d department) string { return d.ID }, d.putDepartment, d.deleteDepartment}.routes(),
		kind[server]{"/servers", "server", d.servers, func(s server) string { return strconv.FormatInt(s.ID, 10) }, d.putServer, d.deleteServer}.routes(),
		[]route{{method: http.MethodPost, pattern: root + "/servers", class: classWrite, do: d.createServer}},
	)
}

// kind is one of the definitions that a community has many of.
type kind[T any] struct {
	path, name string
	list       func(context.Context, muster.Caller) ([]T, error)
	id         func(T) string
	put        func(context.Context, muster.Caller, request) (T, error)
	remove     func(context.Context, muster.Caller, request) error
}

func (k kind[T]) routes() []route {
	const one = "/{id}"
	return []route{
		{method: http.MethodGet, pattern: root + k.path, class: classRead, do: k.readAll},
		{method: http.MethodGet, pattern: root + k.path + one, class: classRead, do: k.readOne},
		{method: http.MethodPut, pattern: root + k.path + one, class: classWrite, do: k.putOne},
		{method: http.MethodDelete, pattern: root + k.path + one, class: classWrite, do: k.removeOne},
	}
}

func (k kind[T]) readAll(ctx context.Context, c muster.Caller, _ request) (reply, error) {
	list, err := k.list(ctx, c)
	return whole(list), err
}

func (k kind[T]) readOne(ctx context.Context, c muster.Caller, in request) (reply, error) {
	list, err := k.list(ctx, c)
	if err != nil {
		return reply{}, err
	}
	for _, one := range list {
		if k.id(one) == in.PathValue("id") {
			return reply{body: one}, nil
		}
	}
	return reply{}, ofPath(muster.Errorf(muster.NotFound, "id", "there is no %s %s", k.name, muster.Quote(in.PathValue("id"))))
}

// putOne tells whether the definition is a new one: the status is 201 then.
func (k kind[T]) putOne(ctx context.Context, c muster.Caller, in request) (reply, error) {
	before, err := k.list(ctx, c)
	if err != nil {
		return reply{}, err
	}
	one, err := k.put(ctx, c, in)
	if err != nil {
		return reply{}, ofPath(err)
	}
	out, id := reply{body: one}, k.id(one)
	if !slices.ContainsFunc(before, func(had T) bool { return k.id(had) == id }) {
		out.status, out.header = http.StatusCreated, map[string]string{"Location": root + k.path + "/" + url.PathEscape(id)}
	}
	return out, nil
}

func (k kind[T]) removeOne(ctx context.Context, c muster.Caller, in request) (reply, error) {
	return reply{status: http.StatusNoContent}, ofPath(k.remove(ctx, c, in))
}

// whole is a list that has one page.
func whole[T any](items []T) reply {
	if items == nil {
		items = []T{}
	}
	return reply{body: map[string][]T{"items": items}}
}

// ofPath says that an id at fault stands in the path.
func ofPath(err error) error {
	if e, ok := asError(err); ok && e.Field == "id" {
		return muster.Within(inQuery, err)
	}
	return err
}

func (d *Dialect) fields(ctx context.Context, c muster.Caller) ([]muster.Field, error) {
	catalogue, err := d.core.Catalogue(ctx, c)
	return catalogue.Fields, err
}

func (d *Dialect) putField(ctx context.Context, c muster.Caller, in request) (f muster.Field, err error) {
	body, err := in.object(typeJSON)
	if err != nil {
		return f, err
	}
	f.Scope = muster.ScopeProfile
	if err := body.field(&f); err != nil {
		return f, err
	}
	id := muster.FieldID(in.PathValue("id"))
	if f.ID != "" && f.ID != id {
		return f, wrong("id", "is not the one of the path")
	}
	if f.ID = id; f.Key == "" {
		f.Key = string(id)
	}
	if f.Label == "" {
		f.Label = f.Key
	}
	return f, d.core.PutField(ctx, c, f)
}

func (d *Dialect) deleteField(ctx context.Context, c muster.Caller, in request) error {
	return d.core.DeleteField(ctx, c, muster.FieldID(in.PathValue("id")))
}

func (d *Dialect) ranks(ctx context.Context, c muster.Caller) ([]muster.Rank, error) {
	catalogue, err := d.core.Catalogue(ctx, c)
	return catalogue.Ranks, err
}

func (d *Dialect) putRank(ctx context.Context, c muster.Caller, in request) (r muster.Rank, err error) {
	if err := in.definition(&r, (*string)(&r.ID)); err != nil {
		return r, err
	}
	return r, d.core.PutRank(ctx, c, r)
}

func (d *Dialect) deleteRank(ctx context.Context, c muster.Caller, in request) error {
	return d.core.DeleteRank(ctx, c, muster.RankID(in.PathValue("id")))
}

// definition reads a definition whose id, which id points at, is the path's.
// What is only read may stand in it, so that it can be put as it was read.
func (in request) definition(v any, id *string, onlyRead ...string) error {
	body, err := in.object(typeJSON)
	if err == nil {
		body.drop(onlyRead)
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

func (d *Dialect) departments(ctx context.Context, c muster.Caller) (items []department, err error) {
	list, err := d.core.Departments(ctx, c)
	for _, one := range list {
		ranks := one.Ranks
		if ranks == nil {
			ranks = []muster.Rank{}
		}
		items = append(items, department{one.Department, ranks})
	}
	return items, err
}

// putDepartment answers the department with its ranks: those that name it and,
// where that is a preview, those that would go with it.
func (d *Dialect) putDepartment(ctx context.Context, c muster.Caller, in request) (department, error) {
	one := department{Ranks: []muster.Rank{}}
	if err := in.definition(&one.Department, &one.ID, "ranks"); err != nil {
		return one, err
	}
	if err := d.core.PutDepartment(ctx, c, one.Department); err != nil {
		return one, err
	}
	list, err := d.departments(ctx, c)
	at := slices.IndexFunc(list, func(had department) bool { return had.Label == one.Label })
	if at < 0 {
		at = slices.IndexFunc(list, func(had department) bool { return had.ID == one.ID })
	}
	if at >= 0 {
		one.Ranks = list[at].Ranks
	}
	return one, err
}

func (d *Dialect) deleteDepartment(ctx context.Context, c muster.Caller, in request) error {
	return d.core.DeleteDepartment(ctx, c, in.PathValue("id"))
}

// server is a game server as it is read.
type server struct {
	muster.Server
	HasPushSecret bool      `json:"has_push_secret"`
	LastContact   time.Time `json:"last_contact,omitzero"`
}

func serverOf(s muster.Server) server { return server{s, s.HasPushSecret, s.LastContact} }

func (d *Dialect) servers(ctx context.Context, c muster.Caller) (items []server, err error) {
	list, err := d.core.Servers(ctx, c)
	for _, s := range list {
		items = append(items, serverOf(s))
	}
	return items, err
}

// serverID is the id of a game server that the path names; 0 is none.
func (in request) serverID() (int64, error) {
	id, err := strconv.ParseInt(in.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		return 0, wrongQuery("id", "must be a whole number from 1 to 1000000")
	}
	return id, nil
}

func (d *Dialect) putServer(ctx context.Context, c muster.Caller, in request) (server, error) {
	id, err := in.serverID()
	if err != nil {
		return server{}, err
	}
	s, err := in.server(id)
	if err == nil {
		s, err = d.core.PutServer(ctx, c, s)
	}
	return serverOf(s), err
}

// createServer adds a game server whose id is made.
func (d *Dialect) createServer(ctx context.Context, c muster.Caller, in request) (reply, error) {
	s, err := in.server(0)
	if err == nil {
		s, err = d.core.PutServer(ctx, c, s)
	}
	location := root + "/servers/" + strconv.FormatInt(s.ID, 10)
	return reply{status: http.StatusCreated, body: serverOf(s), header: map[string]string{"Location": location}}, err
}

// server reads a definition whose id is the path's; 0: it is to be made.
func (in request) server(id int64) (s muster.Server, err error) {
	body, err := in.object(typeJSON)
	if err != nil {
		return s, err
	}
	switch body.members["ace"].(type) {
	case nil:
		body.drop([]string{"ace"}) // null is none
	case map[string]any, []any:
	default:
		return s, wrong("ace", "must be an object or a list")
	}
	body.drop([]string{"has_push_secret", "last_contact"})
	s.ID = id
	if err := body.into(&s); err != nil {
		return s, err
	}
	if s.ID != id {
		if id == 0 {
			return s, wrong("id", "is made: leave it out, or PUT the server to its own path")
		}
		return s, wrong("id", "is not the one of the path")
	}
	return s, nil
}

func (d *Dialect) deleteServer(ctx context.Context, c muster.Caller, in request) error {
	id, err := in.serverID()
	if err != nil {
		return err
	}
	return d.core.DeleteServer(ctx, c, id)
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
