package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"syscall"

	"delivery.example/kit/env"
	"delivery.example/kit/postgres"
)

// Migrations are what the subcommand migrate works with.
type Migrations struct {
	Schema string // also the service's name
	Files  fs.FS  // with the folders expand and contract
}

// Main runs a service's process and gives its exit code. Without arguments it
// serves by run until SIGTERM or SIGINT; with "migrate expand", "migrate
// contract" or "migrate status" it does that to the schema and ends. The code is
// 0 after a clean end, 1 with the error on standard error, 2 for other arguments.
func Main(
	run func(ctx context.Context, getenv func(string) string, out io.Writer) error,
	migrations ...Migrations,
) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	return command(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr, run, migrations)
}

func command(
	ctx context.Context,
	arguments []string,
	getenv func(string) string,
	out, errs io.Writer,
	run func(context.Context, func(string) string, io.Writer) error,
	migrations []Migrations,
) int {
	var err error
	switch {
	case len(arguments) == 0:
		err = run(ctx, getenv, out)
	case len(arguments) == 2 && arguments[0] == "migrate" && len(migrations) > 0:
		err = migrate(ctx, arguments[1], getenv, out, migrations)
	default:
		err = errUsage
	}
	if err != nil {
		fmt.Fprintln(errs, err)
	}
	switch {
	case errors.Is(err, errUsage):
		return 2
	case err != nil:
		return 1
	}
	return 0
}

var errUsage = errors.New(
	"usage: without arguments it serves; migrate expand|contract|status changes or shows the schema",
)

// migrate does a step to the schemas, with the DB_ variables of their owner. The
// log goes to out; status prints a JSON line a file instead.
func migrate(
	ctx context.Context,
	step string,
	getenv func(string) string,
	out io.Writer,
	migrations []Migrations,
) error {
	if step != postgres.Expand && step != postgres.Contract && step != "status" {
		return errUsage
	}
	r := env.New(getenv)
	settings, level := postgres.Read(r), readLevel(r)
	if err := r.Err(); err != nil {
		return err
	}
	for _, m := range migrations {
		if step == "status" {
			list, err := postgres.Status(ctx, settings, m.Schema, m.Files)
			if err != nil {
				return err
			}
			for _, one := range list {
				json.NewEncoder(out).Encode(one)
			}
			continue
		}
		log := Logger(m.Schema, out, level)
		applied, err := postgres.Migrate(ctx, settings, m.Schema, step, m.Files, log)
		if err != nil {
			return err
		}
		log.Info("migration done", "step", step, "applied", len(applied))
	}
	return nil
}
