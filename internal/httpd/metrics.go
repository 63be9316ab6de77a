package httpd

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics is what the door counts. Its labels are bounded: mounts are configured, methods known, statuses numbers.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight prometheus.Gauge
	limited  prometheus.Counter
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "muster_http_requests_total", Help: "Requests answered; 499 where the client had hung up.",
		}, []string{"mount", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "muster_http_request_seconds", Help: "Time from a request's header to the end of its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"mount"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "muster_http_in_flight", Help: "Requests being answered.",
		}),
		limited: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "muster_http_limited_total", Help: "Requests refused by the limit per address.",
		}),
	}
	m.registry.MustRegister(m.requests, m.seconds, m.inFlight, m.limited,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

var knownMethods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// observe counts one answered request.
func (m *metrics) observe(mount, method string, status int, took time.Duration) {
	if !slices.Contains(knownMethods, method) {
		method = "other" // the client chooses it; it must not choose how many series there are
	}
	m.requests.WithLabelValues(mount, method, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(mount).Observe(took.Seconds())
}

// handler is the metrics listener's whole tree.
func (m *metrics) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry}))
	return mux
}
