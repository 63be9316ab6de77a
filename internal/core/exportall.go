package core

import (
	"context"
	"slices"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/store"
)

// ExportOptions say what of an export is more than anybody should hold without
// need.
type ExportOptions struct {
	Hashes  bool // of passwords, and of keys' secrets: they stay good where they are imported
	Secrets bool // those of one-time codes, of game servers, of webhooks and of tokens, in the clear
}

// Size is about how many records there are, for who shows how far it has come.
type Size struct{ Accounts, Changes int64 }

// ExportAll gives each all records of a community, as it is at one moment,
// for the server's own machine only. What is on its way - one-time links,
// mails, deliveries, kept replies - is not part of it.
func (c *Core) ExportAll(ctx context.Context, id muster.CommunityID, o ExportOptions, begin func(Size), each func(Record) error) error {
	return c.store.Read(ctx, func(t *store.Tx) error {
		accounts, changes, err := t.CountRows(id)
		if err != nil {
			return err
		}
		begin(Size{accounts, changes})
		x := exporter{c: c, t: t, id: id, options: o, emit: each}
		for _, part := range []func(context.Context) error{x.community, x.catalogue, x.servers, x.webhooks, x.accounts, x.keys, x.secrets, x.changes} {
			if err := part(ctx); err != nil {
				return err
			}
		}
		return each(Record{End: &EndRecord{x.count}})
	})
}

type exporter struct {
	c       *Core
	t       *store.Tx
	id      muster.CommunityID
	options ExportOptions
	emit    func(Record) error
	count   int64
}

func (x *exporter) each(r Record) error {
	x.count++
	return x.emit(r)
}

func (x *exporter) community(context.Context) error {
	community, err := x.t.Community(x.id)
	if err != nil {
		return err
	}
	r := &CommunityRecord{Form: RecordForm, Community: community}
	if r.LastSeq, r.NextNumber, err = x.t.Counters(x.id); err != nil {
		return err
	}
	forgotten, err := x.t.Forgotten(x.id)
	if err != nil {
		return err
	}
	if forgotten.Seq > 0 {
		r.Forgotten = &forgotten
	}
	return x.each(Record{Community: r})
}

func (x *exporter) catalogue(context.Context) error {
	fields, err := x.t.Fields(x.id)
	if err == nil {
		err = emit(x, fields, func(f *muster.Field) Record { return Record{Field: f} })
	}
	var ranks []muster.Rank
	if err == nil {
		ranks, err = x.t.Ranks(x.id)
	}
	if err == nil {
		err = emit(x, ranks, func(r *muster.Rank) Record { return Record{Rank: r} })
	}
	if err == nil {
		err = emitDefined(x, func(d *muster.Department) Record { return Record{Department: d} })
	}
	if err == nil {
		err = emitDefined(x, func(d *muster.ClockType) Record { return Record{ClockType: d} })
	}
	if err == nil {
		err = emitDefined(x, func(f *muster.Flow) Record { return Record{Flow: f} })
	}
	return err
}

func emit[T any](x *exporter, list []T, record func(*T) Record) error {
	for i := range list {
		if err := x.each(record(&list[i])); err != nil {
			return err
		}
	}
	return nil
}

func emitDefined[T store.Definition](x *exporter, record func(*T) Record) error {
	list, err := store.Defined[T](x.t, x.id)
	if err != nil {
		return err
	}
	return emit(x, list, record)
}

func (x *exporter) servers(context.Context) error {
	list, err := x.t.Servers(x.id)
	for _, s := range list {
		r := &ServerRecord{Server: s, LastContact: s.LastContact}
		if err == nil && s.HasPushSecret && x.options.Secrets {
			var sealed []byte
			if sealed, err = x.t.PushSecret(x.id, s.ID); err == nil {
				r.PushSecret, err = x.c.openPush(x.id, s.ID, sealed)
			}
		}
		if err == nil {
			err = x.each(Record{Server: r})
		}
	}
	return err
}

func (x *exporter) webhooks(context.Context) error {
	list, err := x.t.Webhooks(x.id)
	for _, w := range list {
		r := &WebhookRecord{Webhook: w}
		if err == nil && x.options.Secrets {
			r.Secrets, err = x.t.WebhookSecrets(x.id, w.ID)
		}
		if err == nil {
			err = x.each(Record{Webhook: r})
		}
	}
	return err
}

func (x *exporter) accounts(ctx context.Context) error {
	for last := int64(-1); ; {
		list, err := x.t.EveryAccount(x.id, last, exportAtOnce)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, a := range list {
			if err := x.account(a); err != nil {
				return err
			}
			last = a.Number
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

func (x *exporter) account(a muster.Account) error {
	r := recordOf(a)
	duty, servers, err := x.t.AllClock(x.id, a.ID)
	if err != nil {
		return err
	}
	r.Clock = slices.Concat(duty, servers)
	kept, has, err := x.t.KeptPassword(x.id, a.ID)
	if err != nil {
		return err
	}
	if has {
		r.Password = &PasswordRecord{Epoch: kept.Epoch, VoidedAt: kept.VoidedAt}
		if x.options.Hashes {
			r.Password.Hash = kept.Hash
		}
	}
	if a.MFA && x.options.Secrets {
		m, err := x.t.MFA(x.id, a.ID)
		if err != nil {
			return err
		}
		r.MFASecret = &m
	}
	if err := x.each(Record{Account: r}); err != nil {
		return err
	}
	pictures, err := x.t.Pictures(x.id, a.ID)
	if err != nil {
		return err
	}
	return emit(x, pictures, func(p *store.Picture) Record {
		return Record{Picture: &PictureRecord{a.ID, p.Name, p.Content, p.CreatedAt}}
	})
}

func (x *exporter) keys(context.Context) error {
	list, err := x.t.Keys(x.id)
	var hashes map[muster.KeyID]store.KeyHashes
	if err == nil && x.options.Hashes {
		hashes, err = x.t.KeyHashes(x.id)
	}
	if err != nil {
		return err
	}
	return emit(x, list, func(k *muster.Key) Record {
		return Record{Key: &KeyRecord{Key: *k, LastUsedAt: k.LastUsedAt, LimitHits: k.LimitHits, KeyHashes: hashes[k.ID]}}
	})
}

func (x *exporter) secrets(context.Context) error {
	if !x.options.Secrets {
		return nil
	}
	names, err := x.t.EntrustedNames(x.id)
	for _, name := range names {
		r := &SecretRecord{Name: name}
		if err == nil {
			r.Text, err = x.t.Entrusted(x.id, name)
		}
		if err == nil {
			err = x.each(Record{Secret: r})
		}
	}
	return err
}

func (x *exporter) changes(ctx context.Context) error {
	for last := int64(0); ; {
		list, err := x.t.EveryChange(x.id, last, exportAtOnce)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, ch := range list {
			if err := x.each(Record{Change: recordOfChange(ch)}); err != nil {
				return err
			}
			last = ch.Seq
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}
