// Package service is the common life of a service's process: settings from the
// environment, listen, serve until SIGTERM, drain.
package service

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"delivery.example/kit/env"
	"delivery.example/kit/web"
)

// Settings are the variables that every service has.
type Settings struct {
	AppMode    string // APP_MODE: development, qa, stage or production
	AppURL     string // APP_URL: the product's public address
	Address    string // ADDRESS: where to listen, ":8080" unless set
	VersionDir string // VERSION_DIR: where version.json lies; beside the binary unless set
	Life       web.Life
}

// Read reads the common settings; faults are collected in r.
func Read(r *env.Reader) Settings {
	return Settings{
		AppMode:    r.OneOf("APP_MODE", "development", "development", "qa", "stage", "production"),
		AppURL:     r.URL("APP_URL", "http://localhost:5173"),
		Address:    r.String("ADDRESS", ":8080"),
		VersionDir: r.String("VERSION_DIR", ""),
		Life: web.Life{
			DrainDelay: r.Duration("DRAIN_DELAY", 5*time.Second, 0, 60*time.Second),
			Deadline:   r.Duration("DRAIN_DEADLINE", 15*time.Second, time.Second, 120*time.Second),
		},
	}
}

// Run listens on the address of s and serves what routes adds to the mux, with
// health and version, until ctx ends and the drain is done. The log goes to out
// as JSON lines that carry the service's name.
func Run(ctx context.Context, name string, s Settings, out io.Writer, routes func(*http.ServeMux, *slog.Logger) error) error {
	log := slog.New(slog.NewJSONHandler(out, nil)).With("service", name)
	version := web.ReadVersion(s.VersionDir, s.AppMode)
	log.Info("starting", "sha", version.SHA, "app_mode", s.AppMode)
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", s.Address)
	if err != nil {
		return err
	}
	mux, health := http.NewServeMux(), &web.Health{}
	health.Routes(mux, version)
	if err := routes(mux, log); err != nil {
		listener.Close()
		return err
	}
	return web.Serve(ctx, listener, web.Observe(log, mux), health, s.Life, log)
}

// Main runs a service until SIGTERM or SIGINT and gives the exit code: 0 after a
// clean end, 1 with the error on standard error.
func Main(run func(ctx context.Context, getenv func(string) string, out io.Writer) error) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, os.Getenv, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
