package metrics_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"delivery.example/kit/metrics"
)

func show(m *metrics.Metrics) string {
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func TestRequestsAreCountedByRouteAndVersion(t *testing.T) {
	m := metrics.New("0123abc")
	m.Begin()
	m.Begin()
	m.End("GET", "GET /menus/{id}", 200, 0.02)
	m.Begin()
	m.End("GET", "/", 404, 0.001)
	m.Begin()
	m.End("BREW", "", 405, 0.001)
	got := show(m)
	for _, want := range []string{
		`http_requests_total{method="GET",route="/menus/{id}",status="200",version="0123abc"} 1`,
		`http_requests_total{method="GET",route="unknown",status="404",version="0123abc"} 1`,
		`http_requests_total{method="other",route="unknown",status="405",version="0123abc"} 1`,
		`http_request_duration_seconds_bucket{method="GET",route="/menus/{id}",version="0123abc",le="0.025"} 1`,
		`http_request_duration_seconds_bucket{method="GET",route="/menus/{id}",version="0123abc",le="0.01"} 0`,
		`http_requests_in_flight{version="0123abc"} 1`,
		"go_goroutines ", "process_resident_memory_bytes ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in\n%s", want, got)
		}
	}
}

func TestAdd(t *testing.T) {
	m := metrics.New("0123abc")
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: "soups_total", Help: "Soups."})
	if err := m.Add(c); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(show(m), `soups_total{version="0123abc"} 0`) {
		t.Errorf("%s", show(m))
	}
	if m.Add(c) == nil {
		t.Error("the same again: an error was expected")
	}
}
