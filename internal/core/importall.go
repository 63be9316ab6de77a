package core

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"iter"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/seal"
	"github.com/muster-accounts/muster/internal/store"
)

// ImportOptions say how a community is imported.
type ImportOptions struct {
	As     muster.CommunityID // another id than it had
	DryRun bool               // all is checked, and nothing stays
}

// Imported is what was imported.
type Imported struct {
	Community         muster.Community
	Accounts, Changes int64
}

// ImportAll makes a community of its records: all of it or, where one is
// refused, nothing. Ids, numbers, times and history stay what they were, and
// so does its UUID, unless another community of this database has it. Nobody
// is told of anything. It answers the server's own machine only; other writers
// wait while it runs.
//
// The records are gone through from the beginning again where the database
// makes that necessary.
func (c *Core) ImportAll(ctx context.Context, o ImportOptions, records iter.Seq2[Record, error]) (done Imported, err error) {
	err = c.store.WriteAlone(ctx, "", func(t *store.Tx) error {
		m := &importer{c: c, t: t, options: o}
		for r, err := range records {
			if err == nil {
				err = m.take(r)
			}
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
		}
		if !m.ended {
			return muster.Errorf(muster.Invalid, "end", "is missing: the export was cut short")
		}
		done = m.done
		if o.DryRun {
			return errDry
		}
		return nil
	})
	if errors.Is(err, errDry) {
		err = nil
	}
	return done, err
}

// importer takes records, one by one, into one transaction.
type importer struct {
	c       *Core
	t       *store.Tx
	options ImportOptions
	done    Imported

	id      muster.CommunityID
	last    CommunityRecord
	account muster.AccountID // the last
	count   int64
	seq     int64
	waiting []muster.Change
	ended   bool
}

// changesAtOnce is how many changes are written at a time.
const changesAtOnce = 64

func (m *importer) take(r Record) error {
	kind := r.Kind()
	switch {
	case kind == "":
		return muster.Errorf(muster.Invalid, "", "a record has exactly one member")
	case m.ended:
		return muster.Errorf(muster.Invalid, kind, "something follows the end")
	case (kind == "community") != (m.count == 0):
		return muster.Errorf(muster.Invalid, kind, "the community's own record is the first, and comes once")
	}
	err := m.takeOne(r)
	m.count++
	return muster.Within(kind, err)
}

func (m *importer) takeOne(r Record) error {
	switch {
	case r.Community != nil:
		return m.begin(*r.Community)
	case r.Server != nil:
		return m.server(*r.Server)
	case r.Webhook != nil:
		return m.webhook(*r.Webhook)
	case r.Account != nil:
		return m.takeAccount(*r.Account)
	case r.Picture != nil:
		return m.picture(*r.Picture)
	case r.Key != nil:
		return m.key(*r.Key)
	case r.Secret != nil:
		return m.t.Entrust(m.id, r.Secret.Name, r.Secret.Text)
	case r.Change != nil:
		return m.change(*r.Change)
	case r.End != nil:
		return m.end(*r.End)
	default:
		return m.definition(r)
	}
}

func (m *importer) begin(r CommunityRecord) error {
	if r.Form != RecordForm {
		return muster.Errorf(muster.Invalid, "muster_export", "is %d, and this program reads %d", r.Form, RecordForm)
	}
	m.last, m.done.Community = r, r.Community
	community := &m.done.Community
	community.UUID = strings.ToLower(community.UUID)
	if m.options.As != "" {
		community.ID = m.options.As
	}
	m.id = community.ID
	if err := community.Validate(); err != nil {
		return err
	}
	if err := checkZoneMap(community.Settings.TimeZones); err != nil {
		return err
	}
	taken, err := m.t.UUIDTaken(community.UUID)
	if err != nil {
		return err
	}
	if taken {
		community.UUID = newID()
	}
	if err := idFree(m.t, m.id); err != nil {
		return err
	}
	if err := m.t.InsertCommunity(*community); err != nil {
		return err
	}
	if f := r.Forgotten; f != nil {
		if f.Seq < 1 || f.Seq >= r.LastSeq {
			return muster.Errorf(muster.Invalid, "forgotten.seq", "must be 1 or more, and less than last_seq")
		}
		if err := m.t.SetForgotten(m.id, *f); err != nil {
			return err
		}
	}
	return m.t.SetCounters(m.id, r.LastSeq, r.NextNumber)
}

