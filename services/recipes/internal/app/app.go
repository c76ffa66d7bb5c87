// Package app puts the recipes service together.
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
	"delivery.example/recipes/internal/api"
	"delivery.example/recipes/internal/cook"
	"delivery.example/recipes/internal/store"
	"delivery.example/recipes/internal/store/migrations"
	"delivery.example/recipes/internal/suppliers"
)

// Migrations are the changes of the service's schema.
var Migrations = service.Migrations{Schema: "recipes", Files: migrations.Files}

// Run reads the configuration, and serves until ctx ends. Beside the common
// settings: the DB_ variables say where data is kept, SUPPLIERS_URL and
// SUPPLIERS_TIMEOUT where prices come from, REDIS_URL where these are kept for a
// while; DEMO_DATA=true adds the demonstration's data.
func Run(ctx context.Context, getenv func(string) string, out io.Writer) error {
	r := env.New(getenv)
	settings := service.Read(r)
	demo := r.Bool("DEMO_DATA", false)
	from, timeout := r.URL(
		"SUPPLIERS_URL",
		"http://localhost:8083",
	), r.Duration(
		"SUPPLIERS_TIMEOUT",
		time.Second,
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

	log := service.Logger("recipes", out, settings.LogLevel)
	caller := client.New("suppliers", timeout, log)
	prices, err := suppliers.New(from, caller)
	if err != nil {
		return err
	}
	kept := cache.Open(redis, log)
	defer kept.Close()
	options := []service.Option{service.Collect(caller, kept)}
	var repository cook.Repository = store.NewMemory()
	if !settings.Memory {
		pool, err := postgres.Open(ctx, database, Migrations.Schema, log)
		if err != nil {
			return err
		}
		defer pool.Close()
		repository = store.NewPostgres(pool)
		options = append(options, service.Database(pool, Migrations.Schema, Migrations.Files))
	}
	if demo {
		options = append(options, service.Prepare(func(ctx context.Context) error { return store.AddDemo(ctx, repository) }))
	}
	return service.Run(ctx, "recipes", settings, out, func(mux *http.ServeMux, log *slog.Logger) error {
		return api.Routes(mux, log, repository, suppliers.Cached(prices, kept))
	}, options...)
}
