package muster

import "slices"

// Level is how much a caller may do, from 0 (nothing) to 8 (everything).
type Level int

// The levels that have a name. Those between them have the rights of the next
// lower one.
const (
	LevelReadOne   Level = 1 // read an account that the caller can name
	LevelReadAll   Level = 2 // list, search, history
	LevelWriteSome Level = 3 // a community's key: edit accounts within its areas
	LevelUser      Level = 4 // a person: edit the own profile and values
	LevelCurator   Level = 5
	LevelSupport   Level = 6
	LevelAdmin     Level = 8 // edit any account, and the catalogue, keys and settings
)

// Area is a part of what can be written. A caller with no areas named may
// write in all that its level allows; one with areas, only in those.
type Area string

// The areas.
const (
	AreaProfile    Area = "profile"    // username, e-mail, name, bio, language, picture
	AreaValues     Area = "values"     // values of fields
	AreaRanks      Area = "ranks"      // which ranks an account holds
	AreaIdentities Area = "identities" // outside identities
	AreaStanding   Area = "standing"   // joined, active, archived, banned, sign-in and its level
	AreaClock      Area = "clock"      // time on duty and on game servers
	AreaServers    Area = "servers"    // what game servers say of themselves: name, address, type, permissions
	AreaAccounts   Area = "accounts"   // create, delete and restore accounts
	AreaCatalogue  Area = "catalogue"  // fields, ranks, departments, clock types, flows, whitelists, settings
	AreaKeys       Area = "keys"       // API credentials and passwords
)

// Areas lists every Area, in the order shown to people.
var Areas = []Area{AreaProfile, AreaValues, AreaRanks, AreaIdentities, AreaStanding, AreaClock, AreaServers, AreaAccounts, AreaCatalogue, AreaKeys}

// Caller is who is acting: a key or a session with its rights, the community
// it acts in, and the request it acts by.
type Caller struct {
	Community CommunityID
	Key       KeyID     // empty for the operator's own commands
	Account   AccountID // the account it acts for; empty for the community's own keys
	For       AccountID // on whose behalf a community's key says it acts: history names them, and it lends no right
	Ranks     []RankID  // ranks that Account holds, for the rights of fields
	Level     Level
	Areas     []Area
	RankPower int64             // no rank above it may be granted or taken
	Limits    Limits            // how often it may call
	Switches  map[string]string // the community's, see Switch
	Dialect   string
	RequestID string
	DryRun    bool // asks what a deed would answer: nothing of it stays
}

// HeaderDryRun is the header of a request, in any dialect, that asks what its
// answer would be and has nothing written; and of an answer that is one.
const HeaderDryRun = "Muster-Dry-Run"

// DialectCommand is what history calls commands on the server's own machine.
const DialectCommand = "command"

// Operator is the caller of commands run on the server's own machine.
func Operator(c CommunityID) Caller {
	return Caller{Community: c, Level: LevelAdmin, RankPower: AnyRankPower, Dialect: DialectCommand}
}

// MayRead reports whether the caller may read accounts that it can name.
func (c Caller) MayRead() error {
	return c.needs(LevelReadOne, "read accounts")
}

// MayReadAll reports whether the caller may list accounts and read history.
func (c Caller) MayReadAll() error {
	return c.needs(LevelReadAll, "list accounts or read history")
}

// MayEdit reports whether the caller may edit account id in areas. A person
// needs level 4 for the own profile, values and clock, and 8 for all else:
// nobody lifts their own ban or verifies their own identity. Values of others
// are between: level 4 will do, and then each field's ranks decide (see
// Rights.AllowEdit). A community's key needs level 3.
func (c Caller) MayEdit(id AccountID, areas ...Area) error {
	need, what := LevelWriteSome, "edit accounts"
	if c.Account != "" {
		only := func(some ...Area) bool {
			return !slices.ContainsFunc(areas, func(a Area) bool { return !slices.Contains(some, a) })
		}
		switch {
		case c.Account == id && only(AreaProfile, AreaValues, AreaClock):
			need, what = LevelUser, "edit the own account"
		case len(areas) > 0 && only(AreaValues):
			need, what = LevelUser, "edit values of others"
		default:
			need, what = LevelAdmin, "edit another's account, or the own ranks, identities and standing"
		}
	}
	if err := c.needs(need, what); err != nil {
		return err
	}
	return c.within(areas...)
}

