package store

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/muster-accounts/muster"
)

// communityRow is a community with the counters that clients do not see.
type communityRow struct {
	muster.Community
	catalogueRev int64
}

// ruleCache holds the compiled rules of communities. An entry counts only
// while the community's row has the same catalogueRev, so that a change made
// by any process is seen by the next transaction of each. What a transaction
// made of the catalogue itself is not kept: were it rolled back, the next
// change would have the same catalogueRev.
type ruleCache struct {
	mu      sync.Mutex
	entries map[muster.CommunityID]cachedRules
}

type cachedRules struct {
	rev   int64
	rules muster.Rules
}

// Community is a community by its short id.
func (t *Tx) Community(id muster.CommunityID) (muster.Community, error) {
	row, err := t.community(id)
	if err != nil {
		return muster.Community{}, err
	}
	return row.Community, nil
}

// community reads the row once a transaction: the group's jobs share it. One
// that writes holds it from then on.
func (t *Tx) community(id muster.CommunityID) (*communityRow, error) {
	if row := t.group.communities[id]; row != nil {
		return row, nil
	}
	row := &communityRow{Community: muster.Community{ID: id}}
	var settings string
	var created int64
	query := `SELECT uuid, name, settings, catalogue_rev, created_at FROM communities WHERE community_id = $1`
	if t.writes {
		query += t.store.engine.hold
	}
	err := t.one(query, []any{id},
		&row.UUID, &row.Name, &settings, &row.catalogueRev, &created)
	if err != nil {
		return nil, notFound(err, "there is no community %s", muster.Quote(id))
	}
	if err := json.Unmarshal([]byte(settings), &row.Settings); err != nil {
		return nil, fmt.Errorf("settings of community %s: %w", id, err)
	}
	row.CreatedAt = fromMicros(created)
	if t.group.communities == nil {
		t.group.communities = map[muster.CommunityID]*communityRow{}
	}
	t.group.communities[id] = row
	return row, nil
}

// InsertCommunity adds a community. Its id and UUID must be free.
func (t *Tx) InsertCommunity(c muster.Community) error {
	t.group.recatalogue(c.ID)
	settings, err := encode(c.Settings)
	if err != nil {
		return err
	}
	err = t.exec(`INSERT INTO communities (community_id, uuid, name, settings, seq, next_number, catalogue_rev, created_at)
		VALUES ($1, $2, $3, $4, 0, 1, 1, $5)`, c.ID, c.UUID, c.Name, settings, micros(c.CreatedAt))
	if err != nil {
		return t.taken(err, "id", "there is a community %q already", c.ID)
	}
	return t.taken(t.enter(entryUUID, c.UUID, c.ID, ""), "uuid", "another community has the UUID %s", c.UUID)
}

// UpdateCommunity writes a community's name and settings.
func (t *Tx) UpdateCommunity(c muster.Community) error {
	settings, err := encode(c.Settings)
	if err != nil {
		return err
	}
	err = t.exec(`UPDATE communities SET name = $2, settings = $3 WHERE community_id = $1`, c.ID, c.Name, settings)
	if err != nil {
		return err
	}
	return t.catalogueChanged(c.ID)
}

// catalogueChanged makes every process read the catalogue anew.
func (t *Tx) catalogueChanged(id muster.CommunityID) error {
	err := t.exec(`UPDATE communities SET catalogue_rev = catalogue_rev + 1 WHERE community_id = $1`, id)
	t.group.recatalogue(id) // afterwards: what a statement holds it has read
	return err
}

// NextNumber takes the next account number that no account has or had. After
// the greatest it begins anew: an account that brought that one leaves the
// lower ones free.
func (t *Tx) NextNumber(id muster.CommunityID) (n int64, err error) {
	for {
		err = t.row(`UPDATE communities SET next_number = next_number + 1 WHERE community_id = $1 RETURNING next_number - 1`, []any{id}, &n)
		if err != nil {
			return 0, err
		}
		if n > muster.MaxNumber {
			if err := t.exec(`UPDATE communities SET next_number = 1 WHERE community_id = $1`, id); err != nil {
				return 0, err
			}
			continue
		}
		if taken, err := t.NumberTaken(id, n); err != nil || !taken {
			return n, err
		}
	}
}

// NumberTaken reports whether an account has a number, or had it when it was
// deleted.
func (t *Tx) NumberTaken(id muster.CommunityID, n int64) (bool, error) {
	var count int64
	err := t.row(`SELECT COUNT(*) FROM accounts WHERE community_id = $1 AND number = $2`, []any{id, n}, &count)
	return count > 0, err
}

// Rules are the compiled fields, ranks and settings of a community.
func (t *Tx) Rules(id muster.CommunityID) (muster.Rules, error) {
	row, err := t.community(id)
	if err != nil {
		return muster.Rules{}, err
	}
	if rules, ok := t.group.rules[id]; ok {
		return rules, nil
	}
	cache := &t.store.rules
	cache.mu.Lock()
	defer cache.mu.Unlock()
	if e, ok := cache.entries[id]; ok && e.rev == row.catalogueRev {
		return e.rules, nil
	}
	fields, err := t.fields(id)
	if err != nil {
		return muster.Rules{}, err
	}
	ranks, err := t.ranks(id)
	if err != nil {
		return muster.Rules{}, err
	}
	rules, err := muster.NewRules(row.Settings, fields, ranks)
	if err != nil {
		return muster.Rules{}, err
	}
	if t.group.recatalogued[id] {
		if t.group.rules == nil {
			t.group.rules = map[muster.CommunityID]muster.Rules{}
		}
		t.group.rules[id] = rules
		return rules, nil
	}
	if cache.entries == nil {
		cache.entries = map[muster.CommunityID]cachedRules{}
	}
	cache.entries[id] = cachedRules{row.catalogueRev, rules}
	return rules, nil
}
