package store

import (
	"encoding/json"

	"github.com/muster-accounts/muster"
)

const clockColumns = `clock_id, type, server_id, started_at, ended_at, notes, forced`

func (t *Tx) clockWhere(where string, args ...any) (list []muster.ClockRow, err error) {
	err = t.rows(`SELECT `+clockColumns+` FROM clock_rows WHERE community_id = $1 AND `+where, args, func(scan func(...any) error) error {
		var row muster.ClockRow
		var start, end int64
		var notes string
		if err := scan(&row.ID, &row.Type, &row.Server, &start, &end, &notes, &row.Forced); err != nil {
			return err
		}
		row.Start, row.End = fromMicros(start), fromMicros(end)
		err := json.Unmarshal([]byte(notes), &row.Notes)
		list = append(list, row)
		return err
	})
	return list, err
}

// RunningClock is the row that runs on an account's clock of a game server (0:
// duty), or nil.
func (t *Tx) RunningClock(c muster.CommunityID, id muster.AccountID, server int64) (*muster.ClockRow, error) {
	list, err := t.clockWhere(`account_id = $2 AND server_id = $3 AND ended_at = 0`, c, id, server)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// RunningClocks are all rows of an account that run, on duty and on servers.
func (t *Tx) RunningClocks(c muster.CommunityID, id muster.AccountID) ([]muster.ClockRow, error) {
	return t.clockWhere(`account_id = $2 AND ended_at = 0 ORDER BY server_id`, c, id)
}

// ClockRows lists the newest rows of an account's clock of a game server (0:
// duty), the newest first; of one type, unless that is empty.
func (t *Tx) ClockRows(c muster.CommunityID, id muster.AccountID, server int64, kind string, limit int) ([]muster.ClockRow, error) {
	return t.clockWhere(`account_id = $2 AND server_id = $3 AND ($4 = '' OR type = $4) ORDER BY started_at DESC, clock_id LIMIT $5`,
		c, id, server, kind, limit)
}

// ServerClockRows lists the newest rows of an account on any game server.
func (t *Tx) ServerClockRows(c muster.CommunityID, id muster.AccountID, limit int) ([]muster.ClockRow, error) {
	return t.clockWhere(`account_id = $2 AND server_id > 0 ORDER BY started_at DESC, clock_id LIMIT $3`, c, id, limit)
}

// AllClock are all rows of an account, those of duty and those of game
// servers, the newest first.
func (t *Tx) AllClock(c muster.CommunityID, id muster.AccountID) (duty, servers []muster.ClockRow, err error) {
	duty, err = t.clockWhere(`account_id = $2 AND server_id = 0 ORDER BY started_at DESC, clock_id`, c, id)
	if err == nil {
		servers, err = t.clockWhere(`account_id = $2 AND server_id > 0 ORDER BY started_at DESC, clock_id`, c, id)
	}
	return duty, servers, err
}

// OnServer lists the accounts whose clock runs on a game server.
func (t *Tx) OnServer(c muster.CommunityID, server int64) (list []muster.AccountID, err error) {
	err = t.rows(`SELECT account_id FROM clock_rows WHERE community_id = $1 AND server_id = $2 AND server_id <> 0 AND ended_at = 0 ORDER BY account_id`,
		[]any{c, server}, func(scan func(...any) error) error {
			var id muster.AccountID
			err := scan(&id)
			list = append(list, id)
			return err
		})
	return list, err
}

// InsertClock adds a row to an account's clock.
func (t *Tx) InsertClock(c muster.CommunityID, id muster.AccountID, row muster.ClockRow) error {
	notes, err := encode(row.Notes)
	if err != nil {
		return err
	}
	err = t.exec(`INSERT INTO clock_rows (community_id, account_id, `+clockColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		c, id, row.ID, row.Type, row.Server, micros(row.Start), micros(row.End), notes, row.Forced)
	return t.taken(err, "clock", "two rows of one clock run at once, or have one id")
}

// EndClock writes a row's end.
func (t *Tx) EndClock(c muster.CommunityID, id muster.AccountID, row muster.ClockRow) error {
	return t.exec(`UPDATE clock_rows SET ended_at = $4, forced = $5 WHERE community_id = $1 AND account_id = $2 AND clock_id = $3`,
		c, id, row.ID, micros(row.End), row.Forced)
}
