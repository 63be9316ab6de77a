package core

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// HistoryQuery asks for changes, the newest first. What is absent filters
// nothing; all that is there must hold.
type HistoryQuery struct {
	Account     muster.Ref   // whose; it may be a deleted one
	Key         muster.KeyID // by which key
	By          muster.Ref   // by which account, signed in or by a key of its own
	Batch       string
	Dialect     string
	Deed        muster.Deed
	Member      string // which member was touched, see muster.Change.Touches; of values also by key
	After       int64  // only changes with a greater number
	Before      int64  // only changes with a smaller number; 0: from the newest
	Since, Till time.Time
	Limit       int // at most 1,000
}

// IsZero reports that every change is meant.
func (f HistoryQuery) IsZero() bool {
	return f.Account == nil && f.By == nil && f.Key == "" && f.Batch == "" && f.Dialect == "" && f.Deed == "" && f.Member == "" &&
		f.After == 0 && f.Before == 0 && f.Since.IsZero() && f.Till.IsZero()
}

// HistoryPage is a page of changes. Next is what Before is for the next page;
// 0: there is none. A page may be short, even empty, and not the last.
type HistoryPage struct {
	Changes []muster.Change
	Next    int64
}

// History lists changes. Values of fields that the caller may not see are
// left out of them, and so are the definitions of such fields and of keys; a
// change of such values alone is not there.
// Whose field was deleted, nobody's rights are known any more: level 8 sees it.
func (c *Core) History(ctx context.Context, caller muster.Caller, q HistoryQuery) ([]muster.Change, error) {
	page, err := c.Changes(ctx, caller, q)
	return page.Changes, err
}

// Changes is History with where to go on. A caller can ask for what was
// touched only where that may be seen.
func (c *Core) Changes(ctx context.Context, caller muster.Caller, q HistoryQuery) (out HistoryPage, err error) {
	if err := caller.MayReadAll(); err != nil {
		return out, err
	}
	err = c.read(ctx, caller, func(t *store.Tx, rules muster.Rules, _ muster.Settings) error {
		out = HistoryPage{}
		if q.Limit = page(q.Limit); q.Limit == 0 {
			return nil
		}
		s, err := c.seek(t, caller, q, rules)
		if err != nil {
			return err
		}
		found, next, err := s.next(t, q.Limit)
		for _, ch := range found {
			out.Changes = append(out.Changes, ch.shown)
		}
		out.Next = next
		return err
	})
	return out, err
}

// ChangeBy is one change by its number, as Changes shows it.
func (c *Core) ChangeBy(ctx context.Context, caller muster.Caller, seq int64) (change muster.Change, undoneBy int64, err error) {
	if err := caller.MayReadAll(); err != nil {
		return change, 0, err
	}
	err = c.read(ctx, caller, func(t *store.Tx, rules muster.Rules, _ muster.Settings) error {
		if _, change, err = changeFor(t, caller, seq, rules); err != nil {
			return err
		}
		undoneBy, err = takenBack(t, caller.Community, seq, nil)
		return err
	})
	return change, undoneBy, err
}

// changeFor is a change, whole and as the caller may see it. One of which nothing
// may be seen is one that is not there.
func changeFor(t *store.Tx, caller muster.Caller, seq int64, rules muster.Rules) (whole, shown muster.Change, err error) {
	if whole, err = t.Change(caller.Community, seq); err != nil {
		return whole, shown, muster.Within("seq", err)
	}
	if shown = seen(caller, whole, rules); unseen(whole, shown) {
		err = muster.Errorf(muster.NotFound, "seq", "there is no change %d", seq)
	}
	return whole, shown, err
}

// takenBack is the number of a change by which one is taken back now: one that
// is not itself taken back; 0: there is none. gone are changes that are taken
// back as well, and do not count.
func takenBack(t *store.Tx, c muster.CommunityID, seq int64, gone map[int64]bool) (int64, error) {
	by, err := t.UndoneBy(c, seq, seq)
	if err != nil {
		return 0, err
	}
	return standing(t, c, by[seq], gone)
}

