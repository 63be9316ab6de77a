package httpd

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-accounts/muster/internal/limit"
)

func TestMetrics(t *testing.T) {
	s, _ := newServer(t, func(c *Config) {
		c.MetricsListen = "localhost:0"
		c.AddressLimit = limit.Rate{Requests: 4, Per: time.Hour}
		c.Mounts = one("/x", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/x/panic" {
				panic("oh")
			}
			w.WriteHeader(http.StatusCreated)
		})
		c.Mounts[0].Metrics = []prometheus.Collector{
			prometheus.NewCounter(prometheus.CounterOpts{Name: "muster_mount_total", Help: "A metric of a mount."}),
		}
	})
	own := prometheus.NewCounter(prometheus.CounterOpts{Name: "muster_test_total", Help: "A metric of somebody else."})
	s.Registry().MustRegister(own)
	own.Add(7)
	start(t, s)
	for _, request := range []struct{ method, path string }{
		{"POST", "/x"}, {"BREW", "/x"}, {"GET", "/x/panic"}, {"GET", "/nowhere"}, {"GET", "/x"}, {"GET", "/healthz"},
	} {
		ask(s, request.method, request.path) // all from one address, unlike what comes through the listener
	}
	ask(s, "OPTIONS", "/x", "Origin", "https://a.example", "Access-Control-Request-Method", "POST")

	res, text := get(t, http.DefaultClient, "http://"+s.MetricsAddr()+"/metrics")
	if res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, text)
	}
	for _, want := range []string{
		`muster_http_requests_total{method="POST",mount="test",status="201"} 1`,
		`muster_http_requests_total{method="other",mount="test",status="201"} 1`,
		`muster_http_requests_total{method="GET",mount="test",status="500"} 1`,
		`muster_http_requests_total{method="GET",mount="none",status="404"} 1`,
		`muster_http_requests_total{method="GET",mount="none",status="429"} 1`,
		`muster_http_requests_total{method="GET",mount="health",status="200"} 1`,
		`muster_http_requests_total{method="OPTIONS",mount="preflight",status="204"} 1`,
		`muster_http_request_seconds_count{mount="test"} 3`,
		`muster_http_in_flight 0`,
		`muster_http_limited_total 1`,
		`muster_test_total 7`,
		`muster_mount_total 0`,
		`go_goroutines `,
		`process_open_fds `,
	} {
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	if strings.Contains(text, "BREW") {
		t.Error("a client can add labels")
	}
	if res, _ := get(t, http.DefaultClient, "http://"+s.MetricsAddr()+"/"); res.StatusCode != 404 {
		t.Errorf("the metrics listener answers / with %d", res.StatusCode)
	}
	if res, _ := get(t, http.DefaultClient, s.URL()+"/metrics"); res.StatusCode != 404 {
		t.Errorf("the public listener answers /metrics with %d", res.StatusCode)
	}
}
