package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/client"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/store"
)

// bios are edits of one account, of which each is another.
func bios(ref client.Ref, n int, each func(int)) func(func(client.AccountEdit) bool) {
	return func(yield func(client.AccountEdit) bool) {
		for i := range n {
			if each != nil {
				each(i)
			}
			if !yield(client.AccountEdit{Account: ref, Edit: client.Edit{Bio: muster.Some(fmt.Sprint(i))}}) {
				return
			}
		}
	}
}

// TestManyEdits does some thousand edits, whose results come in order.
func TestManyEdits(t *testing.T) {
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		ref := client.ID(w.Account(t, "ada", muster.Edit{}).ID)
		for name, do := range map[string]func(context.Context, func(func(client.AccountEdit) bool), func(client.EditResult) error) (client.EditSummary, error){
			"all": func(ctx context.Context, s func(func(client.AccountEdit) bool), f func(client.EditResult) error) (client.EditSummary, error) {
				return w.client.EditAll(ctx, s, f)
			},
			"each": func(ctx context.Context, s func(func(client.AccountEdit) bool), f func(client.EditResult) error) (client.EditSummary, error) {
				return w.client.EditEach(ctx, s, f)
			},
		} {
			const n = 600 // which is more than are done in one transaction
			next := 0
			sum, err := do(t.Context(), bios(ref, n, nil), func(r client.EditResult) error {
				if r.Index != next || r.Outcome != "changed" {
					return fmt.Errorf("result %d is %+v", next, r)
				}
				next++
				return nil
			})
			if err != nil || next != n || sum.Counts["changed"] != n || sum.Batch == "" {
				t.Errorf("%s: %d results, %+v, %v", name, next, sum, err)
			}
		}
	})
}

// TestManyEditsEndEarly sees that nothing is done when the source of the edits or their reader has had enough.
func TestManyEditsEndEarly(t *testing.T) {
	w := newWorld(t, mustertest.Open(t, t.TempDir()))
	ref := client.ID(w.Account(t, "ada", muster.Edit{}).ID)
	rev := func() int64 { a, err := w.client.Account(t.Context(), ref); ok(t, err); return a.Rev }
	before := rev()

	ctx, cancel := context.WithCancel(t.Context())
	_, err := w.client.EditAll(ctx, bios(ref, 1_000_000, func(i int) {
		if i == 5000 {
			cancel()
		}
	}), nil)
	same(t, "a context that ended", errors.Is(err, context.Canceled), true)
	same(t, "what was done", rev(), before)

	enough := errors.New("enough")
	_, err = w.client.EditAll(t.Context(), bios(ref, 10, nil), func(client.EditResult) error { return enough })
	same(t, "a reader who has enough", errors.Is(err, enough), true)

	// It is refused before it was all sent, and not sent a second time.
	pulled := 0
	_, err = w.as(t, "unknown").EditAll(t.Context(), bios(ref, 2_000_000, func(int) { pulled++ }), nil)
	same(t, "a key that is none", errors.Is(err, client.ErrUnauthenticated), true)
	same(t, "edits that were sent to whom does not want them", pulled, 0)

	// A busy server may be asked again while no edit was sent.
	w.on(cutting("429"))
	_, err = w.client.EditAll(t.Context(), bios(ref, 1, nil), nil)
	ok(t, err)
	var asked atomic.Int32
	w.on(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			_, _ = r.Body.Read(make([]byte, 1))
			out.WriteHeader(http.StatusTooManyRequests)
		})
	})
	if _, err = w.client.EditAll(t.Context(), bios(ref, 1, nil), nil); err == nil || asked.Load() != 1 {
		t.Errorf("edits that are on their way were sent %d times, and then %v", asked.Load(), err)
	}
	w.on(cutting("after"))
	if _, err = w.client.EditAll(t.Context(), bios(ref, 1, nil), nil); err == nil {
		t.Error("an answer that was lost is not told")
	}
	w.on(cutting("within"))
	if _, err = w.client.EditAll(t.Context(), bios(ref, 100, nil), nil); err == nil || !strings.Contains(err.Error(), "whether the rest was done is unknown") {
		t.Errorf("half of an answer is %v", err)
	}
	_, err = w.client.EditAll(t.Context(), func(yield func(client.AccountEdit) bool) {
		yield(client.AccountEdit{Account: ref, Edit: client.Edit{Identities: client.IdentityEdit{Add: []client.NewIdentity{{Metadata: []byte("{")}}}}})
	}, nil)
	if err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("an edit that cannot be written is %v", err)
	}
}

// TestManyEditsTakeLittle has a server read and answer without end, and looks at the memory that it takes.
func TestManyEditsTakeLittle(t *testing.T) {
	const n = 5_000
	long := strings.Repeat("x", 4_000)
	w := newWorld(t, mustertest.Open(t, t.TempDir()))
	w.on(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			buffer := make([]byte, 64<<10)
			for {
				if _, err := r.Body.Read(buffer); err != nil {
					break
				}
			}
			out.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprint(out, `{"results":[`)
			for i := range n {
				if i > 0 {
					_, _ = fmt.Fprint(out, ",")
				}
				_, _ = fmt.Fprintf(out, `{"index":%d,"outcome":"changed","after":{"bio":%q}}`, i, long)
			}
			_, _ = fmt.Fprint(out, `],"mode":"each","dry_run":true,"counts":{"changed":1}}`)
		})
	})
	edits := func(yield func(client.AccountEdit) bool) {
		for range n {
			if !yield(client.AccountEdit{Account: "1", Edit: client.Edit{Bio: muster.Some(long)}}) {
				return
			}
		}
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, most := heap(), uint64(0)
	_, err := w.client.EditEach(t.Context(), edits, func(r client.EditResult) error {
		if r.Index%2_000 == 0 {
			most = max(most, heap())
		}
		return nil
	})
	ok(t, err)
	if most > before+8<<20 {
		t.Errorf("%d MiB more are held for %d edits", (most-before)>>20, n)
	}
}
