package rest

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/muster-accounts/muster"
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
