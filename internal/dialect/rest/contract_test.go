package rest_test

import (
	"net/http"
	"testing"

	"github.com/muster-accounts/muster/internal/dialect/rest"
	"github.com/muster-accounts/muster/internal/mustertest"
	"github.com/muster-accounts/muster/internal/mustertest/golden"
)

// usual are the statuses that every route may refuse with, so that the contract
// describes them once.
var usual = []int{
	http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests,
	http.StatusInternalServerError, http.StatusServiceUnavailable,
}

// The contract describes what is served, all of it and nothing else: goldens
// and scenarios reach every part of it on each engine.
func TestContract(t *testing.T) {
	for _, e := range mustertest.Engines(t) {
		t.Run(e.Name, func(t *testing.T) {
			contract := golden.Load(t, rest.Spec)
			t.Run("requests", func(t *testing.T) {
				golden.Run(t, contract, func(t *testing.T) http.Handler {
					t.Helper()
					return newWorldOn(t, e).handler
				})
				for name, scenario := range map[string]func(aWorld, *testing.T){
					"accounts": aWorld.accounts, "filters": aWorld.filters, "history": aWorld.history, "catalogue": aWorld.catalogue,
					"keys": aWorld.keys, "webhooks": aWorld.webhooks, "feeds": aWorld.feeds,
					"forgotten": aWorld.forgotten,
					"refusals":  func(w aWorld, t *testing.T) { t.Helper(); w.sweep(t, contract) },
				} {
					t.Run("all "+name, func(t *testing.T) {
						t.Parallel()
						w := newWorldOn(t, e)
						w.handler = contract.Handler(t, w.bare)
						scenario(w, t)
					})
				}
			})
			contract.CheckReached(t, usual, nil)
		})
	}
}