// definition takes what belongs to the catalogue.
func (m *importer) definition(r Record) error {
	var d interface{ Validate() error }
	var put func() error
	switch {
	case r.Field != nil:
		d, put = r.Field, func() error { return m.t.PutField(m.id, *r.Field) }
	case r.Rank != nil:
		d, put = r.Rank, func() error { return m.t.PutRank(m.id, *r.Rank) }
	case r.Department != nil:
		d, put = r.Department, func() error { return store.PutDefined(m.t, m.id, *r.Department) }
	case r.ClockType != nil:
		d, put = r.ClockType, func() error { return store.PutDefined(m.t, m.id, *r.ClockType) }
	default:
		d, put = r.Flow, func() error { return store.PutDefined(m.t, m.id, *r.Flow) }
	}
	if m.account != "" {
		return muster.Errorf(muster.Invalid, "", "the catalogue comes before the accounts")
	}
	if err := d.Validate(); err != nil {
		return err
	}
	return put()
}

func (m *importer) server(r ServerRecord) error {
	if err := r.Validate(); err != nil {
		return err
	}
	if err := m.t.PutServer(m.id, r.Server); err != nil {
		return err
	}
	if err := m.t.TouchServer(m.id, r.ID, r.LastContact); err != nil || r.PushSecret == "" {
		return err
	}
	sealed, err := m.c.sealPush(m.id, r.ID, r.PushSecret)
	if err != nil {
		return err
	}
	return m.t.SetPushSecret(m.id, r.ID, sealed)
}

// strangeSecret is why a webhook is switched off that came without its secret.
const strangeSecret = "it was imported without its secret: rotate that, tell the receiver the new one, and switch the webhook on"

// webhook takes a webhook. Where its secret is not in the file it gets another,
// which its receiver cannot know, and so tells nothing before it is rotated.
func (m *importer) webhook(r WebhookRecord) error {
	if err := r.Validate(); err != nil {
		return err
	}
	if len(r.Secrets) > maxSecrets {
		return muster.Errorf(muster.Invalid, "secrets", "there are %d, and a webhook has %d at most", len(r.Secrets), maxSecrets)
	}
	for _, secret := range r.Secrets {
		if _, err := muster.WebhookKey(secret.Text); err != nil {
			return muster.Within("secrets", err)
		}
	}
	if len(r.Secrets) == 0 {
		secret, err := webhookSecret("")
		if err != nil {
			return err
		}
		r.Secrets, r.Active, r.Disabled = []muster.WebhookSecret{{Text: secret}}, false, strangeSecret
	}
	return m.t.InsertWebhook(m.id, r.Webhook, r.Secrets)
}

func (m *importer) takeAccount(r AccountRecord) error {
	a := r.account(m.id)
	for i := range a.Clock {
		a.Clock[i].Notes = append([]string{}, a.Clock[i].Notes...) // clients see a list where there are none
	}
	if err := m.check(a); err != nil {
		return err
	}
	if err := m.t.InsertAccount(a); err != nil {
		return err
	}
	if err := m.t.KeepMarks(a); err != nil {
		return err
	}
	m.account = a.ID
	m.done.Accounts++
	if p := r.Password; p != nil {
		if _, err := seal.ForeignHash(p.Hash); err != nil && p.Hash != "" {
			return muster.Within("password.hash", err)
		}
		if err := m.t.KeepPassword(m.id, a.ID, store.KeptPassword{Hash: p.Hash, Epoch: p.Epoch, VoidedAt: p.VoidedAt}); err != nil {
			return err
		}
	}
	if r.MFASecret != nil {
		return m.t.PutMFA(m.id, a.ID, *r.MFASecret)
	}
	return nil
}

