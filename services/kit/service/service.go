// Package service is the common life of a service's process: settings from the
// environment, listen, serve until SIGTERM, drain; or migrate and end.
package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"delivery.example/kit/env"
	"delivery.example/kit/faults"
	"delivery.example/kit/faults/flaws"
	"delivery.example/kit/metrics"
	"delivery.example/kit/postgres"
	"delivery.example/kit/web"
)

// Settings are the variables that every service has.
type Settings struct {
	AppMode        string     // APP_MODE: development, qa, stage or production
	AppURL         string     // APP_URL: the product's public address
	Address        string     // ADDRESS: where to listen, ":8080" unless set
	MetricsAddress string     // METRICS_ADDRESS: for Prometheus and profilers, ":9090" unless set; "" (METRICS_ADDRESS=off): nowhere
	LogLevel       slog.Level // LOG_LEVEL: what is logged at least: debug, info, warn or error; info unless set
	VersionDir     string     // VERSION_DIR: where version.json lies; beside the binary unless set
	Memory         bool       // STORE=memory instead of postgres: data ends with the process; not in production
	Life           web.Life
	Faults         faults.Settings
}

// Read reads the common settings; faults are collected in r.
func Read(r *env.Reader) Settings {
	s := Settings{
		AppMode:        r.OneOf("APP_MODE", "development", "development", "qa", "stage", "production"),
		AppURL:         r.URL("APP_URL", "http://localhost:5173"),
		Address:        r.String("ADDRESS", ":8080"),
		MetricsAddress: r.String("METRICS_ADDRESS", ":9090"),
		LogLevel:       readLevel(r),
		VersionDir:     r.String("VERSION_DIR", ""),
		Memory:         r.OneOf("STORE", "postgres", "postgres", "memory") == "memory",
		Life: web.Life{
			DrainDelay: r.Duration("DRAIN_DELAY", 5*time.Second, 0, 60*time.Second),
			Deadline:   r.Duration("DRAIN_DEADLINE", 15*time.Second, time.Second, 120*time.Second),
		},
	}
	if s.MetricsAddress == "off" {
		s.MetricsAddress = ""
	}
	if s.Memory && s.AppMode == "production" {
		r.Fault("STORE", "memory is refused in production")
	}
	s.Faults = faults.Read(r, s.AppMode)
	return s
}

// readLevel reads LOG_LEVEL.
func readLevel(r *env.Reader) slog.Level {
	var level slog.Level
	level.UnmarshalText([]byte(r.OneOf("LOG_LEVEL", "info", "debug", "info", "warn", "error"))) // knows these four
	return level
}

// Logger gives the log of the service called name: JSON lines of at least a level
// to out that carry the name. Run makes the same; this is for what a service opens before.
func Logger(name string, out io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level})).With("service", name)
}

// Option adds to what Run does.
type Option func(*run)

type run struct {
	conditions []func(context.Context, *slog.Logger) error
	collectors []prometheus.Collector
	pool       *pgxpool.Pool
}

// ReadyWhen holds /readyz off until condition returns; its error ends the
// service. It should heed its context and wait as long as there is hope.
func ReadyWhen(condition func(context.Context) error) Option {
	return func(r *run) {
		r.conditions = append(r.conditions, func(ctx context.Context, _ *slog.Logger) error { return condition(ctx) })
	}
}

// Prepare is ReadyWhen for work on the database: f is called again while the database is away.
func Prepare(f func(context.Context) error) Option {
	return ReadyWhen(func(ctx context.Context) error {
		for {
			err := f(ctx)
			if !postgres.Unavailable(err) {
				return err
			}
			select {
			case <-ctx.Done():
				return err
			case <-time.After(time.Second):
			}
		}
	})
}

// Collect shows the figures of a cache, a client or others to Prometheus.
func Collect(c ...prometheus.Collector) Option {
	return func(r *run) { r.collectors = append(r.collectors, c...) }
}

// Database is ReadyWhen the schema has the expand migrations in files, and
// Collect for the pool. The pool stays the caller's to close.
func Database(pool *pgxpool.Pool, schema string, files fs.FS) Option {
	return func(r *run) {
		r.pool = pool
		r.conditions = append(r.conditions, func(ctx context.Context, log *slog.Logger) error {
			return postgres.WaitForSchema(
				ctx,
				pool,
				schema,
				files,
				func(reason string) { log.Warn("waiting for the schema", "reason", reason) },
			)
		})
		r.collectors = append(r.collectors, postgres.Collector(pool))
	}
}

// Run listens on the address of s and serves what routes adds to the mux, with
// health, version and metrics, until ctx ends and the drain is done. The log goes
// to out as JSON lines that carry the service's name.
func Run(
	ctx context.Context,
	name string,
	s Settings,
	out io.Writer,
	routes func(*http.ServeMux, *slog.Logger) error,
	options ...Option,
) error {
	var with run
	for _, option := range options {
		option(&with)
	}
	log := Logger(name, out, s.LogLevel)
	version := web.ReadVersion(s.VersionDir, s.AppMode)
	log.Info("starting", "sha", version.SHA, "app_mode", s.AppMode)
	figures := metrics.New(version.SHA)
	if err := figures.Add(with.collectors...); err != nil {
		return err
	}
	stop, err := serveMetrics(ctx, s.MetricsAddress, inside(figures.Handler()), log)
	if err != nil {
		return err
	}
	defer stop() // after the drain, so that its figures are seen
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", s.Address)
	if err != nil {
		return err
	}
	mux, health := http.NewServeMux(), &web.Health{}
	health.Routes(mux, version)
	flaws.Routes(mux, s.Faults.Flaws, with.pool)
	if err := routes(mux, log); err != nil {
		listener.Close()
		return err
	}
	s.Faults.Start(ctx, log, os.Exit)
	handler := flaws.Wrap(web.Observe(log, s.Faults.Middleware(mux), figures), s.Faults.Flaws)
	return web.Serve(ctx, listener, handler, health, s.Life, log, func(ctx context.Context) error {
		for _, condition := range with.conditions {
			if err := condition(ctx, log); err != nil {
				return err
			}
		}
		return nil
	})
}

// inside answers what is for the operators: figures, and profiles of the running process.
func inside(figures http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", figures)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index) // also heap, goroutine and the other profiles by name
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	return mux
}

// serveMetrics answers on a port that the product's users do not reach, until stop
// is called.
func serveMetrics(
	ctx context.Context,
	address string,
	handler http.Handler,
	log *slog.Logger,
) (stop func(), err error) {
	if address == "" {
		return func() {}, nil
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("METRICS_ADDRESS: %w", err)
	}
	server := &http.Server{
		Handler:      handler,
		ReadTimeout:  5 * time.Second,
		WriteTimeout: 10 * time.Second,
		ErrorLog:     slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics: " + err.Error())
		}
	}()
	log.Info("metrics", "metrics_address", listener.Addr().String())
	return func() { server.Close() }, nil
}
