// Package app puts the restaurant service together.
package app

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"delivery.example/kit/cache"
	"delivery.example/kit/client"
	"delivery.example/kit/env"
	"delivery.example/kit/postgres"
	"delivery.example/kit/service"
	"delivery.example/restaurant/internal/api"
	"delivery.example/restaurant/internal/feedback"
	"delivery.example/restaurant/internal/menu"
	"delivery.example/restaurant/internal/recipes"
	"delivery.example/restaurant/internal/store"
	"delivery.example/restaurant/internal/store/migrations"
)

// Migrations are the changes of the service's schema.
var Migrations = service.Migrations{Schema: "restaurant", Files: migrations.Files}

// Run reads the configuration, and serves until ctx ends. Beside the common
// settings: the DB_ variables say where data is kept, RECIPES_URL and
// RECIPES_TIMEOUT where costs come from, REDIS_URL where these are kept for a
// while; DEMO_DATA=true adds the demonstration's data.
func Run(ctx context.Context, getenv func(string) string, out io.Writer) error {
	r := env.New(getenv)
	settings := service.Read(r)
	demo := r.Bool("DEMO_DATA", false)
	from, timeout := r.URL(
		"RECIPES_URL",
		"http://localhost:8082",
	), r.Duration(
		"RECIPES_TIMEOUT",
		2*time.Second,
		10*time.Millisecond,
		10*time.Second,
	)
	redis := cache.Read(r)
	var database postgres.Settings
	if !settings.Memory {
		database = postgres.Read(r)
	}
	if err := r.Err(); err != nil {
		return err
	}

	log := service.Logger("restaurant", out, settings.LogLevel)
	caller := client.New("recipes", timeout, log)
	costs, err := recipes.New(from, caller)
	if err != nil {
		return err
	}
	kept := cache.Open(redis, log)
	defer kept.Close()
	options := []service.Option{service.Collect(caller, kept)}
	var repository menu.Repository = store.NewMemory()
	var said feedback.Repository = store.NewMemoryFeedback()
	if !settings.Memory {
		pool, err := postgres.Open(ctx, database, Migrations.Schema, log)
		if err != nil {
			return err
		}
		defer pool.Close()
		repository = store.NewPostgres(pool)
		said = store.NewPostgresFeedback(pool)
		options = append(options, service.Database(pool, Migrations.Schema, Migrations.Files))
	}
	if demo {
		options = append(options, service.Prepare(func(ctx context.Context) error { return store.AddDemo(ctx, repository) }))
	}
	return service.Run(ctx, "restaurant", settings, out, func(mux *http.ServeMux, log *slog.Logger) error {
		return api.Routes(mux, log, repository, said, recipes.Cached(costs, kept))
	}, options...)
}
