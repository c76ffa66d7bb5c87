package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Life bounds the end of a server. The sum must stay below the pod's
// termination grace period.
type Life struct {
	DrainDelay time.Duration // how long to serve on after /readyz went off, until the load balancer noticed
	Deadline   time.Duration // how long open requests may take after that
}

// Serve answers requests on listener until ctx ends; then it turns /readyz off,
// serves on for DrainDelay, stops accepting, and waits for open requests until
// the deadline. It gives nil after a clean end, and an error when requests had
// to be cut off or the listener failed.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, health *Health, life Life, log *slog.Logger) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	health.SetReady(true)
	log.Info("ready", "address", listener.Addr().String())
	select {
	case err := <-failed:
		health.SetReady(false)
		return fmt.Errorf("serve %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	health.SetReady(false)
	log.Info("draining", "delay_seconds", life.DrainDelay.Seconds())
	select {
	case err := <-failed:
		return fmt.Errorf("serve %s: %w", listener.Addr(), err)
	case <-time.After(life.DrainDelay):
	}
	end, cancel := context.WithTimeout(context.Background(), life.Deadline)
	defer cancel()
	err := server.Shutdown(end)
	if errors.Is(err, context.DeadlineExceeded) {
		server.Close()
		return fmt.Errorf("requests were still open %s after the drain and were cut off", life.Deadline)
	}
	log.Info("stopped")
	return err
}
