package sonoran

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/muster-accounts/muster"
)

// plain is an answer in plain text, where v1 has no JSON.
type plain string

// outcome is an answer that says more than its data.
type outcome struct {
	data   any
	status int   // 0: the usual
	undo   int64 // what the change can be taken back by; 0: nothing was changed
}

// outcomeOf takes a handler's answer apart.
func outcomeOf(w http.ResponseWriter, out any, usual int) outcome {
	o, ok := out.(outcome)
	if !ok {
		o = outcome{data: out}
	}
	if o.status == 0 {
		o.status = usual
	}
	if o.undo != 0 {
		w.Header().Set("X-Undo-Id", strconv.FormatInt(o.undo, 10))
	}
	return o
}

// v1 is a route of v1: a POST whose body carries the community, the key and
// the data. What the body's type says is ignored, the path decides: the
// vendor's pages and clients disagree about types. missing is the status where
// nobody answers to the data's identity.
func (d *Dialect) v1(path string, missing int, do func(context.Context, muster.Caller, entry) (any, error)) route {
	return route{method: http.MethodPost, pattern: path, handler: func(w http.ResponseWriter, r *http.Request) {
		var e entry
		usual := http.StatusOK
		out, err := func() (any, error) {
			body, err := readBody(w, r, true)
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
			if e, err = entryOf(body); err != nil {
				return nil, err
			}
			if switchCreated.Of(caller.Switches) == "201" {
				usual = http.StatusCreated
			}
			return do(r.Context(), caller, e)
		}()
		if err != nil {
			d.v1Error(w, r, v1Miss{missing, e.byAPIID}, err)
			return
		}
		o := outcomeOf(w, out, usual)
		if text, ok := o.data.(plain); ok {
			v1Answer(w, o.status, string(text))
			return
		}
		d.writeJSON(w, r, o.status, "application/json", o.data)
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
	body    object // all that was sent: sonorancms_core names its server here
}

// entryOf takes data in each form clients send it: an array, of which the
// first is meant, the object itself, an object with numeric keys, or nothing.
func entryOf(body object) (e entry, err error) {
	e.body = body
	list, err := body.list("data")
	if err != nil {
		return e, err
	}
	if len(list) > 0 {
		e.object = list[0]
	}
	e.ref, e.byAPIID, err = refOf(e.object)
	return e, err
}

// list is a member that lists objects, in each form clients send it: an
// array, one object, an object with numeric keys (Sonoran.js copies arrays
// into such), or nothing.
func (o object) list(name string) ([]object, error) {
	var items []any
	switch v := o[name].(type) {
	case nil:
	case []any:
		items = v
	case map[string]any:
		items = numbered(v)
	default:
		items = []any{v}
	}
	list := make([]object, 0, len(items))
	for _, item := range items {
		one, ok := item.(map[string]any)
		if item == nil || empty(item) && !ok { // an empty Lua table comes as a list
			continue
		}
		if !ok {
			return nil, muster.Errorf(muster.Invalid, name, "must be an object or a list of objects")
		}
		list = append(list, one)
	}
	return list, nil
}

// numbered is the list that an object with numeric keys stands for; any other
// object stands for itself.
func numbered(o map[string]any) []any {
	var keys []int
	for name := range o {
		n, err := strconv.Atoi(name)
		if err != nil || n < 0 {
			return []any{o}
		}
		keys = append(keys, n)
	}
	slices.Sort(keys)
	items := make([]any, len(keys))
	for i, n := range keys {
		items[i] = o[strconv.Itoa(n)]
	}
	return items
}
