package store

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-accounts/muster"
)

// recorded is a change with its row as it will be written, but for the number.
type recorded struct {
	*muster.Change
	row []any
}

// rowBefore is where before stands in a row, and after follows.
const rowBefore = 12

// Record notes a change. Its Seq is given, and its row and outbox entry are
// written, at the end of the transaction: it stands in c when Write has
// returned; its members are those of this moment. A change that could not be
// written then fails the job now, since its neighbours share the end.
func (t *Tx) Record(c *muster.Change) {
	_, err := t.community(c.Community)
	var row []any
	if err == nil {
		row, err = t.changeRow(c)
	}
	if err == nil && !storable(row) {
		err = unstorable("INSERT")
	}
	if t.fail(err) == nil {
		t.changes = append(t.changes, recorded{c, row})
	}
}

// changeRow is a change's row but for the number.
func (t *Tx) changeRow(c *muster.Change) ([]any, error) {
	kept, err := t.keptMembers(*c)
	return []any{
		c.Community, nil, micros(c.At), c.Deed, c.Account, c.Subject, c.By.Key, c.By.Account, c.By.Dialect, c.By.RequestID,
		c.Batch, c.Undoes, kept[0], kept[1],
	}, err
}

// number gives the changes of a group their sequence numbers, in order, and
// writes them. Taking the numbers last leaves no gaps: only jobs that stay are
// counted.
func (t *Tx) number(changes []recorded) error {
	count := map[muster.CommunityID]int64{}
	for _, c := range changes {
		count[c.Community]++
	}
	if err := t.erasePending(changes); err != nil {
		return err
	}
	communities := slices.Sorted(maps.Keys(count))
	next := map[muster.CommunityID]int64{}
	for _, id := range communities {
		var last int64
		err := t.row(`UPDATE communities SET seq = seq + $2 WHERE community_id = $1 RETURNING seq`, []any{id, count[id]}, &last)
		if err != nil {
			return err
		}
		next[id] = last - count[id] + 1
	}
	for _, c := range changes {
		c.Seq = next[c.Community]
		c.row[1] = c.Seq
		next[c.Community]++
	}
	if err := t.insertChanges(changes); err != nil {
		return err
	}
	for _, id := range communities {
		err := t.exec(`INSERT INTO outbox (community_id, seq) SELECT community_id, seq FROM changes
			WHERE community_id = $1 AND seq > $2 AND seq < $3`, id, next[id]-count[id]-1, next[id])
		if err != nil {
			return err
		}
	}
	return nil
}

// rowsAtOnce are how many changes one statement writes, where there are as
// many left: few sizes, so that few statements are prepared.
var rowsAtOnce = []int{64, 8, 1}

func (t *Tx) insertChanges(changes []recorded) error {
	for _, n := range rowsAtOnce {
		for len(changes) >= n {
			var args []any
			for _, c := range changes[:n] {
				args = append(args, c.row...)
			}
			if err := t.exec(insertChanges[n], args...); err != nil {
				return err
			}
			changes = changes[n:]
		}
	}
	return nil
}

// insertChanges are the statements by how many rows they write.
var insertChanges = func() map[int]string {
	queries := map[int]string{}
	for _, n := range rowsAtOnce {
		rows := make([]string, n)
		for i := range rows {
			params := make([]string, strings.Count(changeColumns, ",")+2)
			for j := range params {
				params[j] = "$" + strconv.Itoa(i*len(params)+j+1)
			}
			rows[i] = "(" + strings.Join(params, ", ") + ")"
		}
		queries[n] = `INSERT INTO changes (community_id, ` + changeColumns + `) VALUES ` + strings.Join(rows, ", ")
	}
	return queries
}()

const changeColumns = `seq, at, deed, account_id, subject, by_key, by_account, dialect, request_id, batch, undoes, before, after`

func (t *Tx) scanChange(community muster.CommunityID, scan func(...any) error) (c muster.Change, err error) {
	c.Community = community
	var at int64
	var before, after string
	err = scan(&c.Seq, &at, &c.Deed, &c.Account, &c.Subject, &c.By.Key, &c.By.Account, &c.By.Dialect, &c.By.RequestID,
		&c.Batch, &c.Undoes, &before, &after)
	if err != nil {
		return c, err
	}
	c.At = fromMicros(at)
	about := changeSubject(c.Account, c.Subject)
	if before, err = t.openedDocument(community, about, memberBefore, before); err != nil {
		return c, err
	}
	if after, err = t.openedDocument(community, about, memberAfter, after); err != nil {
		return c, err
	}
	if err := json.Unmarshal([]byte(before), &c.Before); err != nil {
		return c, err
	}
	err = json.Unmarshal([]byte(after), &c.After)
	return c, err
}

