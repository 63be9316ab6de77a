package freesewing

import "github.com/muster-accounts/muster"

// switchEra is which of the original's releases a community's clients were
// written for. All routes of all eras are served in each; what one call cannot
// answer in two ways is what the era decides.
var switchEra = muster.Switch{
	Name: Name + ".era", Values: []string{"2023", "2022", "2026"},
	About: "FreeSewing's release that clients were written for: 2022 (PUT and /login), 2023 (3.x) or 2026 (4.7: uuid only, checks of four digits).",
}

// Switches are what the dialect leaves to a community.
func Switches() []muster.Switch { return []muster.Switch{switchEra} }

// era is in what the releases contradict each other.
type era struct {
	year          string
	signInFailed  string // the key of a wrong name or password
	signedUp      string // the result of a sign-up
	tellsKnown    bool   // a sign-up with an address that has an account is refused
	needsLanguage bool   // a sign-up names a language
	needsCheck    bool   // a link is confirmed by its check in the body as well
	digits        bool   // checks have four digits
	quiet         bool   // whether a link could be mailed is not told
	uuidOnly      bool   // accounts have no numeric id
	scratch       bool   // one-time codes come with scratch codes
	keyLevel      muster.Level
	foundBy       [2]string // under what the search for users lists those found by name and by address
}

var eras = map[string]era{
	"2022": {
		year: "2022", signInFailed: "loginFailed", signedUp: "success", tellsKnown: true, needsLanguage: true,
		keyLevel: 1, foundBy: [2]string{"username", "email"},
	},
	"2023": {
		year: "2023", signInFailed: "signInFailed", signedUp: "created", needsLanguage: true, scratch: true,
		keyLevel: 1, foundBy: [2]string{"username", "email"},
	},
	"2026": {
		year: "2026", signInFailed: "signInFailed", signedUp: "created", needsCheck: true, digits: true, quiet: true, uuidOnly: true, scratch: true,
		foundBy: [2]string{"username", "ehash"},
	},
}

func eraOf(switches map[string]string) era { return eras[switchEra.Of(switches)] }

// userID is what an account is called where it is named by id.
func (e era) userID(v muster.Account) any {
	if e.uuidOnly {
		return v.ID
	}
	return v.Number
}
