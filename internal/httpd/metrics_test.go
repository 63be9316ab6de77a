package httpd

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-accounts/muster/internal/limit"
)

// TestHangingUpIsNoFailureOfOurs has clients hang up before, and after, the answer begins.
func TestHangingUpIsNoFailureOfOurs(t *testing.T) {
	arrived := make(chan struct{})
	s, j := newServer(t, func(c *Config) {
		c.Mounts = one("/x", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/x/begun" {
				w.WriteHeader(http.StatusAccepted)
			}
			arrived <- struct{}{}
			<-r.Context().Done()
			if r.URL.Path == "/x/unavailable" {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})
	})
	start(t, s)
	for _, path := range []string{"/x/unavailable", "/x/silent", "/x/begun"} {
		conn := dial(t, s)
		_, _ = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n")
		<-arrived
		_ = conn.Close()
	}
	if err := s.Shutdown(t.Context()); err != nil { // and so all has been logged
		t.Fatal(err)
	}
	got := map[any]any{}
	for _, line := range j.lines(t, "request") {
		got[line["path"]] = line["status"]
	}
	if diff := cmp.Diff(map[any]any{"/x/unavailable": 499.0, "/x/silent": 499.0, "/x/begun": 202.0}, got); diff != "" {
		t.Errorf("logged, -want +got\n%s", diff)
	}
	w := httptest.NewRecorder()
	s.metrics.handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if want := `muster_http_requests_total{method="GET",mount="test",status="499"} 2`; !strings.Contains(w.Body.String(), want) {
		t.Errorf("/metrics lacks %s", want)
	}
}

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
