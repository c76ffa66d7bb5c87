// Package app puts the recipes service together.
package app

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"delivery.example/kit/env"
	"delivery.example/kit/service"
	"delivery.example/recipes/internal/api"
	"delivery.example/recipes/internal/store"
	"delivery.example/recipes/internal/suppliers"
)

// Run reads the configuration, and serves until ctx ends. Beside the common
// settings: SUPPLIERS_URL and SUPPLIERS_TIMEOUT say where prices come from,
// DEMO_DATA=true fills the repository with the demonstration's data.
func Run(ctx context.Context, getenv func(string) string, out io.Writer) error {
	r := env.New(getenv)
	settings := service.Read(r)
	demo := r.Bool("DEMO_DATA", false)
	from, timeout := r.URL("SUPPLIERS_URL", "http://localhost:8083"), r.Duration("SUPPLIERS_TIMEOUT", time.Second, 10*time.Millisecond, 10*time.Second)
	if err := r.Err(); err != nil {
		return err
	}
	prices, err := suppliers.New(from, timeout)
	if err != nil {
		return err
	}
	repository := store.NewMemory()
	if demo {
		if err := store.AddDemo(ctx, repository); err != nil {
			return err
		}
	}
	return service.Run(ctx, "recipes", settings, out, func(mux *http.ServeMux, log *slog.Logger) error {
		return api.Routes(mux, log, repository, prices)
	})
}
