package store

import (
	"strconv"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
)

// Standing filters accounts by how they stand; absent members filter nothing.
type Standing struct {
	Joined, Active, Archived, Banned muster.Opt[bool]
	Ranks                            []muster.RankID // holders of any of these; none: whoever

	Text string // is a part of the username or of the name, by fold; empty: whoever
	Or   int64  // the number of an account to which Text does not matter; 0: none
}

// literal keeps what is sought from meaning something to LIKE.
var literal = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// condition is the filter as SQL, behind that of the community. It is one of few
// texts, so that statements stay prepared; booleans are columns or their negation, since the engines do
// not compare them alike.
func (s Standing) condition(args []any) (string, []any) {
	where := "deleted_at = 0"
	for _, f := range []struct {
		asked muster.Opt[bool]
		is    string
	}{{s.Joined, "joined"}, {s.Active, "active"}, {s.Archived, "archived"}, {s.Banned, "banned_until > 0"}} {
		if f.asked.Set && f.asked.Value {
			where += " AND " + f.is
		} else if f.asked.Set {
			where += " AND NOT (" + f.is + ")"
		}
	}
	if s.Text != "" {
		args = append(args, "%"+literal.Replace(fold(s.Text))+"%", s.Or)
		part, or := "$"+strconv.Itoa(len(args)-1), "$"+strconv.Itoa(len(args))
		where += ` AND (username_fold LIKE ` + part + ` ESCAPE '\' OR name_fold LIKE ` + part + ` ESCAPE '\' OR number = ` + or + `)`
	}
	if len(s.Ranks) == 0 {
		return where, args
	}
	holders := make([]string, len(s.Ranks))
	for i, rank := range s.Ranks {
		args = append(args, rank)
		holders[i] = "$" + strconv.Itoa(len(args))
	}
	return where + ` AND account_id IN (SELECT h.account_id FROM account_ranks h WHERE h.community_id = $1 AND h.rank_id IN (` +
		strings.Join(holders, ", ") + `))`, args
}

// CountAccounts is how many living accounts pass a filter; those that a text
// finds are counted to limit.
func (t *Tx) CountAccounts(c muster.CommunityID, s Standing, limit int64) (n int64, err error) {
	if s.Text == "" {
		where, args := s.condition([]any{c})
		err = t.row(`SELECT COUNT(*) FROM accounts WHERE community_id = $1 AND `+where, args, &n)
		return n, err
	}
	where, args := s.condition([]any{c, limit})
	err = t.row(`SELECT COUNT(*) FROM (SELECT number FROM accounts WHERE community_id = $1 AND `+where+` LIMIT $2) counted`, args, &n)
	return n, err
}

// PageOfAccounts lists living accounts that pass a filter by number: limit of
// them behind the first skip. What is skipped is read in an index alone.
func (t *Tx) PageOfAccounts(c muster.CommunityID, s Standing, skip, limit int64) ([]muster.Account, error) {
	where, args := s.condition([]any{c, limit, skip})
	return t.accounts(c, `number IN (SELECT number FROM accounts WHERE community_id = $1 AND `+where+` ORDER BY number LIMIT $2 OFFSET $3) ORDER BY number`, args[1:]...)
}

// AccountsOf lists living accounts that pass a filter by number, beginning
// after a number.
func (t *Tx) AccountsOf(c muster.CommunityID, s Standing, after int64, limit int64) ([]muster.Account, error) {
	where, args := s.condition([]any{c, after, limit})
	return t.accounts(c, `number IN (SELECT number FROM accounts WHERE community_id = $1 AND `+where+` AND number > $2 ORDER BY number LIMIT $3) ORDER BY number`, args[1:]...)
}

// Due lists accounts, deleted ones among them, of which a rank or a ban has
// run out by now: those that ran out first.
func (t *Tx) Due(c muster.CommunityID, now time.Time, limit int) (list []muster.AccountID, err error) {
	err = t.rows(`SELECT account_id, expires_at FROM account_ranks WHERE community_id = $1 AND expires_at > 0 AND expires_at <= $2
		UNION SELECT account_id, banned_until FROM accounts WHERE community_id = $1 AND banned_until > 0 AND banned_until <= $2
		ORDER BY 2, 1 LIMIT $3`, []any{c, micros(now), limit},
		func(scan func(...any) error) error {
			var id muster.AccountID
			var until int64
			err := scan(&id, &until)
			list = append(list, id)
			return err
		})
	return list, err
}

// SettleBan writes down when an account's ban ends.
func (t *Tx) SettleBan(a muster.Account) error {
	return t.exec(`UPDATE accounts SET banned_until = $3 WHERE community_id = $1 AND account_id = $2`, a.Community, a.ID, bannedUntil(a))
}
