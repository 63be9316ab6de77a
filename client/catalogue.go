package client

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/muster-accounts/muster"
)

// Fields lists the profile fields that the key may see, in the order people see them.
func (c *Client) Fields(ctx context.Context) ([]muster.Field, error) {
	return all[muster.Field](ctx, c, "fields")
}

// Field reads one profile field.
func (c *Client) Field(ctx context.Context, id muster.FieldID) (muster.Field, error) {
	return read[muster.Field](ctx, c, "fields", string(id))
}

// PutField adds a field, or replaces the definition of the one with its id, whose type stays.
func (c *Client) PutField(ctx context.Context, f muster.Field, options ...CallOption) (muster.Field, error) {
	return write[muster.Field](ctx, c, http.MethodPut, f, options, "fields", string(f.ID))
}

// DeleteField removes a field. Accounts' values of it come back with it.
func (c *Client) DeleteField(ctx context.Context, id muster.FieldID, options ...CallOption) error {
	return c.remove(ctx, options, "fields", string(id))
}

// Ranks lists the ranks by id.
func (c *Client) Ranks(ctx context.Context) ([]muster.Rank, error) {
	return all[muster.Rank](ctx, c, "ranks")
}

// Rank reads one rank.
func (c *Client) Rank(ctx context.Context, id muster.RankID) (muster.Rank, error) {
	return read[muster.Rank](ctx, c, "ranks", string(id))
}

// PutRank adds a rank, or replaces the one with its id.
func (c *Client) PutRank(ctx context.Context, r muster.Rank, options ...CallOption) (muster.Rank, error) {
	return write[muster.Rank](ctx, c, http.MethodPut, r, options, "ranks", string(r.ID))
}

// DeleteRank takes a rank from all who hold it, and removes it.
func (c *Client) DeleteRank(ctx context.Context, id muster.RankID, options ...CallOption) error {
	return c.remove(ctx, options, "ranks", string(id))
}

// Department is a department with its ranks. Where ranks name it and nobody defined it, its id is made from its label.
type Department struct {
	muster.Department
	Ranks []muster.Rank `json:"ranks"`
}

// Departments lists the departments.
func (c *Client) Departments(ctx context.Context) ([]Department, error) {
	return all[Department](ctx, c, "departments")
}

// Department reads one department.
func (c *Client) Department(ctx context.Context, id string) (Department, error) {
	return read[Department](ctx, c, "departments", id)
}

// PutDepartment adds a department, or replaces the one with its id; its ranks follow its label.
func (c *Client) PutDepartment(ctx context.Context, d muster.Department, options ...CallOption) (muster.Department, error) {
	return write[muster.Department](ctx, c, http.MethodPut, d, options, "departments", d.ID)
}

// DeleteDepartment removes a department's definition; ranks go on naming it.
func (c *Client) DeleteDepartment(ctx context.Context, id string, options ...CallOption) error {
	return c.remove(ctx, options, "departments", id)
}

// Server is a game server as it is read.
type Server struct {
	muster.Server
	HasPushSecret bool      `json:"has_push_secret"` // there is a secret by which it is told of changes, which is set on Muster's own machine
	LastContact   time.Time `json:"last_contact,omitzero"`
}

// Servers lists the game servers by id.
func (c *Client) Servers(ctx context.Context) ([]Server, error) {
	return all[Server](ctx, c, "servers")
}

// Server reads one game server.
func (c *Client) Server(ctx context.Context, id int64) (Server, error) {
	return read[Server](ctx, c, "servers", strconv.FormatInt(id, 10))
}

// CreateServer adds a game server with the next free id.
func (c *Client) CreateServer(ctx context.Context, s muster.Server, options ...CallOption) (Server, error) {
	return write[Server](ctx, c, http.MethodPost, withoutID(s), options, "servers")
}

// PutServer adds a game server, or replaces the definition of the one with its id.
func (c *Client) PutServer(ctx context.Context, s muster.Server, options ...CallOption) (Server, error) {
	return write[Server](ctx, c, http.MethodPut, withoutID(s), options, "servers", strconv.FormatInt(s.ID, 10))
}

// DeleteServer removes a game server.
func (c *Client) DeleteServer(ctx context.Context, id int64, options ...CallOption) error {
	return c.remove(ctx, options, "servers", strconv.FormatInt(id, 10))
}

// withoutID is a game server as it is written, whose id stands in the path.
func withoutID(s muster.Server) any {
	return struct {
		muster.Server
		ID int64 `json:"id,omitempty"`
	}{Server: s}
}
