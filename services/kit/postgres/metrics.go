package postgres

import (
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
)

// Collector gives the pool's figures to Prometheus.
func Collector(pool *pgxpool.Pool) prometheus.Collector { return collector{pool} }

type collector struct{ pool *pgxpool.Pool }

var (
	connections = prometheus.NewDesc("db_pool_connections", "Connections of the pool by state.", []string{"state"}, nil)
	limit       = prometheus.NewDesc("db_pool_connections_max", "The most connections that the pool may have.", nil, nil)
	acquired    = prometheus.NewDesc("db_pool_acquires_total", "Connections taken from the pool.", nil, nil)
	waited      = prometheus.NewDesc("db_pool_empty_acquires_total", "Connections that had to be waited for.", nil, nil)
	cancelled   = prometheus.NewDesc("db_pool_canceled_acquires_total", "Waits for a connection that were given up.", nil, nil)
	waiting     = prometheus.NewDesc("db_pool_acquire_seconds_total", "Time spent waiting for connections.", nil, nil)
)

func (c collector) Describe(to chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, to) }

func (c collector) Collect(to chan<- prometheus.Metric) {
	s := c.pool.Stat()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v float64) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v)
	}
	gauge(connections, float64(s.AcquiredConns()), "used")
	gauge(connections, float64(s.IdleConns()), "idle")
	gauge(connections, float64(s.ConstructingConns()), "starting")
	gauge(limit, float64(s.MaxConns()))
	counter(acquired, float64(s.AcquireCount()))
	counter(waited, float64(s.EmptyAcquireCount()))
	counter(cancelled, float64(s.CanceledAcquireCount()))
	counter(waiting, s.AcquireDuration().Seconds())
}