// Change is a change by its number; Gone where it is forgotten.
func (t *Tx) Change(c muster.CommunityID, seq int64) (muster.Change, error) {
	list, err := t.changesWhere(c, `seq = $2`, 1, seq)
	if err != nil {
		return muster.Change{}, err
	}
	if len(list) == 0 {
		f, err := t.Forgotten(c)
		if err == nil && seq > 0 && seq <= f.Seq {
			err = muster.Errorf(muster.Gone, "", "change %d is forgotten: history is kept from change %d on", seq, f.Seq+1)
		}
		return muster.Change{}, either(err, muster.Errorf(muster.NotFound, "", "there is no change %d", seq))
	}
	return list[0], nil
}

// RestOfBatch lists the changes of a change's batch that came right after it, in
// order, for as long as each is as asked. Those of one batch lie side by side.
func (t *Tx) RestOfBatch(ch muster.Change, while func(muster.Change) bool) (rest []muster.Change, err error) {
	last, over := ch.Seq, ch.Batch == ""
	for limit := 1; !over; limit = 200 { // mostly there are none
		read := 0
		err = t.rows(`SELECT `+changeColumns+` FROM changes WHERE community_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`, []any{ch.Community, last, limit},
			func(scan func(...any) error) error {
				if read++; over {
					return nil
				}
				next, err := t.scanChange(ch.Community, scan)
				if over = err != nil || next.Batch != ch.Batch || !while(next); !over {
					rest, last = append(rest, next), next.Seq
				}
				return err
			})
		if err != nil {
			return nil, err
		}
		over = over || read < limit
	}
	return rest, nil
}

// Since lists the changes of an account that came after one, of some deeds, the
// newest first, without their members. Those of neighbours in this transaction
// are among them, whose numbers are to come.
func (t *Tx) Since(done muster.Change, deeds [3]muster.Deed) (list []muster.Change, err error) {
	for _, r := range slices.Backward(slices.Concat(t.group.changes, t.changes)) {
		if r.Community == done.Community && r.Account == done.Account && slices.Contains(deeds[:], r.Deed) {
			list = append(list, *r.Change)
		}
	}
	err = t.rows(`SELECT seq, deed, dialect, batch, undoes FROM changes
		WHERE community_id = $1 AND account_id = $2 AND seq > $3 AND deed IN ($4, $5, $6) ORDER BY seq DESC`,
		[]any{done.Community, done.Account, done.Seq, deeds[0], deeds[1], deeds[2]},
		func(scan func(...any) error) error {
			ch := muster.Change{Community: done.Community, Account: done.Account}
			err := scan(&ch.Seq, &ch.Deed, &ch.By.Dialect, &ch.Batch, &ch.Undoes)
			list = append(list, ch)
			return err
		})
	return list, err
}

// Undoing is the change of this transaction that takes a change back and whose
// number is to come; nil where there is none.
func (t *Tx) Undoing(c muster.CommunityID, seq int64) *muster.Change {
	for _, r := range t.changes {
		if r.Community == c && r.Undoes == seq {
			return r.Change
		}
	}
	return nil
}

// Changes lists changes with a smaller number than before (0: the newest
// first), of one account or, where account is empty, of all.
func (t *Tx) Changes(c muster.CommunityID, account muster.AccountID, before int64, limit int) ([]muster.Change, error) {
	if before <= 0 {
		before = 1<<63 - 1
	}
	if account == "" {
		return t.changesWhere(c, `seq < $2`, limit, before)
	}
	return t.changesWhere(c, `seq < $2 AND account_id = $4`, limit, before, account)
}

// changesWhere binds limit as $3, between the arguments of the condition.
func (t *Tx) changesWhere(c muster.CommunityID, where string, limit int, args ...any) (list []muster.Change, err error) {
	args = append([]any{c, args[0], limit}, args[1:]...)
	err = t.rows(`SELECT `+changeColumns+` FROM changes WHERE community_id = $1 AND `+where+` ORDER BY seq DESC LIMIT $3`, args,
		func(scan func(...any) error) error {
			change, err := t.scanChange(c, scan)
			list = append(list, change)
			return err
		})
	return list, err
}
