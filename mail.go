package muster

import "time"

// MailKind is what an e-mail is about.
type MailKind string

// The kinds. A message to an address that nobody has proven yet shows no name:
// whoever asked for it chose the name, and could have it say anything.
const (
	MailSignUp        MailKind = "signup"         // confirm the address of a new account
	MailSignUpKnown   MailKind = "signup-known"   // somebody signed up with the address of an account that is there: sign in
	MailSignIn        MailKind = "signin"         // the link that was asked for
	MailEmailConfirm  MailKind = "email-confirm"  // to the new address
	MailEmailTold     MailKind = "email-told"     // to the old address, of a change that is wished for
	MailPasswordReset MailKind = "password-reset" // the link to choose a new one
	MailRemoved       MailKind = "removed"        // the account is no more
)

// Mail is an e-mail on its way to one address, or sent lately.
type Mail struct {
	Community CommunityID
	ID        string // of the message
	Account   AccountID
	Kind      MailKind
	MailContent
	CreatedAt time.Time
	Attempts  int       // that failed
	Next      time.Time // when it is tried; zero: it was sent, or given up
	SentAt    time.Time // zero: it was not
	GivenUp   time.Time // zero: it was not
	LastError string    // of the last attempt, for people
}

// MailContent is what a Mail says, and to whom. It is sealed at rest.
type MailContent struct {
	To       string        `json:"to"` // nothing: whatever was sent under the ID is to be forgotten
	Language string        `json:"language,omitempty"`
	Name     string        `json:"name,omitempty"`      // what to call the reader
	Link     string        `json:"link,omitempty"`      // what a click does
	Life     time.Duration `json:"life,omitempty"`      // of the link
	NewEmail string        `json:"new_email,omitempty"` // of MailEmailTold
	Forget   bool          `json:"forget,omitempty"`    // as soon as it was sent
}

// Failed is the mail after an attempt that failed: it waits, twice as long
// each time, or is given up after a day, or at once where no attempt can ever
// do better.
func (m Mail) Failed(at time.Time, why string, forGood bool, spread float64) Mail {
	d := Delivery{Attempts: m.Attempts, Since: m.CreatedAt}.Failed(at, why, spread)
	m.Attempts, m.Next, m.GivenUp, m.LastError = d.Attempts, d.Next, d.GivenUp, d.LastError
	if forGood {
		m.Next, m.GivenUp = time.Time{}, at
	}
	return m
}

// LinkKind is what a one-time link does.
type LinkKind string

// The kinds.
const (
	LinkSignUp LinkKind = "signup" // confirms the address of a new account
	LinkSignIn LinkKind = "signin"
	LinkEmail  LinkKind = "email" // confirms a new address
	LinkReset  LinkKind = "reset" // chooses a new password
)

// How long links are good, and how many wrong checks end one.
const (
	LinkLife    = 24 * time.Hour
	SignInLife  = time.Hour
	MaxMisses   = 5
	maxLinksFor = 5 // of a kind and account at a time, the newest
)

// Link is a one-time link: whoever brings its id, and the check that was
// mailed with it, has read that mail.
type Link struct {
	Community CommunityID
	ID        string
	Account   AccountID
	Kind      LinkKind
	LinkContent
	ExpiresAt time.Time
	Misses    int
}

// LinkContent is what a Link holds in confidence.
type LinkContent struct {
	Check string `json:"check"`
	Email string `json:"email,omitempty"` // of LinkEmail: the new address
}

// Live reports whether the link is good at a time.
func (l Link) Live(now time.Time) bool { return now.Before(l.ExpiresAt) && l.Misses < MaxMisses }
