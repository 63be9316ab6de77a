package muster

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// Identity is a name or a trace of an account in another system.
type Identity struct {
	ID        string          `json:"id"`       // UUID
	Provider  string          `json:"provider"` // in lower case
	Value     string          `json:"value"`
	Verified  bool            `json:"verified,omitempty"`
	Metadata  json.RawMessage `json:"metadata,omitempty"` // a JSON object without space, or nothing
	Flag      string          `json:"flag,omitempty"`     // a moderator's mark on evidence, opaque
	CreatedAt time.Time       `json:"created_at"`
	UpdatedAt time.Time       `json:"updated_at,omitzero"`

	Shared int `json:"-"` // how many accounts of the community have it, this one among them; filled on reading
}

// IdentityKey is what an identity is found by.
type IdentityKey struct {
	Provider string `json:"provider"`
	Value    string `json:"value"`
}

// foldProvider is the form in which names of providers are kept and compared.
func foldProvider(name string) string { return strings.ToLower(name) }

// Key is the identity's own key.
func (i Identity) Key() IdentityKey { return IdentityKey{i.Provider, i.Value} }

// Is reports whether the identity, which is kept, has a key, with its provider
// in any case.
func (i Identity) Is(key IdentityKey) bool {
	return i.Value == key.Value && i.Provider == foldProvider(key.Provider)
}

// Providers that the rules know. Others are names as well.
const (
	ProviderAPI       = "api" // a free name that a member registered for clients to use
	ProviderDiscord   = "discord"
	ProviderRoblox    = "roblox"
	ProviderTeamspeak = "teamspeak"
)

var evidence = []string{"ip", "hwid", "license", "license2", "licence", "licence2"}

// IsEvidence reports whether a provider's values are evidence: traces that
// several accounts may share and that find nobody. All others are names:
// unique in the community, and good to find an account by.
func IsEvidence(provider string) bool { return slices.Contains(evidence, foldProvider(provider)) }

// IdentityEdit gives and takes identities. Adding one that the account has
// replaces its verification, metadata and flag; one that was seen stays as it
// is where the account has it, and is added where it has not. Removing one it
// has not is no error.
type IdentityEdit struct {
	Add    []Identity    `json:"add,omitempty"`
	Seen   []Identity    `json:"seen,omitempty"`
	Remove []IdentityKey `json:"remove,omitempty"`
}

// IsZero reports that nothing is asked for.
func (e IdentityEdit) IsZero() bool { return len(e.Add) == 0 && len(e.Seen) == 0 && len(e.Remove) == 0 }

// accept checks an identity and returns it in the form to keep. Metadata and
// times take the form that they have in history, so that what was kept equals
// what was recorded.
func (i Identity) accept() (Identity, error) {
	err := checkID("provider", i.Provider)
	if err == nil {
		err = checkID("value", i.Value)
	}
	if err == nil {
		err = checkLine("flag", i.Flag, maxID)
	}
	if err == nil {
		err = checkText("metadata", string(i.Metadata), maxLongText)
	}
	if err == nil {
		i.CreatedAt, err = keepTime("created_at", i.CreatedAt)
	}
	if err == nil {
		i.UpdatedAt, err = keepTime("updated_at", i.UpdatedAt)
	}
	if err != nil {
		return i, err
	}
	i.Provider = foldProvider(i.Provider)
	var object map[string]any
	if len(i.Metadata) > 0 && json.Unmarshal(i.Metadata, &object) != nil {
		return i, Errorf(Invalid, "metadata", "must be a JSON object")
	}
	if object == nil {
		i.Metadata = nil
		return i, nil
	}
	i.Metadata, err = json.Marshal(i.Metadata)
	return i, err
}

// apply orders the result by provider and value.
func (e IdentityEdit) apply(held []Identity) ([]Identity, error) {
	now := make(map[IdentityKey]Identity, len(held)+len(e.Add))
	for _, i := range held {
		now[i.Key()] = i
	}
	before := maps.Clone(now)
	for n, i := range e.Add {
		i, err := i.accept()
		if err != nil {
			return nil, Within("identities.add."+itoa(n), err)
		}
		if old, ok := before[i.Key()]; ok {
			if old.sameMark(i) {
				i = old
			}
			i.ID, i.CreatedAt, i.Shared = old.ID, old.CreatedAt, old.Shared
		}
		now[i.Key()] = i
	}
	for n, i := range e.Seen {
		i, err := i.accept()
		if err != nil {
			return nil, Within("identities.seen."+itoa(n), err)
		}
		if _, has := now[i.Key()]; !has {
			now[i.Key()] = i
		}
	}
	for _, key := range e.Remove {
		key.Provider = foldProvider(key.Provider)
		delete(now, key)
	}
	after := make([]Identity, 0, len(now))
	for _, i := range now {
		after = append(after, i)
	}
	slices.SortFunc(after, compareIdentities)
	return after, nil
}

// compareIdentities is the order in which an account has them.
func compareIdentities(a, b Identity) int {
	return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Value, b.Value))
}

func (i Identity) sameMark(o Identity) bool {
	return i.Verified == o.Verified && string(i.Metadata) == string(o.Metadata) && i.Flag == o.Flag
}

func (i Identity) same(o Identity) bool {
	return i.Key() == o.Key() && i.ID == o.ID && i.sameMark(o) && i.UpdatedAt.Equal(o.UpdatedAt)
}

// DiffIdentities is what only before, and what only after holds; one that
// changed stands in both.
func DiffIdentities(before, after []Identity) (gone, come []Identity) {
	lacks := func(list []Identity, i Identity) bool {
		return !slices.ContainsFunc(list, i.same)
	}
	for _, i := range before {
		if lacks(after, i) {
			gone = append(gone, i)
		}
	}
	for _, i := range after {
		if lacks(before, i) {
			come = append(come, i)
		}
	}
	return gone, come
}
