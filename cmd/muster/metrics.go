package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-accounts/muster/internal/store"
)

// storeMetrics lets /metrics tell how well the group writer groups.
func storeMetrics(s *store.Store) []prometheus.Collector {
	transactions := func() float64 { n, _ := s.Counts(); return float64(n) }
	changes := func() float64 { _, n := s.Counts(); return float64(n) }
	return []prometheus.Collector{
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "muster_store_transactions_total", Help: "Transactions committed by this process.",
		}, transactions),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "muster_store_changes_total", Help: "Changes made durable by this process.",
		}, changes),
	}
}
