package store

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"

	"github.com/muster-accounts/muster"
)

// Reference is a value of an account that leads to another, or waits for one.
type Reference struct {
	Account muster.AccountID // whose value it is
	Field   muster.FieldID
}

// ReferencesTo lists the values that lead to an account, those of one account
// one behind the other, of deleted ones as well.
func (t *Tx) ReferencesTo(c muster.CommunityID, id muster.AccountID) ([]Reference, error) {
	return t.references(`SELECT account_id, field_id FROM account_references WHERE community_id = $1 AND to_id = $2 AND to_id <> ''
		ORDER BY account_id, field_id`, c, id)
}

// WaitingFor lists the values that wait for somebody who goes by what the
// account goes by, in the order of ReferencesTo.
func (t *Tx) WaitingFor(a muster.Account) ([]Reference, error) {
	return t.references(`SELECT account_id, field_id FROM account_references
		WHERE community_id = $1 AND name_hash IN ($2, $3, $4, $5) AND name_hash <> '' ORDER BY account_id, field_id`,
		a.Community, nameHash(a.Community, a.Username), nameHash(a.Community, a.Email),
		nameHash(a.Community, strconv.FormatInt(a.Number, 10)), nameHash(a.Community, string(a.ID)))
}

func (t *Tx) references(query string, args ...any) (list []Reference, err error) {
	err = t.rows(query, args, func(scan func(...any) error) error {
		var r Reference
		err := scan(&r.Account, &r.Field)
		list = append(list, r)
		return err
	})
	return list, err
}

// writeReferences mirrors the values in which after differs from before, as
// far as they lead to accounts or wait for them. Of a field that was deleted
// nothing is known but that its value goes.
func (t *Tx) writeReferences(before, after muster.Account) error {
	_, is := muster.Diff(muster.Account{Values: before.Values}, muster.Account{Values: after.Values})
	if len(is.Values) == 0 {
		return nil
	}
	rules, err := t.Rules(after.Community)
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(is.Values)) {
		f, defined := rules.Fields[id]
		switch to, name := leads(after.Community, f, is.Values[id]); {
		case to != "" || name != "":
			err = t.exec(`INSERT INTO account_references (community_id, account_id, field_id, to_id, name_hash) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (community_id, account_id, field_id) DO UPDATE SET to_id = excluded.to_id, name_hash = excluded.name_hash`,
				after.Community, after.ID, id, to, name)
		case !defined || f.Type == muster.TypeAccount:
			err = t.exec(`DELETE FROM account_references WHERE community_id = $1 AND account_id = $2 AND field_id = $3`, after.Community, after.ID, id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// leads is the account that a value of a field leads to, or the hash of the
// name that it waits for, if either.
func leads(c muster.CommunityID, f muster.Field, v muster.Value) (to, name string) {
	if f.Type != muster.TypeAccount {
		return "", ""
	}
	switch v := v.(type) {
	case muster.Text:
		return string(v), ""
	case muster.Awaited:
		return "", nameHash(c, string(v))
	}
	return "", ""
}

// nameHash is what a name that is waited for is known by: the name itself
// stands in the value only.
func nameHash(c muster.CommunityID, name string) string {
	sum := sha256.Sum256([]byte(string(c) + "\x00" + fold(name)))
	return hex.EncodeToString(sum[:])
}
