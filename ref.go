package muster

import "strconv"

// HandleKind is by what an account is found.
type HandleKind string

// The kinds of Handle.
const (
	ByID       HandleKind = "id"
	ByNumber   HandleKind = "number"
	ByUsername HandleKind = "username" // in any case: usernames are unique regardless of it
	ByEmail    HandleKind = "email"
	ByIdentity HandleKind = "identity" // names only; evidence finds nobody
)

// Handle points at one account.
type Handle struct {
	By       HandleKind
	Provider string // ByIdentity only
	Value    string
}

// Ref is how a caller points at an account: handles tried in order, those that
// resolve to nothing skipped, the first hit taken.
type Ref []Handle

// RefID points by account id.
func RefID(id AccountID) Ref { return Ref{{By: ByID, Value: string(id)}} }

// RefNumber points by account number.
func RefNumber(n int64) Ref { return Ref{{By: ByNumber, Value: strconv.FormatInt(n, 10)}} }

// RefUsername points by username.
func RefUsername(name string) Ref { return Ref{{By: ByUsername, Value: name}} }

// RefIdentity points by an outside name.
func RefIdentity(provider, value string) Ref {
	return Ref{{By: ByIdentity, Provider: provider, Value: value}}
}
