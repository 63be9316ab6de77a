package store

import (
	"database/sql"
	"errors"
	"time"

	"github.com/muster-accounts/muster"
)

// Reply is what was answered to a request that may come again.
type Reply struct {
	Scope, Name string // who asked for what, and the request's own key
	Fingerprint string // of what it asked
	Status      int    // 0 while it is running
	Header      string
	Body        []byte // nil: it is not kept
	Begun, Ends time.Time
}

// Reply is the reply of a request by its scope and name; found is false where
// there is none, or it has ended by now.
func (t *Tx) Reply(c muster.CommunityID, scope, name string, now time.Time) (r Reply, found bool, err error) {
	r.Scope, r.Name = scope, name
	var begun, ends int64
	err = t.row(`SELECT fingerprint, status, header, reply, begun_at, ends_at FROM replies WHERE community_id = $1 AND scope = $2 AND name = $3`,
		[]any{c, scope, name}, &r.Fingerprint, &r.Status, &r.Header, &r.Body, &begun, &ends)
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	r.Begun, r.Ends = fromMicros(begun), fromMicros(ends)
	return r, err == nil && now.Before(r.Ends), err
}

// PutReply writes a reply, in the place of the one of its scope and name.
func (t *Tx) PutReply(c muster.CommunityID, r Reply) error {
	return t.exec(`INSERT INTO replies (community_id, scope, name, fingerprint, status, header, reply, begun_at, ends_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (community_id, scope, name) DO UPDATE SET fingerprint = excluded.fingerprint, status = excluded.status,
			header = excluded.header, reply = excluded.reply, begun_at = excluded.begun_at, ends_at = excluded.ends_at`,
		c, r.Scope, r.Name, r.Fingerprint, int64(r.Status), r.Header, r.Body, micros(r.Begun), micros(r.Ends))
}

// DropReply forgets a reply.
func (t *Tx) DropReply(c muster.CommunityID, scope, name string) error {
	return t.exec(`DELETE FROM replies WHERE community_id = $1 AND scope = $2 AND name = $3`, c, scope, name)
}

// DropReplies forgets the replies that have ended by now.
func (t *Tx) DropReplies(c muster.CommunityID, now time.Time) error {
	return t.exec(`DELETE FROM replies WHERE community_id = $1 AND ends_at <= $2`, c, micros(now))
}
