package rest

import (
	_ "embed"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/limit"
)

// Name is what communities switch the dialect on by.
const Name = "rest"

// Contract is the path at which Spec is served.
const Contract = "/openapi/rest.yaml"

// root is where all routes are.
const root = "/muster/v1"

// Spec is the OpenAPI description of the served routes.
//
//go:embed openapi.yaml
var Spec []byte

// Dialect is the handler of all routes.
type Dialect struct {
	core *core.Core
	door *limit.Door
	log  *slog.Logger
	mux  *http.ServeMux

	streams  streams
	stopping chan struct{} // closed by Stop
	readTime time.Duration // how long a client may take to read what a feed has sent
}

// New makes the dialect; log takes what went wrong on our side.
func New(c *core.Core, door *limit.Door, log *slog.Logger) *Dialect {
	d := &Dialect{core: c, door: door, log: log, stopping: make(chan struct{}), readTime: 10 * time.Second}
	d.mux = d.newMux(d.routes())
	return d
}

// The classes in which requests are counted.
var (
	classRead  = limit.Class{Name: "read"}
	classWrite = limit.Class{Name: "write"}
	classBulk  = limit.Class{Name: "bulk"}
)

// switchIfMatch is for communities whose clients must not overwrite what they
// have not seen.
var switchIfMatch = muster.Switch{
	Name: Name + ".require_if_match", Values: []string{"no", "yes"},
	About: "Whether changes of one account need If-Match with the ETag that was read; without it they are refused with 428.",
}

// Switches are what the dialect leaves to a community.
func Switches() []muster.Switch { return []muster.Switch{switchIfMatch} }

// Fields are those that the dialect's clients expect beside a community's own:
// none.
func Fields() []muster.Field { return nil }

// Prefixes are the paths that are the dialect's.
func (d *Dialect) Prefixes() []string { return []string{root} }

// caller is who a request comes from.
func (d *Dialect) caller(r *http.Request) (muster.Caller, error) {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if secret = strings.TrimSpace(secret); !strings.EqualFold(scheme, "Bearer") || secret == "" {
		return muster.Caller{}, muster.Errorf(muster.Unauthenticated, "", "give a key as Authorization: Bearer")
	}
	return d.core.Authenticate(r.Context(), core.Credential{
		Secret: secret, Dialect: Name, RequestID: r.Header.Get("X-Request-Id"), Address: r.RemoteAddr, DryRun: r.Header.Get(muster.HeaderDryRun),
	})
}
