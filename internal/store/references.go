package store

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-accounts/muster/internal/seal"

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
	args, params := []any{a.Community}, []string{}
	for _, name := range []string{a.Username, a.Email, strconv.FormatInt(a.Number, 10), string(a.ID)} {
		folds, err := t.nameFolds(a.Community, name)
		if err != nil {
			return nil, err
		}
		for _, f := range folds {
			args = append(args, f)
			params = append(params, "$"+strconv.Itoa(len(args)))
		}
	}
	return t.references(`SELECT account_id, field_id FROM account_references
		WHERE community_id = $1 AND name_hash IN (`+strings.Join(params, ", ")+`) AND name_hash <> '' ORDER BY account_id, field_id`, args...)
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
		to, name, err := t.leads(after.Community, f, is.Values[id])
		switch {
		case err != nil:
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

// leads is the account that a value of a field leads to, or what the name that
// it waits for is known by, if either.
func (t *Tx) leads(c muster.CommunityID, f muster.Field, v muster.Value) (to, name string, err error) {
	if f.Type != muster.TypeAccount {
		return "", "", nil
	}
	switch v := v.(type) {
	case muster.Text:
		return string(v), "", nil
	case muster.Awaited:
		folds, err := t.nameFolds(c, string(v))
		if err != nil {
			return "", "", err
		}
		return "", folds[0], nil
	}
	return "", "", nil
}

// nameFolds are what a name that is waited for may be known by, the newest
// first: the name itself, which is somebody's address as like as not, stands in
// the sealed value only.
func (t *Tx) nameFolds(c muster.CommunityID, name string) ([]string, error) {
	ring := t.store.ring.Load()
	if ring == nil {
		return nil, errSealed
	}
	return ring.Folds(seal.Place{Community: c, Member: "awaited"}, fold(name)), nil
}

// refoldAwaited writes what the names are known by under the newest key that
// an account's values wait for.
func (t *Tx) refoldAwaited(c muster.CommunityID, id muster.AccountID, values muster.Values) error {
	for field, v := range values {
		name, waits := v.(muster.Awaited)
		if !waits {
			continue
		}
		folds, err := t.nameFolds(c, string(name))
		if err == nil {
			err = t.exec(`UPDATE account_references SET name_hash = $4 WHERE community_id = $1 AND account_id = $2 AND field_id = $3`, c, id, field, folds[0])
		}
		if err != nil {
			return err
		}
	}
	return nil
}
