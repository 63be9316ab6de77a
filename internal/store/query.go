package store

import "github.com/muster-accounts/muster"

// Fold is the form in which names are compared: in NFC, and in any case.
func Fold(s string) string { return fold(s) }

// DeletedAccounts lists deleted accounts by number, beginning after a number.
func (t *Tx) DeletedAccounts(c muster.CommunityID, after, limit int64) ([]muster.Account, error) {
	return t.accounts(c, `deleted_at > 0 AND number > $2 ORDER BY number LIMIT $3`, after, limit)
}
