package main

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/client"
	"github.com/muster-accounts/muster/internal/core"
)

func (r *remote) Catalogue(ctx context.Context, _ muster.Caller) (out core.Catalogue, err error) {
	if out.Fields, err = r.client.Fields(ctx); err == nil {
		out.Ranks, err = r.client.Ranks(ctx)
	}
	return out, plain(err)
}

func (r *remote) PutField(ctx context.Context, _ muster.Caller, f muster.Field) error {
	_, err := r.client.PutField(ctx, f)
	return plain(err)
}

func (r *remote) DeleteField(ctx context.Context, _ muster.Caller, id muster.FieldID) error {
	return plain(r.client.DeleteField(ctx, id))
}

func (r *remote) PutRank(ctx context.Context, _ muster.Caller, rank muster.Rank) error {
	_, err := r.client.PutRank(ctx, rank)
	return plain(err)
}

func (r *remote) DeleteRank(ctx context.Context, _ muster.Caller, id muster.RankID) error {
	return plain(r.client.DeleteRank(ctx, id))
}

func (r *remote) Departments(ctx context.Context, _ muster.Caller) (out []core.Department, err error) {
	list, err := r.client.Departments(ctx)
	for _, d := range list {
		out = append(out, core.Department{Department: d.Department, Ranks: d.Ranks})
	}
	return out, plain(err)
}

func (r *remote) PutDepartment(ctx context.Context, _ muster.Caller, d muster.Department) error {
	_, err := r.client.PutDepartment(ctx, d)
	return plain(err)
}

func (r *remote) DeleteDepartment(ctx context.Context, _ muster.Caller, id string) error {
	return plain(r.client.DeleteDepartment(ctx, id))
}

// serverOf is a game server as the core has it.
func serverOf(s client.Server) muster.Server {
	s.Server.HasPushSecret, s.Server.LastContact = s.HasPushSecret, s.LastContact
	return s.Server
}

func (r *remote) Servers(ctx context.Context, _ muster.Caller) (out []muster.Server, err error) {
	list, err := r.client.Servers(ctx)
	for _, s := range list {
		out = append(out, serverOf(s))
	}
	return out, plain(err)
}

func (r *remote) Server(ctx context.Context, caller muster.Caller, id int64) (muster.Server, error) {
	list, err := r.Servers(ctx, caller)
	if err != nil {
		return muster.Server{}, err
	}
	i := slices.IndexFunc(list, func(s muster.Server) bool { return s.ID == id })
	if i < 0 {
		return muster.Server{}, muster.Errorf(muster.NotFound, "id", "there is no server %d", id)
	}
	return list[i], nil
}

func (r *remote) PutServer(ctx context.Context, _ muster.Caller, s muster.Server) (muster.Server, error) {
	put := r.client.PutServer
	if s.ID == 0 {
		put = r.client.CreateServer
	}
	out, err := put(ctx, s)
	return serverOf(out), plain(err)
}

func (r *remote) DeleteServer(ctx context.Context, _ muster.Caller, id int64) error {
	return plain(r.client.DeleteServer(ctx, id))
}

// keyOf is a key as the core has it.
func keyOf(k client.Key) muster.Key {
	out := muster.Key{
		ID: k.ID, Name: k.Name, Level: k.Level, Areas: k.Areas, RankPower: muster.AnyRankPower, Owner: k.Owner, PerMinute: k.PerMinute,
		CreatedAt: k.CreatedAt, ExpiresAt: k.ExpiresAt, RevokedAt: k.RevokedAt, FrozenAt: k.FrozenAt, Addresses: k.Addresses,
		OldSecretEnds: k.OldSecretEnds, LastUsedAt: k.LastUsedAt, LimitHits: k.LimitHits,
	}
	put(&out.RankPower, k.RankPower)
	return out
}

// power is a key's rank power as the client has it.
func power(k muster.Key) muster.Opt[*int64] {
	if k.RankPower == muster.AnyRankPower {
		return client.AnyRankPower()
	}
	return client.RankPower(k.RankPower)
}

func (r *remote) Keys(ctx context.Context, _ muster.Caller) (out []muster.Key, err error) {
	list, err := r.client.Keys(ctx)
	for _, k := range list {
		out = append(out, keyOf(k))
	}
	return out, plain(err)
}

func (r *remote) CreateKey(ctx context.Context, _ muster.Caller, k muster.Key, secret string) (muster.Key, string, error) {
	if secret != "" {
		return k, "", misuse("to keep a --secret works on the server's own machine; leave out --server")
	}
	made, err := r.client.CreateKey(ctx, client.NewKey{
		ID: k.ID, Name: k.Name, Level: k.Level, Areas: k.Areas, RankPower: power(k), Owner: k.Owner, PerMinute: k.PerMinute,
		Addresses: k.Addresses, ExpiresAt: k.ExpiresAt,
	})
	return keyOf(made), made.Secret, plain(err)
}

