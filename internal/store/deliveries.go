package store

import (
	"database/sql"
	"errors"
	"time"

	"github.com/muster-accounts/muster"
)

// outboxRows is how many changes leave the outbox at once, and dueRows how
// many deliveries of a destination are looked at. They stand in the queries as
// literals: SQLite prepares anew at each binding of a LIMIT.
const (
	outboxRows = "200"
	dueRows    = "32"
)

// Outbox lists changes that nobody was told of yet, the earliest first.
func (t *Tx) Outbox(c muster.CommunityID) (list []muster.Change, err error) {
	err = t.rows(`SELECT `+changeColumns+` FROM changes WHERE community_id = $1 AND seq IN
		(SELECT seq FROM outbox WHERE community_id = $1 ORDER BY seq LIMIT `+outboxRows+`) ORDER BY seq`, []any{c},
		func(scan func(...any) error) error {
			change, err := t.scanChange(c, scan)
			list = append(list, change)
			return err
		})
	return list, err
}

// OutboxEnd is the number of the last change in the outbox; 0 where it is
// empty.
func (t *Tx) OutboxEnd(c muster.CommunityID) (seq int64, err error) {
	err = t.row(`SELECT COALESCE(MAX(seq), 0) FROM outbox WHERE community_id = $1`, []any{c}, &seq)
	return seq, err
}

// ClearOutbox removes the changes up to a number from the outbox. As numbers
// are given in the order of commits, whoever has seen one has seen all before.
func (t *Tx) ClearOutbox(c muster.CommunityID, upTo int64) error {
	return t.exec(`DELETE FROM outbox WHERE community_id = $1 AND seq <= $2`, c, upTo)
}

// InsertDelivery adds a delivery, due at d.Since unless another of its account
// and destination is waiting.
func (t *Tx) InsertDelivery(d muster.Delivery) error {
	return t.exec(`INSERT INTO deliveries (community_id, `+deliveryColumns+`)
		VALUES ($1, $2, $3, $4, $5, 0, $6, CASE WHEN EXISTS (
			SELECT 1 FROM deliveries e WHERE e.community_id = $1 AND e.destination = $2 AND e.account_id = $4 AND e.given_up_at = 0 AND e.delivered_at = 0
		) THEN 0 ELSE CAST($6 AS BIGINT) END, 0, '')`,
		d.Community, d.Destination, d.Seq, d.Account, d.Event, micros(d.Since))
}

const deliveryColumns = `destination, seq, account_id, event, attempts, since, next_at, given_up_at, last_error`

func (t *Tx) deliveriesWhere(c muster.CommunityID, where string, args ...any) (list []muster.Delivery, err error) {
	err = t.rows(`SELECT `+deliveryColumns+`, delivered_at FROM deliveries WHERE community_id = $1 AND `+where, append([]any{c}, args...),
		func(scan func(...any) error) error {
			d := muster.Delivery{Community: c}
			var since, next, givenUp, delivered int64
			err := scan(&d.Destination, &d.Seq, &d.Account, &d.Event, &d.Attempts, &since, &next, &givenUp, &d.LastError, &delivered)
			d.Since, d.Next, d.GivenUp, d.Delivered = fromMicros(since), fromMicros(next), fromMicros(givenUp), fromMicros(delivered)
			list = append(list, d)
			return err
		})
	return list, err
}

// DueDeliveries lists deliveries to a destination that are to be tried now, those that
// have been due for longest first: one for each account.
func (t *Tx) DueDeliveries(c muster.CommunityID, destination string, now time.Time) ([]muster.Delivery, error) {
	return t.deliveriesWhere(c, `destination = $2 AND next_at > 0 AND next_at <= $3 ORDER BY next_at, seq LIMIT `+dueRows, destination, micros(now))
}

// Deliveries lists the deliveries to a destination, those given up among them,
// the latest first.
func (t *Tx) Deliveries(c muster.CommunityID, destination string, limit int) ([]muster.Delivery, error) {
	return t.deliveriesWhere(c, `destination = $2 ORDER BY seq DESC LIMIT $3`, destination, limit)
}

