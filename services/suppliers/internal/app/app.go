// Package app puts the suppliers service together.
package app

import (
	"context"
	"io"
	"log/slog"
	"net/http"

	"delivery.example/kit/env"
	"delivery.example/kit/postgres"
	"delivery.example/kit/service"
	"delivery.example/suppliers/internal/api"
	"delivery.example/suppliers/internal/store"
	"delivery.example/suppliers/internal/store/migrations"
	"delivery.example/suppliers/internal/supply"
)

// Migrations are the changes of the service's schema.
var Migrations = service.Migrations{Schema: "suppliers", Files: migrations.Files}

// Run reads the configuration, and serves until ctx ends. Beside the common
// settings: the DB_ variables say where data is kept, DEMO_DATA=true adds the
// demonstration's data.
func Run(ctx context.Context, getenv func(string) string, out io.Writer) error {
	r := env.New(getenv)
	settings := service.Read(r)
	demo := r.Bool("DEMO_DATA", false)
	var database postgres.Settings
	if !settings.Memory {
		database = postgres.Read(r)
	}
	if err := r.Err(); err != nil {
		return err
	}

	log := service.Logger("suppliers", out, settings.LogLevel)
	var options []service.Option
	var repository supply.Repository = store.NewMemory()
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
	return service.Run(ctx, "suppliers", settings, out, func(mux *http.ServeMux, log *slog.Logger) error {
		return api.Routes(mux, log, repository)
	}, options...)
}
