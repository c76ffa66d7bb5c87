package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"log/slog"
	"path"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// The two steps of a change. Expand comes before the new release and keeps the
// old one working; contract comes after it and takes away what nobody uses.
const (
	Expand   = "expand"
	Contract = "contract"
)

// lockWait is how long a migration waits for a lock on a table: longer, and the
// requests that queue up behind it would suffer.
const lockWait = "5000" // milliseconds

// Migration is one file of a step.
type Migration struct {
	Step    string     `json:"step"`
	Version int64      `json:"version"`
	File    string     `json:"file"`
	Applied *time.Time `json:"applied"` // null: pending
}

// table is a step's version table, in the service's schema.
func table(step string) string { return "migration_" + step }

// Migrate applies the files of a step's folder that the schema does not have yet,
// in order, each in a transaction, and gives what it applied. s names the schema's
// owner. Of several at once one works and the others wait. There is no way back:
// roll forward. Contract is refused while files of expand are pending.
func Migrate(ctx context.Context, s Settings, schema, step string, files fs.FS, log *slog.Logger) ([]Migration, error) {
	if step != Expand && step != Contract {
		return nil, fmt.Errorf("migrate: %q is neither %s nor %s", step, Expand, Contract)
	}
	db, err := s.owner(schema)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if err := awaitServer(ctx, db, s.Wait, log); err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	if step == Contract {
		list, err := status(ctx, db, schema, Expand, files)
		if err != nil {
			return nil, fmt.Errorf("migrate: contract: %w", err)
		}
		for _, m := range list {
			if m.Applied == nil {
				return nil, fmt.Errorf("migrate: contract is refused: %s of expand is pending", m.File)
			}
		}
	}
	p, err := provider(db, schema, step, files)
	if p == nil || err != nil {
		return nil, err
	}
	applied := []Migration{}
	results, err := p.Up(ctx)
	var partial *goose.PartialError
	if errors.As(err, &partial) {
		results = partial.Applied
	}
	now := time.Now()
	for _, r := range results {
		applied = append(applied, Migration{step, r.Source.Version, path.Base(r.Source.Path), &now})
		log.Info(
			"migrated",
			"schema",
			schema,
			"step",
			step,
			"file",
			path.Base(r.Source.Path),
			"seconds",
			r.Duration.Seconds(),
		)
	}
	if err != nil {
		return applied, fmt.Errorf("migrate: %s: %w", step, err)
	}
	return applied, nil
}

// Status lists the files of both steps and when each was applied. s names the
// schema's owner. It changes nothing but that it makes the version tables.
func Status(ctx context.Context, s Settings, schema string, files fs.FS) ([]Migration, error) {
	db, err := s.owner(schema)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	expand, err := status(ctx, db, schema, Expand, files)
	if err != nil {
		return nil, err
	}
	contract, err := status(ctx, db, schema, Contract, files)
	return append(expand, contract...), err
}

func status(ctx context.Context, db *sql.DB, schema, step string, files fs.FS) ([]Migration, error) {
	p, err := provider(db, schema, step, files)
	if p == nil || err != nil {
		return nil, err
	}
	found, err := p.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrations: %s: %w", step, err)
	}
	list := []Migration{}
	for _, f := range found {
		m := Migration{Step: step, Version: f.Source.Version, File: path.Base(f.Source.Path)}
		if f.State == goose.StateApplied {
			m.Applied = &f.AppliedAt
		}
		list = append(list, m)
	}
	return list, nil
}

// owner opens the database for migrations: statements may take long, waiting for
// a lock may not.
func (s Settings) owner(schema string) (*sql.DB, error) {
	c, err := s.config(schema)
	if err != nil {
		return nil, err
	}
	c.ConnConfig.ConnectTimeout = 5 * time.Second
	c.ConnConfig.RuntimeParams["lock_timeout"] = lockWait
	return stdlib.OpenDB(*c.ConnConfig), nil
}

// awaitServer waits for at most limit until the server can be reached, and gives
// the last error then. What a server says about the caller (a wrong password, a
// database that is not there) ends the wait at once.
func awaitServer(ctx context.Context, db *sql.DB, limit time.Duration, log *slog.Logger) error {
	end := time.Now().Add(limit)
	for told := false; ; told = true {
		err := db.PingContext(ctx)
		var said *pgconn.PgError
		refused := errors.As(err, &said) && !strings.HasPrefix(said.Code, "53") && !strings.HasPrefix(said.Code, "57")
		if err == nil || refused || !Unavailable(err) || !time.Now().Before(end) {
			return err
		}
		if !told {
			log.Warn("waiting for the database", "reason", err.Error(), "seconds", limit.Seconds())
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// provider gives goose for a step, nil when the step has no files.
func provider(db *sql.DB, schema, step string, files fs.FS) (*goose.Provider, error) {
	folder, err := fs.Sub(files, step)
	if err != nil {
		return nil, err
	}
	h := fnv.New64a()
	h.Write([]byte("migrate " + schema))
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(int64(h.Sum64())), lock.WithLockTimeout(1, 300))
	if err != nil {
		return nil, err
	}
	p, err := goose.NewProvider(
		goose.DialectPostgres,
		db,
		folder,
		goose.WithTableName(
			table(step),
		),
		goose.WithSessionLocker(locker),
		goose.WithDisableGlobalRegistry(true),
		goose.WithLogger(goose.NopLogger()),
	)
	if errors.Is(err, goose.ErrNoMigrations) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("migrations: %s: %w", step, err)
	}
	return p, nil
}

// WaitForSchema waits until the schema has the last expand migration in files, or
// a later one that a newer release brought. It ends early only with ctx. Why it
// still waits, each time that the reason is another one, is given to told.
func WaitForSchema(
	ctx context.Context,
	pool *pgxpool.Pool,
	schema string,
	files fs.FS,
	told ...func(reason string),
) error {
	wanted, err := last(files)
	if err != nil || wanted == 0 {
		return err
	}
	query := "SELECT coalesce(max(version_id), 0) FROM " + pgx.Identifier{
		schema,
		table(Expand),
	}.Sanitize() + " WHERE is_applied"
	pause, before := 50*time.Millisecond, ""
	for {
		var version int64
		err := pool.QueryRow(ctx, query).Scan(&version)
		if err == nil && version >= wanted {
			return nil
		}
		reason := fmt.Sprintf("migration %d of expand is there, %d is needed", version, wanted)
		if err != nil {
			reason = err.Error()
		}
		if reason != before && ctx.Err() == nil {
			for _, tell := range told {
				tell(reason)
			}
		}
		before = reason
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause = min(2*pause, time.Second)
	}
}

// last gives the highest version of expand's files, 0 without any.
func last(files fs.FS) (int64, error) {
	names, err := fs.Glob(files, Expand+"/*.sql")
	if err != nil {
		return 0, err
	}
	highest := int64(0)
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return 0, fmt.Errorf("migrations: %s: %w", name, err)
		}
		highest = max(highest, version)
	}
	return highest, nil
}
