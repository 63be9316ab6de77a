package freesewing

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
const Name = "freesewing"

// Contract is the path at which Spec is served.
const Contract = "/openapi/freesewing.yaml"

// Spec is the OpenAPI description of the served routes.
//
//go:embed openapi.yaml
var Spec []byte

// maxBody is how many bytes a request's body may have, as with the original.
const maxBody = 12 << 20

// maxSignIn is how many it may have of those who are nobody yet.
const maxSignIn = 64 << 10

// Dialect is the handler of all of FreeSewing's routes.
type Dialect struct {
	core      *core.Core
	door      *limit.Door
	now       func() time.Time
	log       *slog.Logger
	publicURL string
	mux       *http.ServeMux
}

// New makes the dialect; now is the clock of keys' lives. Links in answers
// begin with publicURL or, where that is empty, with the host that the client
// asked; log takes what went wrong on our side.
func New(c *core.Core, door *limit.Door, now func() time.Time, publicURL string, log *slog.Logger) *Dialect {
	d := &Dialect{core: c, door: door, now: now, log: log, publicURL: strings.TrimSuffix(publicURL, "/")}
	d.mux = d.newMux()
	return d
}

// The classes in which requests are counted; the vendor publishes no numbers
// but for signing in, see limit.Door.AllowSignIn.
var (
	classRead  = limit.Class{Name: "account-read"}
	classWrite = limit.Class{Name: "account-write"}
)

// Ids, and keys, of the built-in fields.
const (
	fieldConsent    = Name + ".consent"
	fieldControl    = Name + ".control"
	fieldGitHub     = Name + ".github"
	fieldImperial   = Name + ".imperial"
	fieldNewsletter = Name + ".newsletter"
	fieldCompare    = Name + ".compare"
	fieldPatron     = Name + ".patron"
	fieldInitial    = Name + ".initial"
	fieldData       = Name + ".data"
)

// Fields are what FreeSewing's clients expect an account to have and no other
// dialect needs. People edit their own but for patron and initial.
func Fields() []muster.Field {
	var fields []muster.Field
	add := func(id muster.FieldID, label string, kind muster.FieldType, by muster.Value) *muster.Field {
		fields = append(fields, muster.Field{
			ID: id, Key: string(id), Label: label, Type: kind, Scope: muster.ScopePreference, Default: by,
			See:  muster.Rights{Level: muster.LevelReadAll, Self: true},
			Edit: muster.Rights{Level: muster.LevelWriteSome, Self: true},
		})
		return &fields[len(fields)-1]
	}
	consent := add(fieldConsent, "Consent to data processing", muster.TypeNumber, muster.Number(0))
	consent.Min, consent.Max = "0", "3"
	control := add(fieldControl, "User experience, from simple to complete", muster.TypeNumber, muster.Number(1))
	control.Min, control.Max = "1", "5"
	add(fieldGitHub, "GitHub username", muster.TypeText, nil).MaxLength = 100
	add(fieldImperial, "Imperial units", muster.TypeBoolean, muster.Bool(false))
	add(fieldNewsletter, "Newsletter", muster.TypeBoolean, muster.Bool(false))
	add(fieldCompare, "Compare measurements", muster.TypeBoolean, muster.Bool(false))
	patron := add(fieldPatron, "Patron tier", muster.TypeNumber, muster.Number(0))
	patron.Min, patron.Max = "0", "8"
	patron.Edit = muster.Rights{Level: muster.LevelAdmin}
	add(fieldInitial, "E-mail address at sign-up", muster.TypeText, nil).Edit = muster.Rights{Level: muster.LevelAdmin}
	add(fieldData, "Data of the front end", muster.TypeLongText, nil)
	return fields
}
