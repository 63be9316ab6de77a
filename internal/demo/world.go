package demo

import (
	"time"

	"github.com/muster-accounts/muster"
)

// ID is the community's short id.
const ID muster.CommunityID = "demo"

// UUID and Name are the community's.
const (
	UUID = "98ebe9d4-73c6-4d60-8ba8-76385b717db7"
	Name = "Example Community Server"
)

// Secret is the key's fixed secret, printed in the documentation. Whoever can
// reach the server has it, so it is for the loopback only.
const Secret = "demo-key"

// The account of the vendor's page "Set Account Ranks" (v2).
const (
	PageID       muster.AccountID = "00000000-0000-0000-0000-000000000000"
	PageNumber   int64            = 1001
	PageRank     muster.RankID    = "22222222-2222-2222-2222-222222222222"
	PageUsername string           = "ExampleAccount"
)

// The account of the vendor's v1 pages, under every name that they give it.
const (
	V1ID       muster.AccountID = "2f93e532-0e8d-4240-b925-43a9cf9eddd2"
	V1Number   int64            = 1234
	V1Username string           = "SOMEUSERNAME"
	V1APIID    string           = "SOME_API_ID"
	V1Discord  string           = "111122223333444455"
)

// The account of Communifire's page "Update User Profile Fields".
const (
	IntranetID       muster.AccountID = "ad276d01-30a2-44e2-a14a-12947052d11e"
	IntranetNumber   int64            = 12
	IntranetUsername string           = "casey.marlow"
)

// Certifications is the field that the v1 page "Edit Account Profile Fields"
// sets.
const Certifications muster.FieldID = "d9d1288e-3892-40d6-acc5-be2c3d294bd4"

// Ids of the rows of these two accounts.
const (
	pageClockRow   = "55555555-5555-5555-5555-555555555555"
	pageDiscordRow = "55555555-5555-5555-5555-555555555555"
	pageRobloxRow  = "457a18a4-98cc-4978-86e8-504ea68ad74a"
	v1APIRow       = "62044db7-68e0-4a47-8a5c-37772b4bbe02"
	v1DiscordRow   = "002a71d1-e3cf-4007-a65d-9db468760e18"
)

// The made-up people: the number of the first, and how many.
const (
	firstCitizen = 2001
	citizens     = 500
)

// The other fields. Their ids never change, since scripts hold them.
const (
	callSign   muster.FieldID = "ab740072-5f1b-4219-81e8-191f009554b4"
	background muster.FieldID = "b9277597-a10a-46dd-864b-069b49e2d222"
	shift      muster.FieldID = "767a4170-ba49-4a0c-90fe-7426f09b53ba"
	units      muster.FieldID = "fb2bcead-9dcd-4cf2-99b8-8ae79bf4a4e1"
	hours      muster.FieldID = "08ab31fa-cb26-46a9-b400-3dc9ed044c5e"
	trainer    muster.FieldID = "92f57777-5fe2-4b04-a48f-4e919e1a238a"
	hired      muster.FieldID = "f8a1c20c-b145-4231-a5ea-71a6f866e655"
	timeZone   muster.FieldID = "df2b6055-a463-4baf-aadc-64068061aa4c"
	website    muster.FieldID = "a57f6aef-e242-4167-bb78-64f000d8b9f9"
	mentor     muster.FieldID = "d39bef19-3656-4219-bf13-989aa33b20ac"
	company    muster.FieldID = "b185899b-f8fa-4d0d-acef-ddddb305ffb2"
	phone      muster.FieldID = "53d54edd-8750-464a-ad01-0b4e457ca4fe"
	shares     muster.FieldID = "012e5295-0b6c-46d3-bd89-2e5e9c78c6dc"
)

