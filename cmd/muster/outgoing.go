package main

import (
	"log/slog"
	"net/netip"
	"time"

	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/deliver"
	"github.com/muster-accounts/muster/internal/dialect/rest"
	"github.com/muster-accounts/muster/internal/dialect/sonoran"
)

// outgoing is what the server may call of itself.
type outgoing struct {
	AllowPrivateTargets []network `env:"MUSTER_ALLOW_PRIVATE_TARGETS" placeholder:"NETWORK" help:"Private networks in which game servers and webhooks stand that are told of changes, by comma: 10.0.0.0/8,127.0.0.1 (default: none)."`
}

// onlyServer is what the one server of a folder calls itself: none beside it
// serves, so what it claimed before it was killed is its own.
const onlyServer = "the only server"

// dispatcher is what sends events. Game servers beside the demo, on the same
// machine, may be told of it.
func (o outgoing) dispatcher(c *core.Core, log *slog.Logger, holder string, beside bool) *deliver.Dispatcher {
	var allowed deliver.Allowed
	for _, n := range o.AllowPrivateTargets {
		allowed = append(allowed, n.Prefix)
	}
	if beside {
		allowed = append(allowed, netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"))
	}
	c.RefuseTargets(allowed.RefuseFor)
	return deliver.New(c, deliver.Config{
		Wordings: map[string]deliver.Wording{"server": {Path: sonoran.PushPath, Render: sonoran.Push, Arrived: sonoran.Pushed}},
		Webhook:  rest.Webhook,
		Allowed:  allowed, Now: time.Now, Logger: log, Holder: holder,
	})
}
