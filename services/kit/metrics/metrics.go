// Package metrics counts a service's requests for Prometheus, in a registry of its own.
package metrics

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Unknown is the route of requests that no route takes, so that a scanner's paths
// do not become label values.
const Unknown = "unknown"

// Metrics is one service's registry. It is a web.Meter.
type Metrics struct {
	registry  *prometheus.Registry
	versioned prometheus.Registerer
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	inFlight  prometheus.Gauge
}

// New gives a registry with the process's figures and the requests'; all but the
// former have the label version: the git commit.
func New(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total", Help: "Requests that ended, but for probes.",
		}, []string{"method", "route", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_request_duration_seconds", Help: "Time from a request's start to its answer's end.",
			Buckets: []float64{.005, .01, .025, .05, .1, .2, .3, .5, 1, 2.5, 5, 10},
		}, []string{"method", "route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "http_requests_in_flight", Help: "Requests that have not ended yet, but for probes.",
		}),
	}
	m.versioned = prometheus.WrapRegistererWith(prometheus.Labels{"version": version}, m.registry)
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.versioned.MustRegister(m.requests, m.durations, m.inFlight)
	return m
}

// Add registers more figures; two of the same name are an error.
func (m *Metrics) Add(c ...prometheus.Collector) error {
	for _, one := range c {
		if err := m.versioned.Register(one); err != nil {
			return err
		}
	}
	return nil
}

// Begin implements web.Meter.
func (m *Metrics) Begin() { m.inFlight.Inc() }

// End implements web.Meter. pattern is the route's as net/http has it; a request
// that fell through to "/" is Unknown.
func (m *Metrics) End(method, pattern string, status int, seconds float64) {
	m.inFlight.Dec()
	route := Unknown
	if at := strings.IndexByte(pattern, '/'); at >= 0 && pattern[at:] != "/" {
		route = pattern[at:]
	}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	m.durations.WithLabelValues(method, route).Observe(seconds)
}

// Handler answers Prometheus.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return mux
}