var (
	shifts     = []string{"Morning", "Evening", "Night"}
	unitNames  = []string{"Traffic", "K9", "Air support", "Marine", "Dive team", "Negotiation"}
	certNames  = []string{"First aid", "Pursuit driving", "Rope rescue", "Hazardous materials", "Field training", "Radio operator"}
	zones      = []string{"Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "Australia/Sydney", "Asia/Tokyo"}
	languages  = []string{"en-GB", "en-US", "de", "fr", "es", "pl"}
	banReasons = []string{"Sold the fire engine", "Used the radio for karaoke", "Parked the helicopter on the mayor"}
)

// Now is the moment at which the world was made, whenever that is.
func Now() time.Time { return time.Date(2026, time.April, 15, 0, 0, 0, 0, time.UTC) }

// Fields are the community's own fields, one of every type. None has a
// default: the vendor's example account shows no value but its Discord id.
func Fields() []muster.Field {
	list := []muster.Field{
		{ID: Certifications, Key: "certifications", Label: "Certifications", Type: muster.TypeTextList, MaxItems: 20, MaxLength: 60},
		{ID: "discord", Key: "discord", Label: "Discord ID", Type: muster.TypeIdentity, Provider: muster.ProviderDiscord},
		{ID: callSign, Key: "call_sign", Label: "Call sign", Type: muster.TypeText, Pattern: "[1-9]-[A-Z]-[0-9]{2}"},
		{ID: background, Key: "background", Label: "Background", Type: muster.TypeLongText, MaxLength: 2000},
		{ID: shift, Key: "shift", Label: "Shift", Type: muster.TypeChoice, Options: shifts},
		{ID: units, Key: "units", Label: "Units", Type: muster.TypeMultiChoice, Options: unitNames, MaxItems: 3},
		{ID: hours, Key: "hours", Label: "Hours on duty", Type: muster.TypeNumber, Min: "0", Max: "10000"},
		{ID: trainer, Key: "trainer", Label: "May train others", Type: muster.TypeBoolean},
		{ID: hired, Key: "hired", Label: "Hired on", Type: muster.TypeDate, Min: "2020-01-01"},
		{ID: website, Key: "website", Label: "Website", Type: muster.TypeURL},
		{ID: mentor, Key: "mentor", Label: "Mentor", Type: muster.TypeAccount},
		{ID: company, Key: "company", Label: "Company", Type: muster.TypeText, MaxLength: 100},
		{ID: phone, Key: "phone", Label: "Phone", Type: muster.TypeText, MaxLength: 30},
		{ID: shares, Key: "share_my_profile", Label: "Share my profile", Type: muster.TypeBoolean, Scope: muster.ScopePreference},
		{ID: timeZone, Key: "time_zone", Label: "Time zone", Type: muster.TypeTimeZone, Scope: muster.ScopePreference},
	}
	for i := range list {
		f := &list[i]
		if f.Scope == "" {
			f.Scope = muster.ScopeProfile
		}
		f.See = muster.Rights{Level: muster.LevelReadOne}
		f.Edit = muster.Rights{Level: muster.LevelWriteSome, Self: true}
	}
	return list
}

// Ranks are the community's ranks. The first five have the ids that the
// vendor's examples print, those of placeholders included, so that an example
// runs as it stands.
func Ranks() []muster.Rank {
	return []muster.Rank{
		{ID: "4298c76d-a1ee-46dc-b33c-8daf2e2280dd", Label: "Patrol Officer", Department: "Police", Power: 20, Colour: "#2c5aa0"},
		{ID: PageRank, Label: "Member", Department: "Community", Power: 5, Colour: "#7f8c8d"},
		{ID: "rank-1", Label: "Event Host", Department: "Community", Power: 4, Colour: "#8e44ad"},
		{ID: "RANK_UUID", Label: "Reserve", Department: "Community", Power: 6, Colour: "#95a5a6"},
		{ID: "ANOTHER_RANK_UUID", Label: "Photographer", Department: "Community", Power: 7, Colour: "#16a085"},
		{ID: "950dd4b4-0633-4816-8ab1-0b825d66d62c", Label: "Police Cadet", Department: "Police", Power: 10, Colour: "#5d8bd0"},
		{ID: "de899c06-e7a1-4791-82c9-0b339536853c", Label: "Police Sergeant", Department: "Police", Power: 40, Colour: "#2c5aa0"},
		{ID: "f563619e-5ad4-4698-a71b-b52b4d81321c", Label: "Chief of Police", Department: "Police", Power: 70, Colour: "#1b3a6b"},
		{ID: "8e0308fa-32a2-4a39-812f-f37038b8ab8f", Label: "Firefighter", Department: "Fire", Power: 20, Colour: "#c0392b"},
		{ID: "a2984704-3937-4063-8c46-1c17b6d39961", Label: "Fire Lieutenant", Department: "Fire", Power: 40, Colour: "#c0392b"},
		{ID: "d9690f92-1743-4acf-a02e-9ec219ececee", Label: "Fire Chief", Department: "Fire", Power: 70, Colour: "#7b241c"},
		{ID: "fdf11193-7bde-4188-88dd-03425825a2a1", Label: "Paramedic", Department: "Medical", Power: 20, Colour: "#27ae60"},
		{ID: "979942aa-d18a-4e16-98fd-b3aaf901ecc5", Label: "Medical Supervisor", Department: "Medical", Power: 50, Colour: "#1e8449"},
		{ID: "feb54cb7-d6b9-4fdf-81b5-5725f9d16bf0", Label: "Dispatcher", Department: "Dispatch", Power: 30, Colour: "#d68910"},
		{ID: "3b722a62-51d2-4df2-be7b-79e548f69a42", Label: "Moderator", Department: "Staff", Power: 80, Colour: "#6c3483"},
		{ID: "55c4f14a-bf7b-4bc5-9f60-adb5cb9faa51", Label: "Administrator", Department: "Staff", Power: 100, Colour: "#4a235a"},
	}
}
