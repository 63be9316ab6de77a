package rest

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/muster-accounts/muster"
)

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
