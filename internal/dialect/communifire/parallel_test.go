package communifire_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/demo"
	"github.com/muster-accounts/muster/internal/dialect/communifire"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/store"
)

// counted is how often bodies came in each form.
func counted(t *testing.T, d *communifire.Dialect) map[string]float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(d.Collectors()...)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			counts[label(m)] = m.GetCounter().GetValue()
		}
	}
	return counts
}

func label(m *dto.Metric) string { return m.GetLabel()[0].GetValue() }

// Thousands ask at once for the same new person: one account is made, and who
// is refused is told why.
func TestAddUserInParallel(t *testing.T) {
	const calls, workers = 2000, 64
	mustertest.Each(t, func(t *testing.T, st *store.Store) {
		t.Helper()
		clock := mustertest.NewClock()
		clock.Set(demo.Now())
		c := core.New(st, clock.Now)
		if err := fill(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		w := newWorldIn(t, c, clock)
		for i, mode := range []struct {
			addUser      string
			ok, conflict int64 // answers; -1: what is left of them
		}{
			{"", calls, 0}, {"true", 1, calls - 1}, {"false", 0, 0},
		} {
			var answers [600]atomic.Int64
			var group sync.WaitGroup
			for n := range workers {
				group.Go(func() {
					for call := n; call < calls; call += workers {
						body := fmt.Sprintf(`{"Username":"person%d","Email":"person%d@example.org","Phone":"%d"}`, i, i, call)
						answers[w.set("AddUser="+mode.addUser, body).Code].Add(1)
					}
				})
			}
			group.Wait()
			if ok, conflict := answers[http.StatusOK].Load(), answers[http.StatusConflict].Load(); ok != mode.ok || conflict != mode.conflict {
				t.Errorf("AddUser=%s: %d times 200, %d times 409", mode.addUser, ok, conflict)
			}
			if missing := answers[http.StatusNotFound].Load(); (missing == calls) != (mode.addUser == "false") {
				t.Errorf("AddUser=%s: %d times 404", mode.addUser, missing)
			}
		}
		list, err := c.Accounts(t.Context(), muster.Operator(demo.ID), 2500, 1000)
		if err != nil || len(list) != 2 {
			t.Errorf("%d accounts were made, %v", len(list), err)
		}
	})
}
