// Package client calls other services: bounded in time, tried again where that is
// safe, and given up at once while the other side is known to be down.
package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/sony/gobreaker/v2"

	"delivery.example/kit/trace"
	"delivery.example/kit/web"
)

const (
	tries    = 3               // of one call, the first included
	failures = 5               // tries in a row, after which the other side counts as down
	pause    = 2 * time.Second // until one call may find out whether it is back
)

// ErrDown is the error of a call that was not made, because those before it failed.
var ErrDown = errors.New("is down; not asked")

// Client calls one other service. It is what generated clients take as their HTTP client.
type Client struct {
	name    string
	timeout time.Duration
	http    *http.Client
	breaker *gobreaker.CircuitBreaker[*http.Response]
	calls   *prometheus.CounterVec
	state   prometheus.GaugeFunc
}

// New gives a client of the service called name, which stands in errors, log and
// figures. A whole call, tries and pauses included, ends within timeout.
func New(name string, timeout time.Duration, log *slog.Logger) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = (&net.Dialer{Timeout: time.Second, KeepAlive: 15 * time.Second}).DialContext
	transport.MaxIdleConnsPerHost = 20
	transport.IdleConnTimeout = 30 * time.Second // below the server's 60 s, so that this side closes first
	c := &Client{
		name:    name,
		timeout: timeout,
		http: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "client_requests_total", Help: "Tries to call another service: answered, failed, or refused by the breaker.",
			ConstLabels: prometheus.Labels{"target": name},
		}, []string{"result"}),
	}
	c.breaker = gobreaker.NewCircuitBreaker[*http.Response](gobreaker.Settings{
		Name:        name,
		MaxRequests: 1,
		Timeout:     pause,
		ReadyToTrip: func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= failures },
		IsExcluded:  func(err error) bool { return errors.Is(err, context.Canceled) },
		OnStateChange: func(_ string, from, to gobreaker.State) {
			switch {
			case from == gobreaker.StateClosed && to == gobreaker.StateOpen:
				log.Warn("breaker opened: " + name + " is not asked for now")
			case to == gobreaker.StateClosed:
				log.Info("breaker closed: " + name + " answers again")
			}
		},
	})
	c.state = prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "circuit_breaker_state", Help: "0 closed: calls are made; 1 half open: one is tried; 2 open: none is made.",
		ConstLabels: prometheus.Labels{"target": name},
	}, func() float64 { return float64(c.breaker.State()) })
	return c
}

// Describe implements prometheus.Collector.
func (c *Client) Describe(to chan<- *prometheus.Desc) { c.calls.Describe(to); c.state.Describe(to) }

// Collect implements prometheus.Collector.
func (c *Client) Collect(to chan<- prometheus.Metric) { c.calls.Collect(to); c.state.Collect(to) }

// Do makes the call and gives its answer with the whole body read, web.BodyLimit
// at most. The context's request id, trace and wish for fresh values go with it.
// A call that may be repeated (by its method, or its Idempotency-Key) is tried
// again after a lost connection, 502, 503 or 504; when these persist, their
// answer is given like any other. It implements what generated clients want.
func (c *Client) Do(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), c.timeout)
	defer cancel()
	r = r.Clone(ctx)
	if requestID := web.RequestID(ctx); requestID != "" {
		r.Header.Set(web.RequestIDHeader, requestID)
	}
	trace.Pass(ctx, r.Header)
	if web.Bypass(ctx) {
		r.Header.Set("Cache-Control", "no-cache")
	}
	most := uint(1)
	if repeatable(r) {
		most = tries
	}
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval = 40*time.Millisecond, 400*time.Millisecond
	answer, err := backoff.Retry(ctx, func() (*http.Response, error) { return c.try(r) },
		backoff.WithBackOff(pauses), backoff.WithMaxTries(most), backoff.WithMaxElapsedTime(c.timeout))
	var refused *refusal
	if errors.As(err, &refused) {
		return refused.answer, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	return answer, nil
}

// refusal is an answer that says the other side cannot work now.
type refusal struct{ answer *http.Response }

func (r *refusal) Error() string { return r.answer.Status }

// try makes the call once, if the breaker lets it.
func (c *Client) try(r *http.Request) (*http.Response, error) {
	if r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return nil, backoff.Permanent(err)
		}
		r.Body = body
	}
	answer, err := c.breaker.Execute(func() (*http.Response, error) {
		answer, err := c.http.Do(r)
		if err != nil {
			return nil, err
		}
		defer answer.Body.Close()
		b, err := io.ReadAll(http.MaxBytesReader(nil, answer.Body, web.BodyLimit))
		if err != nil {
			return nil, err
		}
		answer.Body = io.NopCloser(bytes.NewReader(b))
		switch answer.StatusCode {
		case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return nil, &refusal{answer}
		}
		return answer, nil
	})
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		c.calls.WithLabelValues("answered").Inc()
	case errors.Is(err, gobreaker.ErrOpenState), errors.Is(err, gobreaker.ErrTooManyRequests):
		c.calls.WithLabelValues("refused").Inc()
		return nil, backoff.Permanent(ErrDown)
	case errors.As(err, &tooLarge):
		c.calls.WithLabelValues("failed").Inc()
		return nil, backoff.Permanent(err)
	default:
		c.calls.WithLabelValues("failed").Inc()
	}
	return answer, err
}

// repeatable tells whether making the call twice does what making it once does.
func repeatable(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
	default:
		if r.Header.Get("Idempotency-Key") == "" {
			return false
		}
	}
	return r.Body == nil || r.Body == http.NoBody || r.GetBody != nil
}
