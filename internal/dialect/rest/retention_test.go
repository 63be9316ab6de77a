package rest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/demo"
)

// forgotten asks for what history does not hold any more.
func (w aWorld) forgotten(t *testing.T) {
	t.Helper()
	w.ok(t, "PATCH /accounts/12", `{"bio": "Old"}`)
	old := itoa(w.newest(t))
	w.ok(t, "DELETE /accounts/1234", "")
	w.clock.Advance(48 * time.Hour)
	_, err := w.core.UpdateCommunity(t.Context(), muster.Operator(demo.ID), func(c *muster.Community) { c.Settings.HistoryDays = 1 })
	if err != nil {
		t.Fatal(err)
	}
	if more, err := w.core.SendEvents(t.Context(), demo.ID); err != nil || more {
		t.Fatal(more, err)
	}
	if err := w.core.ForgetHistory(t.Context()); err != nil {
		t.Fatal(err)
	}
	is(t, "1", w.ok(t, "GET /settings", ""), "history_days")
	is(t, "Old", w.ok(t, "GET /accounts/12?at="+itoa(w.newest(t)-1), ""), "bio")
	is(t, "baseline", w.ok(t, "GET /changes?account=12", ""), "items", 0, "deed")
	is(t, "Old", w.ok(t, "GET /changes?deed=baseline&account=12", ""), "items", 0, "after", "bio")
	is(t, "true", w.ok(t, "GET /changes?deed=baseline", ""), "items", 0, "after", "deleted")
	w.must(t, http.StatusGone, http.MethodPost, api+"/changes/1/undo", "")
	for _, path := range []string{"/accounts/12?at=1", "/accounts/12?at=2026-01-01T00:00:00Z", "/changes/1", "/events?after=0"} {
		w.must(t, http.StatusGone, http.MethodGet, api+path, "")
	}
	w.must(t, http.StatusBadRequest, http.MethodPost, api+"/changes/"+old+"/undo", "") // where the baseline stands
	w.must(t, http.StatusBadRequest, http.MethodPatch, api+"/settings", `{"history_days": 0}`)
}
