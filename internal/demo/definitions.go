package demo

import (
	"context"
	"slices"

	"github.com/muster-accounts/muster"
	"github.com/muster-accounts/muster/internal/core"
)

// ClockTypes are the kinds of duty. The first is that of the page's account.
func ClockTypes() []muster.ClockType {
	return []muster.ClockType{{ID: "patrol", Label: "Patrol"}, {ID: "regular", Label: "Regular duty"}, {ID: "training", Label: "Training"}}
}

// Servers are the game servers: one for those who hold a rank of the street,
// and one for everybody.
func Servers() []muster.Server {
	return []muster.Server{
		{
			ID: 1, Name: "Main server", Description: "Holders of a rank only", Address: "192.0.2.10", Port: 30120,
			Whitelist: muster.Whitelist{Ranks: []muster.RankID{
				PageRank, "4298c76d-a1ee-46dc-b33c-8daf2e2280dd", "8e0308fa-32a2-4a39-812f-f37038b8ab8f", "fdf11193-7bde-4188-88dd-03425825a2a1",
			}},
		},
		{
			ID: 2, Name: "Training server", Description: "Everybody in the community", Address: "192.0.2.11", Port: 30120,
			Whitelist: muster.Whitelist{Everybody: true},
		},
	}
}

// Flows are the promotions: from cadet to officer, and back.
func Flows() []muster.Flow {
	return []muster.Flow{{
		ID: "b7a1b5b0-6f0c-4f0e-9a3b-2f4f3f4c1d11", LabelFrom: "Police Cadet", LabelTo: "Patrol Officer", Direction: muster.FlowBoth,
		Add: []muster.RankID{"4298c76d-a1ee-46dc-b33c-8daf2e2280dd"}, Remove: []muster.RankID{"950dd4b4-0633-4816-8ab1-0b825d66d62c"},
	}}
}

// define adds the definitions that are not there yet.
func define(ctx context.Context, c *core.Core, by muster.Caller) error {
	types, err := c.ClockTypes(ctx, by)
	if err != nil {
		return err
	}
	for _, t := range ClockTypes() {
		if !slices.Contains(types, t) {
			if err := c.PutClockType(ctx, by, t); err != nil {
				return err
			}
		}
	}
	for _, s := range Servers() { // one that is there as it should be is no change
		if _, err := c.PutServer(ctx, by, s); err != nil {
			return err
		}
	}
	flows, err := c.Flows(ctx, by)
	if err != nil {
		return err
	}
	for _, f := range Flows() {
		if slices.ContainsFunc(flows, func(has muster.Flow) bool { return has.ID == f.ID }) {
			continue
		}
		if err := c.PutFlow(ctx, by, f); err != nil {
			return err
		}
	}
	return nil
}
