package rest

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/muster-accounts/muster"
)

func (d *Dialect) keyRoutes() []route {
	const one = root + "/keys/{id}"
	return []route{
		{method: http.MethodGet, pattern: root + "/keys", class: classRead, do: d.listKeys},
		{method: http.MethodPost, pattern: root + "/keys", class: classWrite, do: d.createKey, secret: true},
		{method: http.MethodGet, pattern: one, class: classRead, do: d.readKey},
		{method: http.MethodPatch, pattern: one, class: classWrite, do: d.patchKey},
		{method: http.MethodDelete, pattern: one, class: classWrite, do: d.revokeKey},
		{method: http.MethodPost, pattern: one + "/rotate", class: classWrite, do: d.rotateKey, secret: true},
		{method: http.MethodPost, pattern: one + "/freeze", class: classWrite, do: d.freezeKey},
		{method: http.MethodPost, pattern: one + "/thaw", class: classWrite, do: d.thawKey},
	}
}

// key is a key as it is read; its secret is there once, when it was made.
type key struct {
	muster.Key
	RankPower  *int64    `json:"rank_power"` // null: any
	LastUsedAt time.Time `json:"last_used_at,omitzero"`
	LimitHits  int64     `json:"limit_hits"`
	Secret     string    `json:"secret,omitempty"`
}

func keyOf(k muster.Key, secret string) key {
	return key{k, powerOf(k.RankPower), k.LastUsedAt, k.LimitHits, secret}
}

func (d *Dialect) listKeys(ctx context.Context, c muster.Caller, _ request) (reply, error) {
	list, err := d.core.Keys(ctx, c)
	items := []key{}
	for _, k := range list {
		items = append(items, keyOf(k, ""))
	}
	return whole(items), err
}

func (in request) key() muster.KeyID { return muster.KeyID(in.PathValue("id")) }

func (d *Dialect) readKey(ctx context.Context, c muster.Caller, in request) (reply, error) {
	k, err := d.core.KeyBy(ctx, c, in.key())
	return reply{body: keyOf(k, "")}, err
}

func (d *Dialect) createKey(ctx context.Context, c muster.Caller, in request) (reply, error) {
	body, err := in.object(typeJSON)
	if err != nil {
		return reply{}, err
	}
	id, err := body.text("id")
	if err != nil {
		return reply{}, err
	}
	apply, err := body.keyPatch()
	if err != nil {
		return reply{}, err
	}
	if _, said := body.members["level"]; !said {
		return reply{}, wrong("level", "is required")
	}
	k := muster.Key{ID: muster.KeyID(id.Value)}
	apply(&k)
	k, secret, err := d.core.CreateKey(ctx, c, k, "")
	return reply{status: http.StatusCreated, body: keyOf(k, secret), header: map[string]string{"Location": root + "/keys/" + url.PathEscape(string(k.ID))}}, err
}

func (d *Dialect) patchKey(ctx context.Context, c muster.Caller, in request) (reply, error) {
	body, err := in.object(typePatch)
	if err != nil {
		return reply{}, err
	}
	apply, err := body.keyPatch()
	if err != nil {
		return reply{}, err
	}
	k, err := d.core.UpdateKey(ctx, c, in.key(), apply)
	return reply{body: keyOf(k, "")}, err
}

// keyPatch reads what a key is to be, and nothing else.
func (o object) keyPatch() (func(*muster.Key), error) {
	name, err := o.text("name")
	if err != nil {
		return nil, err
	}
	owner, err := o.text("owner")
	if err != nil {
		return nil, err
	}
	level, err := o.integer("level")
	if err != nil {
		return nil, err
	}
	perMinute, err := o.integer("per_minute")
	if err != nil {
		return nil, err
	}
	areas, err := o.areas()
	if err != nil {
		return nil, err
	}
	addresses, err := o.texts("addresses")
	if err != nil {
		return nil, err
	}
	expires, err := o.time("expires_at")
	if err != nil {
		return nil, err
	}
	power, err := o.power()
	if err != nil {
		return nil, err
	}
	return func(k *muster.Key) {
		k.Name, k.Owner = name.Or(k.Name), muster.AccountID(owner.Or(string(k.Owner)))
		k.Level, k.PerMinute = muster.Level(level.Or(int64(k.Level))), int(perMinute.Or(int64(k.PerMinute)))
		k.Areas = areas.Or(k.Areas)
		k.Addresses, k.ExpiresAt, k.RankPower = addresses.Or(k.Addresses), expires.Or(k.ExpiresAt), power.Or(k.RankPower)
	}, o.rest()
}

// areas are where a key may write; null is everywhere. A list of none is
// refused: whoever took the last area out meant no more of them, and not all.
func (o object) areas() (out muster.Opt[[]muster.Area], err error) {
	list, err := o.texts("areas")
	switch {
	case err != nil || !list.Set:
		return out, err
	case o.members["areas"] == nil:
		return muster.Some[[]muster.Area](nil), nil
	case len(list.Value) == 0:
		return out, wrong("areas", "lists none; name some, or give null for all")
	}
	return muster.Some(convert[muster.Area](list.Value)), nil
}

// power is the rank power; null is any.
func (o object) power() (muster.Opt[int64], error) {
	if v, ok := o.members["rank_power"]; ok && v == nil {
		_, _ = o.take("rank_power")
		return muster.Some[int64](muster.AnyRankPower), nil
	}
	return o.integer("rank_power")
}

func (d *Dialect) revokeKey(ctx context.Context, c muster.Caller, in request) (reply, error) {
	return reply{status: http.StatusNoContent}, d.core.RevokeKey(ctx, c, in.key())
}

func (d *Dialect) rotateKey(ctx context.Context, c muster.Caller, in request) (reply, error) {
	body, err := in.optional()
	if err != nil {
		return reply{}, err
	}
	hours, err := body.integer("overlap_hours")
	if err == nil && (hours.Value < 0 || hours.Value > 24*30) {
		err = wrong("overlap_hours", "must be from 0 to 720")
	}
	if err == nil {
		err = body.rest()
	}
	if err != nil {
		return reply{}, err
	}
	k, secret, err := d.core.RotateKey(ctx, c, in.key(), time.Duration(hours.Value)*time.Hour)
	return reply{body: keyOf(k, secret)}, err
}

func (d *Dialect) freezeKey(ctx context.Context, c muster.Caller, in request) (reply, error) {
	return d.setFrozen(ctx, c, in, true)
}

func (d *Dialect) thawKey(ctx context.Context, c muster.Caller, in request) (reply, error) {
	return d.setFrozen(ctx, c, in, false)
}

func (d *Dialect) setFrozen(ctx context.Context, c muster.Caller, in request, frozen bool) (reply, error) {
	if err := in.nothing(); err != nil {
		return reply{}, err
	}
	k, err := d.core.FreezeKey(ctx, c, in.key(), frozen)
	return reply{body: keyOf(k, "")}, err
}