// check refuses an account that could not have been kept by any deed. Values
// are not held against today's fields: they may be older.
func (m *importer) check(a muster.Account) error {
	if _, err := uuid.Parse(string(a.ID)); err != nil || len(a.ID) != 36 || strings.ToLower(string(a.ID)) != string(a.ID) {
		return muster.Errorf(muster.Invalid, "id", "must be a UUID in lower case")
	}
	if a.Number < 0 || a.Number > muster.MaxNumber {
		return muster.Errorf(muster.Invalid, "number", "must be from 0 to %d", int64(muster.MaxNumber))
	}
	if a.Rev < 1 {
		return muster.Errorf(muster.Invalid, "rev", "must be 1 or more")
	}
	for _, row := range a.Clock {
		if err := row.Validate(); err != nil {
			return muster.Within("clock", err)
		}
	}
	if !a.ErasedAt.IsZero() {
		return nil
	}
	rules, err := m.t.Rules(m.id)
	if err != nil {
		return err
	}
	_, is := muster.Diff(muster.Account{}, a)
	is.Values, is.Username = nil, muster.Some(a.Username)
	after, _, err := muster.Account{}.Apply(muster.Undo(is, muster.Members{}), rules)
	if err != nil {
		return err
	}
	a.Values, a.Standing.Active = after.Values, after.Standing.Active // who is active ranks may have decided, or not yet
	if was, _ := muster.Diff(a, after); !was.IsZero() {               // the rules would have kept it otherwise
		return muster.Errorf(muster.Invalid, muster.Change{Before: was}.Touched()[0], "is not in the form in which it is kept")
	}
	return nil
}

func (m *importer) picture(r PictureRecord) error {
	if r.Account != m.account {
		return muster.Errorf(muster.Invalid, "account", "pictures stand behind their account")
	}
	sum := sha256.Sum256(r.Content)
	if !strings.HasPrefix(r.Name, hex.EncodeToString(sum[:])+".") {
		return muster.Errorf(muster.Invalid, "content", "is not what its name says, which is its SHA-256")
	}
	return m.t.PutImage(m.id, r.Account, r.Name, r.Content, r.CreatedAt)
}

var isHash = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (m *importer) key(r KeyRecord) error {
	r.Key.LastUsedAt, r.Key.LimitHits = r.LastUsedAt, r.LimitHits
	if err := r.Validate(); err != nil {
		return err
	}
	for member, list := range map[string][]string{"hash": {r.Hash}, "old_hash": {r.Old}, "dead_hashes": r.Dead} {
		for _, hash := range list {
			if hash != "" && !isHash.MatchString(hash) {
				return muster.Errorf(muster.Invalid, member, "must be SHA-256 in hexadecimal")
			}
		}
	}
	return m.t.KeepKey(m.id, r.Key, r.KeyHashes)
}

func (m *importer) change(r ChangeRecord) error {
	if err := m.follows(r); err != nil {
		return err
	}
	m.seq = r.Seq
	m.done.Changes++
	m.waiting = append(m.waiting, r.change(m.id))
	if len(m.waiting) < changesAtOnce {
		return nil
	}
	return m.flush()
}

// follows refuses a change that is not the next one. Of what is forgotten there
// are only baselines.
func (m *importer) follows(r ChangeRecord) error {
	forgotten := int64(0)
	if f := m.last.Forgotten; f != nil {
		forgotten = f.Seq
	}
	switch next := max(m.seq, forgotten) + 1; {
	case r.Seq <= forgotten && r.Deed != muster.DeedBaseline:
		return muster.Errorf(muster.Invalid, "deed", "is %q, and up to change %d there are only baselines", r.Deed, forgotten)
	case r.Seq <= forgotten && r.Seq <= m.seq:
		return muster.Errorf(muster.Invalid, "seq", "is %d, and must be greater than %d", r.Seq, m.seq)
	case r.Seq > forgotten && r.Seq != next:
		return muster.Errorf(muster.Invalid, "seq", "is %d, and %d comes next: history has no gaps", r.Seq, next)
	case r.Seq > forgotten && r.Deed == muster.DeedBaseline:
		return muster.Errorf(muster.Invalid, "deed", "is %q, and there are baselines only of what is forgotten", r.Deed)
	}
	return nil
}

func (m *importer) flush() error {
	err := m.t.KeepChanges(m.waiting)
	m.waiting = m.waiting[:0]
	return err
}

func (m *importer) end(r EndRecord) error {
	if r.Records != m.count {
		return muster.Errorf(muster.Invalid, "records", "is %d, and %d came before: some are missing", r.Records, m.count)
	}
	if m.seq != m.last.LastSeq {
		return muster.Errorf(muster.Invalid, "records", "the history ends at %d, not at %d", m.seq, m.last.LastSeq)
	}
	m.ended = true
	return m.flush()
}

// idFree refuses an id that another community has, in any case of letters:
// people tell ids apart by ear.
func idFree(t *store.Tx, id muster.CommunityID) error {
	list, err := t.Communities()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(other muster.Community) bool { return strings.EqualFold(string(other.ID), string(id)) })
	if i < 0 {
		return nil
	}
	return muster.Errorf(muster.Conflict, "id", "there is a community %q already", list[i].ID)
}