// EndDelivery removes a delivery and makes the account's next one due.
func (t *Tx) EndDelivery(d muster.Delivery, now time.Time) error {
	err := t.exec(`DELETE FROM deliveries WHERE community_id = $1 AND destination = $2 AND seq = $3`, d.Community, d.Destination, d.Seq)
	if err != nil {
		return err
	}
	return t.nextDue(d, now)
}

// UpdateDelivery writes how a delivery stands after an attempt that failed.
// One that was given up lets the account's next one be due.
func (t *Tx) UpdateDelivery(d muster.Delivery) error {
	err := t.exec(`UPDATE deliveries SET attempts = $4, next_at = $5, given_up_at = $6, last_error = $7
		WHERE community_id = $1 AND destination = $2 AND seq = $3`,
		d.Community, d.Destination, d.Seq, d.Attempts, micros(d.Next), micros(d.GivenUp), d.LastError)
	if err != nil || d.GivenUp.IsZero() {
		return err
	}
	return t.nextDue(d, d.GivenUp)
}

func (t *Tx) nextDue(d muster.Delivery, now time.Time) error {
	return t.exec(`UPDATE deliveries SET next_at = $4 WHERE community_id = $1 AND destination = $2 AND seq = (
		SELECT MIN(seq) FROM deliveries WHERE community_id = $1 AND destination = $2 AND account_id = $3 AND given_up_at = 0 AND delivered_at = 0)`,
		d.Community, d.Destination, d.Account, micros(now))
}

// Destinations lists the destinations that have deliveries.
func (t *Tx) Destinations(c muster.CommunityID) (list []string, err error) {
	for last := ""; ; list = append(list, last) {
		err = t.row(`SELECT destination FROM deliveries WHERE community_id = $1 AND destination > $2 ORDER BY destination LIMIT 1`, []any{c, last}, &last)
		if err != nil {
			return list, none(err)
		}
	}
}

// DropDeliveries removes all deliveries to a destination that is no more.
func (t *Tx) DropDeliveries(c muster.CommunityID, destination string) error {
	return t.exec(`DELETE FROM deliveries WHERE community_id = $1 AND destination = $2`, c, destination)
}

// ForgetGivenUp removes the deliveries that were given up before a time.
func (t *Tx) ForgetGivenUp(c muster.CommunityID, before time.Time) error {
	return t.exec(`DELETE FROM deliveries WHERE community_id = $1 AND given_up_at > 0 AND given_up_at < $2`, c, micros(before))
}

// Claim lets holder, and nobody else, deliver a community's events until a
// time. It is refused while another's claim lasts.
func (t *Tx) Claim(c muster.CommunityID, holder string, now, until time.Time) (granted bool, err error) {
	err = t.row(`INSERT INTO delivery_claims (community_id, holder, claimed_until) VALUES ($1, $2, $3)
		ON CONFLICT (community_id) DO UPDATE SET holder = excluded.holder, claimed_until = excluded.claimed_until
		WHERE delivery_claims.holder = excluded.holder OR delivery_claims.claimed_until <= $4
		RETURNING holder`, []any{c, holder, micros(until), micros(now)}, &holder)
	return err == nil, none(err)
}

// Claimed is who delivers a community's events, and until when; nobody where
// holder is empty.
func (t *Tx) Claimed(c muster.CommunityID) (holder string, until time.Time, err error) {
	var end int64
	err = t.row(`SELECT holder, claimed_until FROM delivery_claims WHERE community_id = $1`, []any{c}, &holder, &end)
	return holder, fromMicros(end), none(err)
}

// Unclaim ends holder's claim.
func (t *Tx) Unclaim(c muster.CommunityID, holder string) error {
	return t.exec(`DELETE FROM delivery_claims WHERE community_id = $1 AND holder = $2`, c, holder)
}

// none is no error where there was no row.
func none(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}
