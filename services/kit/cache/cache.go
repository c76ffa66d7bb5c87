// Package cache keeps values of other services in Redis for a short time. Redis is
// a help, never a need: without it everything goes on, slower.
package cache

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/sony/gobreaker/v2"

	"delivery.example/kit/env"
	"delivery.example/kit/roots"
	"delivery.example/kit/web"
)

// MaxTTL bounds how long a value is kept. Two caches lie behind each other (costs
// are made of prices), so that what a caller sees is at most 30 s old.
const MaxTTL = 15 * time.Second

const (
	timeout  = 100 * time.Millisecond // one round trip to Redis, and making a connection
	failures = 3                      // in a row, after which Redis counts as gone
	pause    = time.Second            // between two tries to reach it again
)

// Cache is a connection to Redis, or to nothing.
type Cache struct {
	redis   *redis.Client // nil: never has anything
	breaker *gobreaker.CircuitBreaker[[]any]
	asked   *prometheus.CounterVec
}

// Settings say where Redis is.
type Settings struct {
	URL      string         // REDIS_URL: redis://… or, over TLS, rediss://…; no cache when unset
	Password string         // REDIS_PASSWORD or the content of the file REDIS_PASSWORD_FILE
	Roots    *x509.CertPool // the authorities of its certificate, as package roots reads them
}

// Read reads the REDIS_ variables; faults are collected in r.
func Read(r *env.Reader) Settings {
	s := Settings{URL: r.String("REDIS_URL", ""), Password: r.Secret("REDIS_PASSWORD"), Roots: roots.Read(r)}
	if s.URL == "" {
		return s
	}
	options, err := redis.ParseURL(s.URL)
	switch {
	case err != nil:
		r.Fault("REDIS_URL", "is not an address such as redis://host:6379/0") // it may hold a password
		return Settings{}
	case options.Password != "" && s.Password != "":
		r.Fault("REDIS_URL", "holds a password, and REDIS_PASSWORD is set: one of the two")
		return Settings{}
	}
	return s
}

// Open gives the cache in a Redis, without connecting yet. Without an address, or with
// one that Read would refuse, it never has anything.
func Open(s Settings, log *slog.Logger) *Cache {
	c := &Cache{asked: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "cache_requests_total", Help: "Values asked for, by what came of it.",
	}, []string{"cache", "result"})}
	if s.URL == "" {
		return c
	}
	options, err := redis.ParseURL(s.URL)
	if err != nil {
		log.Error("cache: the address cannot be used; going on without")
		return c
	}
	if s.Password != "" {
		options.Password = s.Password
	}
	if options.TLSConfig != nil {
		options.TLSConfig.RootCAs = s.Roots
	}
	logging.Disable() // the breaker below tells of an outage, once
	options.Protocol = 2
	options.DisableIdentity = true
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout, options.PoolTimeout = timeout, timeout, timeout, timeout
	options.ContextTimeoutEnabled = true
	options.MaxRetries, options.DialerRetries = -1, 1
	options.PoolSize, options.PipelinePoolSize = 10, -1
	options.ReadBufferSize, options.WriteBufferSize = 8<<10, 8<<10
	c.redis = redis.NewClient(options)
	c.breaker = gobreaker.NewCircuitBreaker[[]any](gobreaker.Settings{
		Name:        "redis",
		MaxRequests: 1,
		Timeout:     pause,
		ReadyToTrip: func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= failures },
		IsExcluded:  func(err error) bool { return errors.Is(err, context.Canceled) },
		OnStateChange: func(_ string, from, to gobreaker.State) {
			switch {
			case from == gobreaker.StateClosed && to == gobreaker.StateOpen:
				log.Warn("cache: Redis does not answer; going on without")
			case to == gobreaker.StateClosed:
				log.Info("cache: Redis answers again")
			}
		},
	})
	return c
}

// Close ends the connections.
func (c *Cache) Close() error {
	if c.redis == nil {
		return nil
	}
	return c.redis.Close()
}

// Describe implements prometheus.Collector.
func (c *Cache) Describe(to chan<- *prometheus.Desc) { c.asked.Describe(to) }

// Collect implements prometheus.Collector.
func (c *Cache) Collect(to chan<- prometheus.Metric) { c.asked.Collect(to) }

// Bypass tells whether the request that ctx belongs to wants fresh values only.
func Bypass(ctx context.Context) bool { return web.Bypass(ctx) }

// WithBypass gives ctx for work that wants fresh values only.
func WithBypass(ctx context.Context) context.Context { return web.WithBypass(ctx) }

// Through gives the values of ids: from the cache under prefix, the others from
// load, whose values are then kept for ttl (MaxTTL at most). What load leaves out
// of its map is unknown, is left out here too, and is asked again the next time.
// With Bypass everything is loaded and kept anew. An error of load is given
// together with what the cache had. T must survive JSON; prefix must change when
// T does, because the previous release may share the cache.
func Through[T any](
	ctx context.Context,
	c *Cache,
	prefix string,
	ids []string,
	ttl time.Duration,
	load func(ctx context.Context, missing []string) (map[string]T, error),
) (map[string]T, error) {
	found := map[string]T{}
	missing := ids
	if Bypass(ctx) {
		c.count(prefix, "bypass", len(ids))
	} else {
		missing = read(ctx, c, prefix, ids, found)
		c.count(prefix, "hit", len(ids)-len(missing))
		c.count(prefix, "miss", len(missing))
	}
	if len(missing) == 0 {
		return found, nil
	}
	start := time.Now()
	loaded, err := load(ctx, missing)
	if err != nil {
		return found, err
	}
	write(ctx, c, prefix, loaded, min(ttl, MaxTTL)-time.Since(start))
	for id, value := range loaded {
		found[id] = value
	}
	return found, nil
}

func (c *Cache) count(prefix, result string, n int) {
	if n > 0 && c.redis != nil {
		c.asked.WithLabelValues(prefix, result).Add(float64(n))
	}
}

// read puts what the cache has into found and gives the identifiers that it does not have.
func read[T any](ctx context.Context, c *Cache, prefix string, ids []string, found map[string]T) []string {
	if c.redis == nil || len(ids) == 0 {
		return ids
	}
	keys := make([]string, len(ids))
	for n, id := range ids {
		keys[n] = prefix + ":" + id
	}
	values, err := c.breaker.Execute(func() ([]any, error) { return c.redis.MGet(ctx, keys...).Result() })
	if err != nil {
		return ids
	}
	var missing []string
	for n, id := range ids {
		var value T
		text, ok := values[n].(string)
		if !ok || json.Unmarshal([]byte(text), &value) != nil {
			missing = append(missing, id)
			continue
		}
		found[id] = value
	}
	return missing
}

// write keeps values for ttl, if the cache can.
func write[T any](ctx context.Context, c *Cache, prefix string, values map[string]T, ttl time.Duration) {
	if c.redis == nil || len(values) == 0 || ttl < time.Millisecond {
		return
	}
	c.breaker.Execute(func() ([]any, error) { // a value that is not kept is loaded again
		_, err := c.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
			for id, value := range values {
				text, err := json.Marshal(value)
				if err != nil {
					return err
				}
				p.Set(ctx, prefix+":"+id, text, ttl)
			}
			return nil
		})
		return nil, err
	})
}
