package sonoran

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// serverList is how v1 and v2 list game servers.
type serverList struct {
	Servers []gameServer `json:"servers"`
}

func (d *Dialect) getGameServers(ctx context.Context, c muster.Caller, _ entry) (any, error) {
	list, err := d.core.Servers(ctx, c)
	return serverList{serversOf(list)}, err
}

func (d *Dialect) setGameServers(ctx context.Context, c muster.Caller, e entry) (any, error) {
	return d.wishServers(ctx, c, e.body, d.core.SetServers)
}

func (d *Dialect) addGameServers(ctx context.Context, c muster.Caller, e entry) (any, error) {
	return d.wishServers(ctx, c, e.body, d.core.AddServers)
}

func (d *Dialect) wishServers(ctx context.Context, c muster.Caller, body object,
	do func(context.Context, muster.Caller, []core.ServerWish) ([]muster.Server, error)) (any, error) {
	wishes, err := serverWishes(body)
	if err != nil {
		return nil, err
	}
	list, err := do(ctx, c, wishes)
	return success{true, serversOf(list)}, err
}

// server is the game server that an entry is about: named in it, or beside it.
func (e entry) server() (int64, error) {
	id, err := e.integer("serverId")
	if err == nil && id == 0 {
		id, err = e.body.integer("serverId")
	}
	if err == nil && id == 0 {
		err = muster.Errorf(muster.NotFound, "server", "serverId is missing")
	}
	return id, err
}

func (d *Dialect) setServerType(ctx context.Context, c muster.Caller, e entry) (any, error) {
	server, err := e.server()
	if err != nil {
		return nil, err
	}
	s, err := d.setType(ctx, c, server, e.object)
	return success{true, s}, err
}

// setType notes which framework a game server runs; none where it says none.
func (d *Dialect) setType(ctx context.Context, c muster.Caller, server int64, o object) (gameServer, error) {
	kind, err := o.text("type")
	if err != nil {
		return gameServer{}, err
	}
	d.core.Contact(c, server)
	s, err := d.core.EditServer(ctx, c, core.ServerWish{ID: server, Type: muster.Some(kind)})
	return gameServerOf(s), err
}

func (d *Dialect) getACEConfig(ctx context.Context, c muster.Caller, e entry) (any, error) {
	server, err := e.server()
	if err != nil {
		return nil, err
	}
	config, err := d.aceConfig(ctx, c, server)
	return success{true, config}, err
}

// aceConfig is a server's permissions by rank, as sonorancms_core reads them,
// or as the vendor's pages show them.
func (d *Dialect) aceConfig(ctx context.Context, c muster.Caller, server int64) (any, error) {
	d.core.Contact(c, server)
	s, err := d.core.Server(ctx, c, server)
	if err != nil {
		return nil, err
	}
	return aceOf(c, s), nil
}

func aceOf(c muster.Caller, s muster.Server) any {
	mappings := s.ACE
	if len(mappings) == 0 {
		mappings = json.RawMessage("[]")
	}
	if switchACE.Of(c.Switches) == "array" {
		return mappings
	}
	return struct {
		Mappings json.RawMessage `json:"mappings"`
	}{mappings}
}

// The vendor's reasons for which a whitelist refuses. Clients compare them
// letter by letter.
const (
	reasonAccount = "UNKNOWN_ACC_API_ID"
	reasonServer  = "INVALID_SERVER_ID"
	reasonConfig  = "SERVER_CONFIG_ERROR"
	reasonBlocked = "BLOCKED FOR WHITELIST"
	reasonListed  = "NOT ALLOWED ON WHITELIST"
)

// refusal is a whitelist's refusal. In v1 it is an object: Sonoran.js takes a
// text for a failure of ours, and lets the player in by its own list.
type refusal struct {
	Status  int    `json:"status"`
	Message string `json:"message"`
}

func (r refusal) Error() string { return r.Message }

func (d *Dialect) verifyWhitelist(ctx context.Context, c muster.Caller, e entry) (any, error) {
	server, _ := e.server() // none, which no server is, where it is missing or no number: a text would let the player in
	v, owner, err := d.whitelisted(ctx, c, server, e.ref)
	if owner {
		return plain("BYPASSED WHITELIST - " + v.Username), err
	}
	return plain(v.Username), err
}

// whitelisted asks a whitelist; a refusal names the vendor's reason.
func (d *Dialect) whitelisted(ctx context.Context, c muster.Caller, server int64, ref muster.Ref) (v core.View, owner bool, err error) {
	d.core.Contact(c, server)
	v, admission, err := d.core.Whitelisted(ctx, c, server, ref)
	if e, ok := asError(err); ok && e.Code == muster.NotFound {
		if e.Field == "server" {
			return v, false, refusal{http.StatusBadRequest, reasonServer}
		}
		return v, false, refusal{http.StatusBadRequest, reasonAccount}
	}
	reasons := map[muster.Admission]string{
		muster.NotListed: reasonListed, muster.Blocked: reasonBlocked, muster.NotSet: reasonConfig,
	}
	if err == nil && !admission.LetsIn() {
		err = refusal{http.StatusBadRequest, reasons[admission]}
	}
	return v, admission == muster.AdmittedOwner, err
}

func (d *Dialect) fullWhitelist(ctx context.Context, c muster.Caller, e entry) (any, error) {
	server, err := e.server()
	if err != nil {
		return nil, err
	}
	return d.whitelist(ctx, c, server)
}

func (d *Dialect) whitelist(ctx context.Context, c muster.Caller, server int64) (any, error) {
	type member struct {
		Name   string   `json:"name"`
		APIIDs []string `json:"apiIds"`
	}
	d.core.Contact(c, server)
	views, err := d.core.Whitelist(ctx, c, server)
	list := make([]member, len(views))
	for i, v := range views {
		_, active := apiIDs(v.Account)
		list[i] = member{v.Username, active}
	}
	return list, err
}

// serverWishes reads what servers are wished for: under servers, or as the
// data itself. Where neither is there nothing is wished: a body that was
// forgotten must not delete every server.
func serverWishes(body object) ([]core.ServerWish, error) {
	name, from := "data", body
	if data, ok := body["data"].(map[string]any); ok && data["servers"] != nil {
		name, from = "servers", data
	} else if body["servers"] != nil {
		name = "servers"
	}
	if from[name] == nil {
		return nil, muster.Errorf(muster.Invalid, name, "must be a list of servers")
	}
	list, err := from.list(name)
	if err != nil {
		return nil, err
	}
	wishes := make([]core.ServerWish, len(list))
	for i, o := range list {
		if wishes[i], err = serverWish(o); err != nil {
			return nil, muster.Within("servers."+strconv.Itoa(i), err)
		}
	}
	return wishes, nil
}

func serverWish(o object) (w core.ServerWish, err error) {
	if w.ID, err = o.integer("id"); err != nil {
		return w, err
	}
	for name, to := range map[string]*muster.Opt[string]{
		"name": &w.Name, "description": &w.Description, "ip": &w.Address, "type": &w.Type,
	} {
		text, err := o.text(name)
		if err != nil {
			return w, err
		}
		if o[name] != nil { // null is what sonorancms_core says of an address that it does not know
			*to = muster.Some(text)
		}
	}
	port, err := o.integer("port")
	if o["port"] != nil {
		w.Port = muster.Some(int(port))
	}
	return w, err
}
