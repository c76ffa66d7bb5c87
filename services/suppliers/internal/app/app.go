// Package app puts the suppliers service together.
package app

import (
	"context"
	"io"
	"log/slog"
	"net/http"

	"delivery.example/kit/env"
	"delivery.example/kit/service"
	"delivery.example/suppliers/internal/api"
	"delivery.example/suppliers/internal/store"
)

// Run reads the configuration, and serves until ctx ends. Beside the common
// settings: DEMO_DATA=true fills the repository with the demonstration's data.
func Run(ctx context.Context, getenv func(string) string, out io.Writer) error {
	r := env.New(getenv)
	settings := service.Read(r)
	demo := r.Bool("DEMO_DATA", false)
	if err := r.Err(); err != nil {
		return err
	}
	repository := store.NewMemory()
	if demo {
		if err := store.AddDemo(ctx, repository); err != nil {
			return err
		}
	}
	return service.Run(ctx, "suppliers", settings, out, func(mux *http.ServeMux, log *slog.Logger) error {
		return api.Routes(mux, log, repository)
	})
}
