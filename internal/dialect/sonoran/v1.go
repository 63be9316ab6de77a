package sonoran

import (
	"context"
	"net/http"

	"github.com/muster-accounts/muster"
)

// v1 is a route of v1: a POST whose body carries the community, the key and
// the data. What the body's type says is ignored, the path decides: the
// vendor's pages and clients disagree about types. missing is the status where
// nobody answers to the data's identity.
func (d *Dialect) v1(path string, missing int, do func(context.Context, muster.Caller, entry) (any, error)) route {
	return route{method: http.MethodPost, pattern: path, handler: func(w http.ResponseWriter, r *http.Request) {
		var e entry
		out, err := func() (any, error) {
			body, err := readBody(w, r)
			if err != nil {
				return nil, err
			}
			caller, err := d.v1Caller(r, body)
			if err != nil {
				return nil, err
			}
			if err := d.count(w, caller, classV1); err != nil {
				return nil, err
			}
			if e, err = entryOf(body["data"]); err != nil {
				return nil, err
			}
			return do(r.Context(), caller, e)
		}()
		if err != nil {
			d.v1Error(w, r, v1Miss{missing, e.byAPIID}, err)
			return
		}
		d.writeJSON(w, r, http.StatusOK, "application/json", out)
	}}
}

func (d *Dialect) v1Caller(r *http.Request, body object) (muster.Caller, error) {
	community, err := body.text("id")
	if err == nil && community == "" {
		err = muster.Errorf(muster.Unauthenticated, "community", "id is missing")
	}
	if err != nil {
		return muster.Caller{}, err
	}
	secret, err := body.text("key")
	if err != nil {
		return muster.Caller{}, err
	}
	return d.caller(r, secret, community)
}

// entry is the first of the data, and whom it is about.
type entry struct {
	object
	ref     muster.Ref
	byAPIID bool
}

// entryOf takes data in each form clients send it: an array, of which the
// first is meant, the object itself, an object with numeric keys, or nothing.
func entryOf(data any) (e entry, err error) {
	first := data
	switch d := data.(type) {
	case []any:
		first = nil
		if len(d) > 0 {
			first = d[0]
		}
	case map[string]any:
		if zero, ok := d["0"]; ok {
			first = zero
		}
	}
	switch o := first.(type) {
	case nil:
	case map[string]any:
		e.object = o
	default:
		return e, muster.Errorf(muster.Invalid, "data", "must be an object or a list of one")
	}
	e.ref, e.byAPIID, err = refOf(e.object)
	return e, err
}

func (d *Dialect) getComAccount(ctx context.Context, c muster.Caller, e entry) (any, error) {
	v, err := d.core.Account(ctx, c, e.ref)
	account := v1AccountOf(v)
	if switchComAccount.Of(c.Switches) == "array" {
		return []any{account}, err
	}
	return account, err
}

func (d *Dialect) getAccountRanks(ctx context.Context, c muster.Caller, e entry) (any, error) {
	v, err := d.core.Account(ctx, c, e.ref)
	return ranksOf(v), err
}

func (d *Dialect) setAccountRanks(ctx context.Context, c muster.Caller, e entry) (any, error) {
	ranks, err := rankEdit(e.object)
	if err != nil {
		return nil, err
	}
	if !e.has("set") && !e.has("add") && !e.has("remove") {
		return nil, muster.Errorf(muster.Invalid, "set", "is missing, and so are add and remove")
	}
	v, err := d.core.Edit(ctx, c, e.ref, muster.Edit{Ranks: ranks})
	return ranksOf(v), err
}

func (d *Dialect) editProfileFields(ctx context.Context, c muster.Caller, e entry) (any, error) {
	values, err := fieldEdit(e.object)
	if err != nil {
		return nil, err
	}
	v, err := d.core.Edit(ctx, c, e.ref, muster.Edit{Values: values})
	return fieldsOf(v), err
}

// getSubVersion answers that nothing is withheld: 5 is the vendor's highest
// plan. Its JavaScript client asks at start, and ends the bot's process where
// the answer is an error.
func (d *Dialect) getSubVersion(context.Context, muster.Caller, entry) (any, error) { return 5, nil }

// getGameServers lists no servers, since none can be registered yet; the
// JavaScript client asks for them at start.
func (d *Dialect) getGameServers(context.Context, muster.Caller, entry) (any, error) {
	return map[string][]string{"servers": {}}, nil
}
