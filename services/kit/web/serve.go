package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Life bounds the end of a server. The sum must stay below the pod's
// termination grace period.
type Life struct {
	DrainDelay time.Duration // how long to serve on after /readyz went off, until the load balancer noticed
	Deadline   time.Duration // how long open requests may take after that
}

// Serve answers requests on listener until ctx ends. /readyz goes on when every
// one of conditions has returned; one that fails before ctx ends, ends Serve with
// its error. At the end of ctx /readyz goes off, requests are served on for
// DrainDelay (each answer then closes its connection, so that no client sends on
// one that is about to go), accepting stops, and open requests have until the
// deadline. It gives nil after a clean end, and an error when requests had to be
// cut off or the listener failed.
func Serve(
	ctx context.Context,
	listener net.Listener,
	handler http.Handler,
	health *Health,
	life Life,
	log *slog.Logger,
	conditions ...func(context.Context) error,
) error {
	var draining atomic.Bool
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if draining.Load() {
				w.Header().Set("Connection", "close")
			}
			handler.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 2)
	go func() { failed <- fmt.Errorf("serve %s: %w", listener.Addr(), server.Serve(listener)) }()
	waiting, stopWaiting := context.WithCancel(ctx)
	waited := make(chan struct{})
	go func() {
		defer close(waited)
		for _, condition := range conditions {
			if err := condition(waiting); err != nil {
				if waiting.Err() == nil {
					failed <- fmt.Errorf("getting ready: %w", err)
				}
				return
			}
		}
		health.SetReady(true)
		log.Info("ready", "address", listener.Addr().String())
	}()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	stopWaiting()
	<-waited // it cannot turn /readyz on any more
	health.SetReady(false)
	if err != nil {
		server.Close()
		return err
	}
	draining.Store(true)
	log.Info("draining", "delay_seconds", life.DrainDelay.Seconds())
	select {
	case err := <-failed:
		return err
	case <-time.After(life.DrainDelay):
	}
	end, cancel := context.WithTimeout(context.Background(), life.Deadline)
	defer cancel()
	err = server.Shutdown(end)
	if errors.Is(err, context.DeadlineExceeded) {
		server.Close()
		return fmt.Errorf("requests were still open %s after the drain and were cut off", life.Deadline)
	}
	log.Info("stopped")
	return err
}
