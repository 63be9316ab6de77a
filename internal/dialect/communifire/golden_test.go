package communifire_test

import (
	"net/http"
	"testing"

	"github.com/muster-accounts/muster/internal/dialect/communifire"
	"github.com/muster-accounts/muster/internal/mustertest/golden"
)

func TestGoldens(t *testing.T) {
	golden.Run(t, golden.Load(t, communifire.Spec), func(t *testing.T) http.Handler {
		t.Helper()
		return newWorld(t).handler
	})
}

func TestContractDescribesRoutes(t *testing.T) {
	golden.Load(t, communifire.Spec).CheckRoutes(t, newWorld(t).dialect.Routes())
}
