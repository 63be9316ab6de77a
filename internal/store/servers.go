package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/muster-accounts/muster"
)

// Servers lists a community's game servers by id.
func (t *Tx) Servers(c muster.CommunityID) ([]muster.Server, error) {
	return t.serversWhere(c, `TRUE`)
}

// Server is a game server by its id.
func (t *Tx) Server(c muster.CommunityID, id int64) (muster.Server, error) {
	list, err := t.serversWhere(c, `server_id = $2`, id)
	if err != nil {
		return muster.Server{}, err
	}
	if len(list) == 0 {
		return muster.Server{}, muster.Errorf(muster.NotFound, "server", "there is no server %d", id)
	}
	return list[0], nil
}

func (t *Tx) serversWhere(c muster.CommunityID, where string, args ...any) (list []muster.Server, err error) {
	err = t.rows(`SELECT definition, push_secret IS NOT NULL, last_contact FROM servers WHERE community_id = $1 AND `+where+` ORDER BY server_id`,
		append([]any{c}, args...), func(scan func(...any) error) error {
			var s muster.Server
			var text string
			var contact int64
			if err := scan(&text, &s.HasPushSecret, &contact); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(text), &s); err != nil {
				return fmt.Errorf("definition %s: %w", text, err)
			}
			s.LastContact = fromMicros(contact)
			list = append(list, s)
			return nil
		})
	return list, err
}

// PutServer adds a game server or replaces the definition of the one with its
// id; secret and last contact stay.
func (t *Tx) PutServer(c muster.CommunityID, s muster.Server) error {
	text, err := encode(s)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO servers (community_id, server_id, definition, last_contact) VALUES ($1, $2, $3, 0)
		ON CONFLICT (community_id, server_id) DO UPDATE SET definition = excluded.definition`, c, s.ID, text)
}

// DeleteServer removes a game server.
func (t *Tx) DeleteServer(c muster.CommunityID, id int64) error {
	return t.exec(`DELETE FROM servers WHERE community_id = $1 AND server_id = $2`, c, id)
}

// TouchServer writes down that a game server called.
func (t *Tx) TouchServer(c muster.CommunityID, id int64, at time.Time) error {
	return t.exec(`UPDATE servers SET last_contact = $3 WHERE community_id = $1 AND server_id = $2 AND last_contact < $3`, c, id, micros(at))
}

// SetPushSecret keeps a game server's push secret, sealed; nil for none.
func (t *Tx) SetPushSecret(c muster.CommunityID, id int64, sealed []byte) error {
	var box any // a nil slice would be kept as an empty one
	if sealed != nil {
		box = sealed
	}
	return t.exec(`UPDATE servers SET push_secret = $3 WHERE community_id = $1 AND server_id = $2`, c, id, box)
}

// PushSecret is a game server's push secret, sealed; nil where it has none.
func (t *Tx) PushSecret(c muster.CommunityID, id int64) (sealed []byte, err error) {
	err = t.row(`SELECT push_secret FROM servers WHERE community_id = $1 AND server_id = $2`, []any{c, id}, &sealed)
	return sealed, notFound(err, "there is no server %d", id)
}