// MayManage reports whether the caller may do administrative deeds in area.
func (c Caller) MayManage(area Area) error {
	if err := c.needs(LevelAdmin, "manage "+string(area)); err != nil {
		return err
	}
	return c.within(area)
}

// MayMakeCredential reports whether the caller may give account owner (empty:
// the community itself) a credential of a level: a key, or the password, whose
// level is that of sign-in. A person needs level 4 for the own account, all
// others 8, and nobody makes a credential above their own level.
func (c Caller) MayMakeCredential(owner AccountID, level Level) error {
	if owner == "" || c.Account != owner {
		if err := c.MayManage(AreaKeys); err != nil {
			return err
		}
	}
	if err := c.needs(LevelUser, "make credentials of the own account"); err != nil {
		return err
	}
	if level > c.Level {
		return Errorf(Forbidden, "level", "this credential has level %d and cannot make one of level %d", c.Level, level)
	}
	return c.within(AreaKeys)
}

// MaySetLevel reports whether the caller may say at which level an account
// signs in: whoever could, at a lower level, would lift themselves.
func (c Caller) MaySetLevel() error {
	return c.needs(LevelAdmin, "say at which level an account signs in")
}

func (c Caller) needs(l Level, what string) error {
	if c.Level < l {
		return Errorf(Forbidden, "", "this credential has level %d; to %s needs level %d", c.Level, what, l)
	}
	return nil
}

func (c Caller) within(areas ...Area) error {
	if len(c.Areas) == 0 {
		return nil
	}
	for _, a := range areas {
		if !slices.Contains(c.Areas, a) {
			return Errorf(Forbidden, "", "this credential may not write in the area %q", a)
		}
	}
	return nil
}

// Rights say who may see, or edit, the values of a field: callers of at least
// Level (0: everybody) and holders of one of Ranks, those of every account;
// and the account itself its own, where Self is set or it holds one of
// SelfRanks.
type Rights struct {
	Level     Level    `json:"level,omitempty"`
	Ranks     []RankID `json:"ranks,omitempty"`
	Self      bool     `json:"self,omitempty"`
	SelfRanks []RankID `json:"self_ranks,omitempty"`
}

// Allow reports whether the caller has the right over account id's value.
func (r Rights) Allow(c Caller, id AccountID) bool {
	return c.Level >= r.Level || r.allowPerson(c, id)
}

// AllowEdit is Allow for an edit, where a person's level says less: below an
// administrator's it reaches the own values alone, and there only from
// LevelUser on, since the levels below are those of communities' keys. So
// "edit own" and "edit others'" are given by rank, each by itself.
func (r Rights) AllowEdit(c Caller, id AccountID) bool {
	switch {
	case c.Account == "" || c.Level >= LevelAdmin:
		return r.Allow(c, id)
	case r.allowPerson(c, id):
		return true
	default:
		return c.Account == id && c.Level >= r.Level && (r.Level == 0 || r.Level >= LevelUser)
	}
}

// allowPerson is what somebody may by rank, or by being the account.
func (r Rights) allowPerson(c Caller, id AccountID) bool {
	holds := func(ranks []RankID) bool {
		return slices.ContainsFunc(ranks, func(rank RankID) bool { return slices.Contains(c.Ranks, rank) })
	}
	own := c.Account != "" && c.Account == id
	return own && (r.Self || holds(r.SelfRanks)) || holds(r.Ranks)
}