// differing is what a member became, unless it is the same as before.
func differing[T any](is T, same bool) (out muster.Opt[T]) {
	if !same {
		out = muster.Some(is)
	}
	return out
}

// different is differing for what == compares.
func different[T comparable](was, is T) muster.Opt[T] { return differing(is, was == is) }

func (r *remote) UpdateKey(ctx context.Context, _ muster.Caller, id muster.KeyID, edit func(*muster.Key)) (muster.Key, error) {
	got, err := r.client.Key(ctx, id)
	if err != nil {
		return muster.Key{}, plain(err)
	}
	was := keyOf(got)
	is := keyOf(got)
	edit(&is)
	e := client.KeyEdit{
		Name: different(was.Name, is.Name), Level: different(was.Level, is.Level), Owner: different(was.Owner, is.Owner),
		PerMinute: different(was.PerMinute, is.PerMinute), Areas: differing(is.Areas, slices.Equal(was.Areas, is.Areas)),
		Addresses: differing(is.Addresses, slices.Equal(was.Addresses, is.Addresses)),
		ExpiresAt: differing(is.ExpiresAt, was.ExpiresAt.Equal(is.ExpiresAt)),
	}
	if was.RankPower != is.RankPower {
		e.RankPower = power(is)
	}
	got, err = r.client.EditKey(ctx, id, e)
	return keyOf(got), plain(err)
}

func (r *remote) RevokeKey(ctx context.Context, _ muster.Caller, id muster.KeyID) error {
	return plain(r.client.RevokeKey(ctx, id))
}

func (r *remote) RotateKey(ctx context.Context, _ muster.Caller, id muster.KeyID, overlap time.Duration) (muster.Key, string, error) {
	if overlap%time.Hour != 0 {
		return muster.Key{}, "", misuse("a server is asked for an --overlap of whole hours")
	}
	k, err := r.client.RotateKey(ctx, id, overlap)
	return keyOf(k), k.Secret, plain(err)
}

func (r *remote) FreezeKey(ctx context.Context, _ muster.Caller, id muster.KeyID, frozen bool) (muster.Key, error) {
	turn := r.client.ThawKey
	if frozen {
		turn = r.client.FreezeKey
	}
	k, err := turn(ctx, id)
	return keyOf(k), plain(err)
}

func (r *remote) ManagedCommunity(ctx context.Context, _ muster.Caller) (muster.Community, error) {
	own, err := r.community(ctx, "")
	if err != nil {
		return own, err
	}
	s, err := r.client.Settings(ctx)
	return withSettings(own, s), plain(err)
}

// withSettings is a community with the settings that were read.
func withSettings(c muster.Community, s client.Settings) muster.Community {
	c.Name = s.Name
	c.Settings = muster.Settings{
		Dialects: s.Dialects, ActiveFromRanks: s.ActiveFromRanks, Limits: s.Limits, Owner: s.Owner, ReadOnly: s.ReadOnly,
		SignUp: s.SignUp, PublicProfiles: s.PublicProfiles, FrontEnd: s.FrontEnd, TokenIssuer: s.TokenIssuer, TokenAudience: s.TokenAudience,
		Switches: s.Switches, TimeZones: s.TimeZones, HistoryDays: s.HistoryDays,
	}
	return c
}

// UpdateCommunity sets what the API sets; what it does not is refused by the command before.
func (r *remote) UpdateCommunity(ctx context.Context, caller muster.Caller, edit func(*muster.Community)) (muster.Community, error) {
	was, err := r.ManagedCommunity(ctx, caller)
	if err != nil {
		return was, err
	}
	is := was
	is.Settings.TimeZones = maps.Clone(was.Settings.TimeZones)
	edit(&is)
	s, t := was.Settings, is.Settings
	e := client.SettingsEdit{
		Name: different(was.Name, is.Name), Limits: different(s.Limits, t.Limits), ActiveFromRanks: different(s.ActiveFromRanks, t.ActiveFromRanks),
		ReadOnly: different(s.ReadOnly, t.ReadOnly), Owner: different(s.Owner, t.Owner), SignUp: different(s.SignUp, t.SignUp),
		PublicProfiles: different(s.PublicProfiles, t.PublicProfiles), FrontEnd: different(s.FrontEnd, t.FrontEnd), TimeZones: maps.Clone(t.TimeZones),
	}
	for name := range s.TimeZones {
		if _, stays := t.TimeZones[name]; !stays {
			if e.TimeZones == nil {
				e.TimeZones = map[string]string{}
			}
			e.TimeZones[name] = ""
		}
	}
	got, err := r.client.EditSettings(ctx, e)
	return withSettings(is, got), plain(err)
}