// standing is the first of some changes that is not taken back itself.
func standing(t *store.Tx, c muster.CommunityID, list []int64, gone map[int64]bool) (int64, error) {
	for _, by := range list {
		if gone[by] {
			continue
		}
		again, err := takenBack(t, c, by, gone)
		if err != nil || again == 0 {
			return by, err
		}
	}
	return 0, nil
}

// seeker goes through the changes that a filter means, the newest first.
type seeker struct {
	caller muster.Caller
	rules  muster.Rules
	filter store.ChangeFilter
	member string

	forgotten int64 // up to here there are baselines only, and gaps
}

// How many changes are looked at: in one step, and for one page, where no
// index leads to those that are meant.
const (
	seekStep   = 1000
	seekAtMost = 50_000
)

// seek makes the seeker of a filter.
func (c *Core) seek(t *store.Tx, caller muster.Caller, f HistoryQuery, rules muster.Rules) (s seeker, err error) {
	s = seeker{caller: caller, rules: rules, filter: store.ChangeFilter{
		Key: f.Key, Batch: f.Batch, Dialect: f.Dialect, Deed: f.Deed, Since: f.Since, Till: f.Till,
	}}
	if err := checkFilter(t, caller, f, rules); err != nil {
		return s, err
	}
	if f.Account != nil {
		a, err := findAnywhere(t, caller, f.Account)
		if err != nil {
			return s, err
		}
		s.filter.Account = a.ID
	}
	if f.By != nil {
		a, err := findAnywhere(t, caller, f.By)
		if err != nil {
			return s, renamed(err, "ref", "by")
		}
		s.filter.By = a.ID
	}
	if s.member, err = memberOf(caller, rules, f.Member); err != nil {
		return s, muster.Within("member", err)
	}
	kept, err := t.Forgotten(caller.Community)
	if err != nil {
		return s, err
	}
	s.forgotten = kept.Seq
	s.filter.After, s.filter.Before, err = t.SeqsBetween(caller.Community, f.Since, f.Till)
	s.filter.After = max(s.filter.After, f.After)
	if f.Before > 0 {
		s.filter.Before = min(s.filter.Before, f.Before)
	}
	if s.filter.Key != "" || s.filter.By != "" || s.filter.Dialect != "" || s.filter.Deed != "" && s.filter.Deed != muster.DeedBaseline {
		s.filter.After = max(s.filter.After, s.forgotten) // baselines are nobody's
	}
	return s, err
}

// renamed is an error of one member as that of another.
func renamed(err error, from, to string) error {
	if e, ok := errors.AsType[*muster.Error](err); ok && e.Field == from {
		return muster.Errorf(e.Code, to, "%s", e.Message)
	}
	return err
}

// memberOf is a member as changes name it, with fields by id. A field that the
// caller may not see is one that is not there.
func memberOf(caller muster.Caller, rules muster.Rules, name string) (string, error) {
	key, isValue := strings.CutPrefix(name, "values.")
	_, isIdentity := strings.CutPrefix(name, "identities.")
	switch {
	case name == "" || isIdentity || slices.Contains(muster.AccountMembers, name):
		return name, nil
	case !isValue:
		return "", muster.Errorf(muster.Invalid, "", "there is no member %s; there are %s, values.KEY and identities.PROVIDER",
			muster.Quote(name), strings.Join(muster.AccountMembers, ", "))
	}
	f, err := visibleField(caller, rules, muster.FieldID(key))
	if err != nil && caller.Level == muster.LevelAdmin { // of a field that was deleted
		return name, nil
	}
	return "values." + string(f.ID), err
}

// found is a change, whole and as the caller may see it.
type found struct{ whole, shown muster.Change }

