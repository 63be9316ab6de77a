package store

import (
	"time"

	"github.com/muster-accounts/muster"
)

// Forgotten is the change up to which a community's history is forgotten, and
// when that was; 0: history is whole.
type Forgotten struct {
	Seq int64     `json:"seq"`
	At  time.Time `json:"at"`
}

// Forgotten is what a community has forgotten.
func (t *Tx) Forgotten(c muster.CommunityID) (f Forgotten, err error) {
	var at int64
	err = t.row(`SELECT forgotten_seq, forgotten_at FROM communities WHERE community_id = $1`, []any{c}, &f.Seq, &at)
	f.At = fromMicros(at)
	return f, err
}

// SetForgotten says what a community has forgotten, where it came from
// elsewhere.
func (t *Tx) SetForgotten(c muster.CommunityID, f Forgotten) error {
	return t.exec(`UPDATE communities SET forgotten_seq = $2, forgotten_at = $3 WHERE community_id = $1`, c, f.Seq, micros(f.At))
}

// Forgettable is the change up to which all are older than a time, and nobody
// waits to be told of them. The newest change is always kept.
func (t *Tx) Forgettable(c muster.CommunityID, before time.Time) (to int64, err error) {
	to, last, err := t.SeqsBetween(c, before, time.Time{})
	if err != nil {
		return 0, err
	}
	to = min(to, last-2) // last is behind the newest
	for _, waiting := range []string{
		`SELECT seq FROM outbox WHERE community_id = $1 ORDER BY seq LIMIT 1`,
		`SELECT seq FROM deliveries WHERE community_id = $1 AND given_up_at = 0 AND delivered_at = 0 ORDER BY seq LIMIT 1`,
	} {
		var seq int64
		if err := none(t.row(waiting, []any{c}, &seq)); err != nil {
			return 0, err
		}
		if seq > 0 {
			to = min(to, seq-1)
		}
	}
	return to, nil
}

// Forget removes the changes from one that is forgotten already to another,
// and all that accounts had as their baselines; baselines are what they have
// now. Deliveries of what is forgotten cannot be sent again, and go as well.
// Where another server did so meanwhile it does nothing.
func (t *Tx) Forget(c muster.CommunityID, from, to Forgotten, accounts []muster.AccountID, baselines []muster.Change) error {
	var seq int64
	err := t.row(`UPDATE communities SET forgotten_seq = $3, forgotten_at = $4 WHERE community_id = $1 AND forgotten_seq = $2 RETURNING forgotten_seq`,
		[]any{c, from.Seq, to.Seq, micros(to.At)}, &seq)
	if err != nil {
		return none(err)
	}
	err = t.exec(`DELETE FROM changes WHERE community_id = $1 AND seq > $2 AND seq <= $3`, c, from.Seq, to.Seq)
	for _, id := range accounts {
		if err == nil {
			err = t.exec(`DELETE FROM changes WHERE community_id = $1 AND account_id = $2 AND seq <= $3`, c, id, to.Seq)
		}
	}
	if err == nil {
		err = t.KeepChanges(baselines)
	}
	if err == nil {
		err = t.exec(`DELETE FROM deliveries WHERE community_id = $1 AND seq <= $2`, c, to.Seq)
	}
	return err
}
