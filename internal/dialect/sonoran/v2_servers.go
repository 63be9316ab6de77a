package sonoran

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// server is the game server that the path names.
func (in request) server() (int64, error) {
	id, err := strconv.ParseInt(in.path("serverId"), 10, 64)
	if err != nil {
		return 0, muster.Errorf(muster.NotFound, "server", "%q is no server's id", in.path("serverId"))
	}
	return id, nil
}

func (d *Dialect) v2Servers(ctx context.Context, c muster.Caller, _ request) (any, error) {
	return d.getGameServers(ctx, c, entry{})
}

func (d *Dialect) v2SetServers(ctx context.Context, c muster.Caller, in request) (any, error) {
	return d.v2WishServers(ctx, c, in, d.core.SetServers)
}

func (d *Dialect) v2AddServers(ctx context.Context, c muster.Caller, in request) (any, error) {
	return d.v2WishServers(ctx, c, in, d.core.AddServers)
}

func (d *Dialect) v2WishServers(ctx context.Context, c muster.Caller, in request,
	do func(context.Context, muster.Caller, []core.ServerWish) ([]muster.Server, error)) (any, error) {
	wishes, err := serverWishes(in.body)
	if err != nil {
		return nil, err
	}
	list, err := do(ctx, c, wishes)
	return serverList{serversOf(list)}, err
}

func (d *Dialect) v2SetServerType(ctx context.Context, c muster.Caller, in request) (any, error) {
	server, err := in.server()
	if err != nil {
		return nil, err
	}
	return d.setType(ctx, c, server, in.body)
}

func (d *Dialect) v2ACEConfig(ctx context.Context, c muster.Caller, in request) (any, error) {
	server, err := in.server()
	if err != nil {
		return nil, err
	}
	return d.aceConfig(ctx, c, server)
}

func (d *Dialect) v2SetACEConfig(ctx context.Context, c muster.Caller, in request) (any, error) {
	server, err := in.server()
	if err != nil {
		return nil, err
	}
	mappings := in.body["mappings"]
	if mappings == nil {
		mappings = in.body["data"]
	}
	switch mappings.(type) {
	case []any, map[string]any:
	default:
		return nil, muster.Errorf(muster.Invalid, "mappings", "must be a list or an object")
	}
	raw, err := json.Marshal(mappings)
	if err != nil {
		return nil, err
	}
	s, err := d.core.EditServer(ctx, c, core.ServerWish{ID: server, ACE: muster.Some(json.RawMessage(raw))})
	return aceOf(c, s), err
}

func (d *Dialect) v2Whitelist(ctx context.Context, c muster.Caller, in request) (any, error) {
	server, err := in.server()
	if err != nil {
		return nil, err
	}
	return d.whitelist(ctx, c, server)
}

// v2CheckWhitelist refuses with the vendor's reason as the problem's detail.
func (d *Dialect) v2CheckWhitelist(ctx context.Context, c muster.Caller, in request) (any, error) {
	server, err := in.server()
	if err != nil {
		return nil, refusal{http.StatusNotFound, reasonServer}
	}
	ref, _, err := refOf(in.body)
	if err != nil {
		return nil, err
	}
	v, _, err := d.whitelisted(ctx, c, server, ref)
	if refused, ok := errors.AsType[refusal](err); ok && refused.Message == reasonServer {
		err = refusal{http.StatusNotFound, reasonServer}
	}
	return v.Username, err
}

func (d *Dialect) v2TrackActivity(ctx context.Context, c muster.Caller, in request) (any, error) {
	server, err := in.server()
	if err != nil {
		return nil, err
	}
	ref, _, err := refOf(in.body)
	if err != nil {
		return nil, err
	}
	return d.track(ctx, c, ref, server, in.body)
}

func (d *Dialect) v2ServerStarted(ctx context.Context, c muster.Caller, in request) (any, error) {
	server, err := in.server()
	if err != nil {
		return nil, err
	}
	return d.started(ctx, c, server)
}
