package store

import "github.com/muster-accounts/muster"

// Definition is a small part of the catalogue, kept as JSON.
type Definition interface {
	muster.Department | muster.ClockType | muster.Flow
	DefinitionID() string
}

// Kind is what a definition's rows are marked with, and what history calls it.
func Kind[T Definition]() string {
	switch any(*new(T)).(type) {
	case muster.Department:
		return "department"
	case muster.ClockType:
		return "clock_type"
	default:
		return "flow"
	}
}

// Defined lists a community's definitions of a kind, in the order in which
// they were added.
func Defined[T Definition](t *Tx, c muster.CommunityID) ([]T, error) {
	return definitions[T](t, `SELECT definition FROM definitions WHERE community_id = $1 AND kind = '`+Kind[T]()+`' ORDER BY position, definition_id`, c)
}

// PutDefined adds a definition, at the end, or replaces the one with its id.
func PutDefined[T Definition](t *Tx, c muster.CommunityID, d T) error {
	text, err := encode(d)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO definitions (community_id, kind, definition_id, position, definition)
		VALUES ($1, $2, $3, (SELECT COALESCE(MAX(position), 0) + 1 FROM definitions WHERE community_id = $1 AND kind = $2), $4)
		ON CONFLICT (community_id, kind, definition_id) DO UPDATE SET definition = excluded.definition`, c, Kind[T](), d.DefinitionID(), text)
}

// DeleteDefined removes a definition.
func DeleteDefined[T Definition](t *Tx, c muster.CommunityID, id string) error {
	return t.exec(`DELETE FROM definitions WHERE community_id = $1 AND kind = $2 AND definition_id = $3`, c, Kind[T](), id)
}
