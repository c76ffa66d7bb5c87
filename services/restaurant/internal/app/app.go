// Package app puts the restaurant service together.
package app

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"delivery.example/kit/env"
	"delivery.example/kit/service"
	"delivery.example/restaurant/internal/api"
	"delivery.example/restaurant/internal/recipes"
	"delivery.example/restaurant/internal/store"
)

// Run reads the configuration, and serves until ctx ends. Beside the common
// settings: RECIPES_URL and RECIPES_TIMEOUT say where costs come from,
// DEMO_DATA=true fills the repository with the demonstration's data.
func Run(ctx context.Context, getenv func(string) string, out io.Writer) error {
	r := env.New(getenv)
	settings := service.Read(r)
	demo := r.Bool("DEMO_DATA", false)
	from, timeout := r.URL("RECIPES_URL", "http://localhost:8082"), r.Duration("RECIPES_TIMEOUT", 2*time.Second, 10*time.Millisecond, 10*time.Second)
	if err := r.Err(); err != nil {
		return err
	}
	costs, err := recipes.New(from, timeout)
	if err != nil {
		return err
	}
	repository := store.NewMemory()
	if demo {
		if err := store.AddDemo(ctx, repository); err != nil {
			return err
		}
	}
	return service.Run(ctx, "restaurant", settings, out, func(mux *http.ServeMux, log *slog.Logger) error {
		return api.Routes(mux, log, repository, store.NewMemoryFeedback(), costs)
	})
}
