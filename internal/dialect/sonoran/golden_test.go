package sonoran_test

import (
	"net/http"
	"testing"

	"github.com/muster-accounts/muster/internal/dialect/sonoran"
	"github.com/muster-accounts/muster/internal/mustertest/golden"
)

func TestGolden(t *testing.T) {
	golden.Run(t, contract(t), func(t *testing.T) http.Handler { t.Helper(); return newWorld(t).handler })
}

func TestContractNamesTheRoutes(t *testing.T) {
	contract(t).CheckRoutes(t, newWorld(t).routes)
}

func contract(t *testing.T) golden.Contract {
	t.Helper()
	c := golden.Load(t, sonoran.Spec)
	c.Unknown = "Sonoran CMS: Backend Service Reached"
	return c
}
