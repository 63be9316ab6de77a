package communifire

import (
	_ "embed"
	"log/slog"
	"net/http"
	"slices"

	"github.com/microcosm-cc/bluemonday"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/limit"
)

// Name is what communities switch the dialect on by.
const Name = "communifire"

// Contract is the path at which Spec is served.
const Contract = "/openapi/communifire.yaml"

// Spec is the OpenAPI description of the served routes.
//
//go:embed openapi.yaml
var Spec []byte

// Dialect is the handler of all of Communifire's routes.
type Dialect struct {
	core  *core.Core
	door  *limit.Door
	log   *slog.Logger
	mux   *http.ServeMux
	html  *bluemonday.Policy // what stays of members that clients show as HTML
	forms *prometheus.CounterVec
}

// New makes the dialect; log takes what went wrong on our side.
func New(c *core.Core, door *limit.Door, log *slog.Logger) *Dialect {
	d := &Dialect{core: c, door: door, log: log, html: bluemonday.UGCPolicy(), forms: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "cf_body_form_total", Help: "Bodies of POST /api/users/fields that were read, by the form that they came in (see its README).",
	}, []string{"form"})}
	for _, form := range bodyForms {
		d.forms.WithLabelValues(string(form)) // so that a form nobody needs shows as 0
	}
	d.mux = d.newMux()
	return d
}

// Collectors are what the dialect counts.
func (d *Dialect) Collectors() []prometheus.Collector { return []prometheus.Collector{d.forms} }

// The classes in which requests are counted; the vendor publishes no numbers.
var (
	classRead  = limit.Class{Name: "users-read"}
	classWrite = limit.Class{Name: "users-write"}
)

// switchErrorStatus is for clients that give up at any status but 200 and look
// at IsError after it.
var switchErrorStatus = muster.Switch{
	Name: Name + ".error_status", Values: []string{"truthful", "200"},
	About: "The status of a refusal by which a request is wrong: truthful (400, 403, 404, 409, 413, 415), or always 200 with IsError true.",
}

// switchQueryKeys is for operators who do not want keys in the logs of proxies.
var switchQueryKeys = muster.Switch{
	Name: Name + ".query_keys", Values: []string{"accepted", "refused"},
	About: "Whether a key may stand in the URL (?token=), as the vendor's page shows it. Proxies and browsers remember URLs.",
}

// The values of switchAuth, which are the vendor's own three modes.
const (
	authBoth        = "both"
	authBearer      = "bearer"
	authNoPasswords = "bearer_no_passwords"
)

// switchAuth is for operators who are done with the older ways to show a key.
var switchAuth = muster.Switch{
	Name: Name + ".auth", Values: []string{authBoth, authBearer, authNoPasswords},
	About: "How a key is shown: both (Authorization: Bearer, or the older header and URL), bearer (that alone), or bearer_no_passwords (that alone, and nobody signs in by username and password).",
}

// Switches are what the dialect leaves to a community.
func Switches() []muster.Switch {
	return []muster.Switch{switchErrorStatus, switchQueryKeys, switchAuth}
}

// Labels that the dialect itself looks for.
const (
	labelFirstName    = "First name"
	labelLastName     = "Last name"
	labelProfilePhoto = "Profile photo"
)

// builtin is the id, and key, of a built-in field; its name is the one that
// the vendor's clients know it by.
func builtin(name string) muster.FieldID { return muster.FieldID(Name + "." + name) }

// Fields are the labels that a Communifire site begins with and clients
// expect; a community's own field of the same label serves in their place.
// Username, Email, About me, Bio and Language are members of every account.
func Fields() []muster.Field {
	var fields []muster.Field
	add := func(name, label string, kind muster.FieldType) *muster.Field {
		id := builtin(name)
		fields = append(fields, muster.Field{
			ID: id, Key: string(id), Label: label, Type: kind, Scope: muster.ScopeProfile,
			See:  muster.Rights{Level: muster.LevelReadOne},
			Edit: muster.Rights{Level: muster.LevelWriteSome, Self: true},
		})
		return &fields[len(fields)-1]
	}
	add("firstName", labelFirstName, muster.TypeText)
	add("lastName", labelLastName, muster.TypeText)
	add("company", "Company", muster.TypeText)
	add("dateOfBirth", "Date of birth", muster.TypeDate)
	add("department", "Department", muster.TypeText)
	add("address1", "Address 1", muster.TypeText)
	add("city", "City", muster.TypeText)
	add("country", "Country", muster.TypeText)
	add("postalCode", "Postal code", muster.TypeText)
	add("state", "State", muster.TypeText)
	add("occupation", "Occupation", muster.TypeText)
	add("phone", "Phone", muster.TypeText)
	add("reportsTo", "Reports to", muster.TypeAccount).Chart = true
	add("profilePhoto", labelProfilePhoto, muster.TypeURL)
	add("coverPhoto", "Cover photo", muster.TypeURL)
	add("interests", "Interests", muster.TypeTextList)
	add("tags", "Tags", muster.TypeTextList)
	add("shareMyProfile", "Share my profile", muster.TypeBoolean).Scope = muster.ScopePreference
	add("timeZone", "Time zone", muster.TypeTimeZone).Scope = muster.ScopePreference
	return fields
}

// Labelled are the fields of a site that has these labels, in their order: the
// standard ones, and for every other label the one that own makes. What is a
// member of every account needs none.
func Labelled(labels []string, own func(label string) muster.Field) (fields []muster.Field) {
	standard := Fields()
	for _, label := range labels {
		switch at := slices.IndexFunc(standard, func(f muster.Field) bool { return f.Label == label }); {
		case at >= 0:
			fields = append(fields, standard[at])
		case identifier(label) == "" && !slices.Contains([]string{labelAbout, labelBio, labelLanguage, labelPassword}, label):
			fields = append(fields, own(label))
		}
	}
	return fields
}
