package store

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/muster-accounts/muster"
)

// errNotAlone is a mistake of the program: the changes of a job that shares
// its transaction are numbered with its neighbours', at the end.
var errNotAlone = errors.New("only a job that runs alone can flush its changes")

// Flush numbers and writes what the job has recorded so far, which needs not
// be kept any longer: each Change has its Seq. It is for jobs of WriteAlone,
// and not within Sub. Where the job fails later, the numbers are free again.
func (t *Tx) Flush() error {
	if !t.group.alone {
		return t.fail(errNotAlone)
	}
	if t.err != nil || len(t.changes) == 0 {
		return t.err
	}
	if err := t.number(t.changes); err != nil {
		return t.fail(err)
	}
	t.group.flushed += len(t.changes)
	t.changes = nil
	return nil
}

// ChangeFilter asks for changes; what is empty filters nothing.
type ChangeFilter struct {
	Account       muster.AccountID
	Key           muster.KeyID
	By            muster.AccountID
	Batch         string
	Dialect       string
	Deed          muster.Deed
	After, Before int64 // only numbers between the two; Before 0: up to the newest
	Since, Till   time.Time
}

// ChangesOf lists the changes that pass a filter, the newest first.
func (t *Tx) ChangesOf(c muster.CommunityID, f ChangeFilter, limit int) ([]muster.Change, error) {
	if f.Before <= 0 {
		f.Before = 1<<63 - 1
	}
	where, args := `seq < $2 AND seq > $4`, []any{f.Before, f.After}
	add := func(asked bool, condition string, arg any) {
		if asked {
			args = append(args, arg)
			where += " AND " + condition + " $" + strconv.Itoa(len(args)+2)
		}
	}
	add(f.Account != "", "account_id =", f.Account)
	add(f.Batch != "", "batch <> '' AND batch =", f.Batch) // as its index is made
	add(f.Key != "", "by_key =", f.Key)
	add(f.By != "", "by_account =", f.By)
	add(f.Dialect != "", "dialect =", f.Dialect)
	add(f.Deed != "", "deed =", f.Deed)
	add(!f.Since.IsZero(), "at >=", micros(f.Since))
	add(!f.Till.IsZero(), "at <", micros(f.Till))
	return t.changesWhere(c, where, limit, args...)
}

// LastSeq is the number of the newest change; 0: there is none.
func (t *Tx) LastSeq(c muster.CommunityID) (seq int64, err error) {
	err = t.row(`SELECT seq FROM communities WHERE community_id = $1`, []any{c}, &seq)
	return seq, err
}

// clockSlack is by how much the clocks of servers on one database may differ:
// so much can a change have an earlier time than one of a smaller number.
const clockSlack = 5 * time.Minute

// SeqsBetween are bounds, exclusive ones, for the numbers of the changes
// between two times: times grow with numbers, so they need no index.
func (t *Tx) SeqsBetween(c muster.CommunityID, since, till time.Time) (after, before int64, err error) {
	last, err := t.LastSeq(c)
	if err != nil {
		return 0, 0, err
	}
	after, before = 0, last+1
	if !since.IsZero() {
		if after, err = t.firstAt(c, since.Add(-clockSlack), last); err != nil {
			return 0, 0, err
		}
		after--
	}
	if !till.IsZero() {
		before, err = t.firstAt(c, till.Add(clockSlack), last)
	}
	return after, before, err
}

// firstAt is the smallest number of a change at a time or later, or last+1.
func (t *Tx) firstAt(c muster.CommunityID, at time.Time, last int64) (int64, error) {
	low, high := int64(1), last+1
	for low < high {
		middle := low + (high-low)/2
		var seq, then int64
		err := t.row(`SELECT seq, at FROM changes WHERE community_id = $1 AND seq >= $2 ORDER BY seq LIMIT 1`, []any{c, middle}, &seq, &then)
		if err != nil {
			return 0, fmt.Errorf("looking for the changes of a time: %w", err)
		}
		if then < micros(at) {
			low = seq + 1
		} else {
			high = middle
		}
	}
	return low, nil
}

// UndoneBy lists, by the number of each change from one to another, the numbers
// of those that took it back.
func (t *Tx) UndoneBy(c muster.CommunityID, from, to int64) (map[int64][]int64, error) {
	by := map[int64][]int64{}
	err := t.rows(`SELECT undoes, seq FROM changes WHERE community_id = $1 AND undoes <> 0 AND undoes >= $2 AND undoes <= $3 ORDER BY seq`, []any{c, from, to},
		func(scan func(...any) error) error {
			var undone, seq int64
			err := scan(&undone, &seq)
			by[undone] = append(by[undone], seq)
			return err
		})
	return by, err
}
