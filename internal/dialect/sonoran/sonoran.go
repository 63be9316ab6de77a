package sonoran

import (
	_ "embed"
	"log/slog"
	"net/http"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/limit"
)

// Name is what communities switch the dialect on by.
const Name = "sonoran"

// Contract is the path at which Spec is served.
const Contract = "/openapi/sonoran.yaml"

// Spec is the OpenAPI description of the served routes.
//
//go:embed openapi.yaml
var Spec []byte

// maxBody is how many bytes a request's body may have.
const maxBody = 1 << 20

// Dialect is the handler of all of Sonoran's routes.
type Dialect struct {
	core   *core.Core
	door   *limit.Door
	now    func() time.Time
	log    *slog.Logger
	routes table
}

// New makes the dialect; now is the clock of its answers' timestamps, and log
// takes what went wrong on our side.
func New(c *core.Core, door *limit.Door, now func() time.Time, log *slog.Logger) *Dialect {
	d := &Dialect{core: c, door: door, now: now, log: log}
	d.routes = newTable(append(d.v1Routes(), d.v2Routes()...))
	return d
}

// caller is who shows a secret, in the community that v1 names and v2 does not.
func (d *Dialect) caller(r *http.Request, secret, community string) (muster.Caller, error) {
	return d.core.Authenticate(r.Context(), core.Credential{
		Secret: secret, Community: community, Dialect: Name, RequestID: r.Header.Get("X-Request-Id"), Address: r.RemoteAddr, DryRun: r.Header.Get(muster.HeaderDryRun),
	})
}

// count counts a request, and tells the client where it stands.
func (d *Dialect) count(w http.ResponseWriter, c muster.Caller, class limit.Class) error {
	pass, err := d.door.Allow(c, class)
	pass.SetHeaders(w.Header())
	return err
}

// switchComAccount is for old clients of get_com_account, which read the first
// of a list where the vendor's pages show one object.
var switchComAccount = muster.Switch{
	Name: "sonoran.com_account", Values: []string{"object", "array"},
	About: "What v1's get_com_account answers: the account, or a list of it, as sonorancms_core before 1.6.27 wants.",
}

// switchCreated is for add-ons of 2022 and 2023, which take 201 alone for a
// success of v1.
var switchCreated = muster.Switch{
	Name: "sonoran.created_status", Values: []string{"200", "201"},
	About: "The status of v1's successes; 201 is for add-ons of 2022 and 2023, such as ace_perms.",
}

// switchACE is for clients that read a server's permissions as the vendor's
// pages show them.
var switchACE = muster.Switch{
	Name: "sonoran.ace_config", Values: []string{"object", "array"},
	About: "What a server's ACE configuration is: {mappings: [...]}, as sonorancms_core reads it, or the list, as the pages show it.",
}

// Switches are what the dialect leaves to a community.
func Switches() []muster.Switch {
	return []muster.Switch{switchComAccount, switchCreated, switchACE}
}

// Keys of the built-in fields, which are the fields' ids as well.
const (
	fieldAPIPreference = "sonoran.apiIdPreference"
	fieldStatusChange  = "notify.forms.statusChange." // and a channel's name
)

// Fields are the built-in fields that Sonoran's clients expect an account to
// have and no other dialect needs: preferences with reserved keys.
func Fields() []muster.Field {
	preference := func(key, label string, kind muster.FieldType, value muster.Value) muster.Field {
		return muster.Field{
			ID: muster.FieldID(key), Key: key, Label: label, Type: kind, Scope: muster.ScopePreference, Default: value,
			See:  muster.Rights{Level: muster.LevelReadOne},
			Edit: muster.Rights{Level: muster.LevelWriteSome, Self: true},
		}
	}
	choice := preference(fieldAPIPreference, "Which API ids count", muster.TypeNumber, muster.Number(0))
	choice.Min, choice.Max = "0", "2"
	fields := []muster.Field{choice}
	for _, channel := range []string{"inbox", "desktop", "mobile", "email", "discord"} {
		fields = append(fields, preference(fieldStatusChange+channel, "Form status changes by "+channel, muster.TypeBoolean, muster.Bool(true)))
	}
	return fields
}
