package main

import (
	"context"
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-accounts/muster/internal/core"
	"github.com/muster-accounts/muster/internal/deliver"
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

// eventMetrics let /metrics tell whether game servers hear of what happens.
func eventMetrics(d *deliver.Dispatcher, c *core.Core) []prometheus.Collector {
	counter := func(name, help string, value func() int64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(value()) })
	}
	return []prometheus.Collector{
		counter("muster_events_delivered_total", "Events that arrived, sent by this process.",
			func() int64 { n, _, _ := d.Counts(); return n }),
		counter("muster_events_failed_total", "Attempts of this process to send an event that failed.",
			func() int64 { _, n, _ := d.Counts(); return n }),
		counter("muster_events_given_up_total", "Events that this process gave up.",
			func() int64 { _, _, n := d.Counts(); return n }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "muster_events_waiting", Help: "Events that have not arrived yet, of all processes.",
		}, func() float64 {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			n, err := c.Waiting(ctx)
			if err != nil {
				return math.NaN()
			}
			return float64(n)
		}),
	}
}

// mailMetrics let /metrics tell whether mail goes out.
func mailMetrics(p *deliver.Postman) []prometheus.Collector {
	counter := func(name, help string, value func() int64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(value()) })
	}
	return []prometheus.Collector{
		counter("muster_mails_sent_total", "Mails that this process handed on.", func() int64 { n, _, _ := p.Counts(); return n }),
		counter("muster_mails_failed_total", "Attempts of this process to hand a mail on that failed.", func() int64 { _, n, _ := p.Counts(); return n }),
		counter("muster_mails_given_up_total", "Mails that this process gave up.", func() int64 { _, _, n := p.Counts(); return n }),
	}
}