// next is the next changes, at most limit of them, and where to go on.
func (s *seeker) next(t *store.Tx, limit int) (list []found, next int64, err error) {
	indexed := s.filter.Account != "" || s.filter.Batch != ""
	for looked := int64(0); looked < seekAtMost && s.filter.Before > s.filter.After+1; {
		step, window := min(seekStep, limit-len(list)), s.filter
		if s.member != "" {
			step = seekStep
		}
		windowed := !indexed && window.Before > s.forgotten+1
		if windowed { // numbers have no gaps, so this bounds what is looked at
			window.After = max(window.After, window.Before-seekAtMost/10-1)
		}
		rows, err := t.ChangesOf(s.caller.Community, window, step)
		if err != nil {
			return nil, 0, err
		}
		looked += int64(len(rows))
		if s.filter.Before = window.After + 1; len(rows) == step {
			s.filter.Before = rows[len(rows)-1].Seq
		}
		if windowed {
			looked += window.Before - s.filter.Before - int64(len(rows))
		}
		for _, ch := range rows {
			shown := seen(s.caller, ch, s.rules)
			if !unseen(ch, shown) && (s.member == "" || shown.Touches(s.member)) {
				list = append(list, found{ch, shown})
			}
			if len(list) == limit {
				s.filter.Before = ch.Seq
				break
			}
		}
		if len(list) == limit {
			break
		}
	}
	if s.filter.Before > s.filter.After+1 {
		next = s.filter.Before
	}
	return list, next, nil
}

// seen is a change as the caller may see it.
func seen(caller muster.Caller, ch muster.Change, rules muster.Rules) muster.Change {
	ch.Before.Values, ch.After.Values = maps.Clone(ch.Before.Values), maps.Clone(ch.After.Values)
	hide(caller, &ch, rules)
	return ch
}

// unseen reports whether a change is an edit of hidden values alone: nobody is
// told that it was. The batch that it is of would tell what a hidden value led
// to: values follow from what becomes of the account that they lead to.
func unseen(whole, shown muster.Change) bool {
	return whole.Deed == muster.DeedEdit && len(shown.Touched()) == 0 && len(whole.Touched()) > 0
}

func hide(caller muster.Caller, ch *muster.Change, rules muster.Rules) {
	if !maySeeDefinition(caller, ch, rules) {
		ch.Before.Definition, ch.After.Definition = nil, nil
	}
	visible := rules.Visible(caller, ch.Account)
	hidden := func(id muster.FieldID) bool {
		if _, defined := rules.Fields[id]; !defined {
			return caller.Level < muster.LevelAdmin
		}
		return !slices.ContainsFunc(visible, func(f muster.Field) bool { return f.ID == id })
	}
	for _, values := range []muster.Values{ch.Before.Values, ch.After.Values} {
		for id := range values {
			if hidden(id) {
				delete(values, id)
			}
		}
	}
}

func maySeeDefinition(caller muster.Caller, ch *muster.Change, rules muster.Rules) bool {
	switch kind, id, _ := strings.Cut(ch.Subject, " "); kind {
	case "key":
		return caller.MayManage(muster.AreaKeys) == nil
	case muster.KindWebhook: // whose address may be all that its receiver asks for
		return caller.MayManage(muster.AreaCatalogue) == nil
	case "field":
		return maySeeField(caller, ch, muster.FieldID(id), rules)
	}
	return true
}

// maySeeField reports whether the caller may see a field's definition, which
// has its default in it: as it was then, and as it is today. Of one that was
// deleted since, nobody's rights are known any more but by the deletion.
func maySeeField(caller muster.Caller, ch *muster.Change, id muster.FieldID, rules muster.Rules) bool {
	for _, definition := range []json.RawMessage{ch.Before.Definition, ch.After.Definition} {
		var f muster.Field
		if definition != nil && (json.Unmarshal(definition, &f) != nil || !f.See.Allow(caller, "")) {
			return false
		}
	}
	if f, defined := rules.Fields[id]; defined {
		return f.See.Allow(caller, "")
	}
	return ch.After.Definition == nil || caller.Level >= muster.LevelAdmin
}
