// Package dbtest gives tests a database of their own on a real PostgreSQL server,
// with a service's schema and its two roles as they are in production.
package dbtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"delivery.example/kit/postgres"
)

// Database is a fresh database. Roles belong to the whole server, so theirs have
// names of their own too.
type Database struct {
	Service postgres.Settings // what the service may do: its rows
	Owner   postgres.Settings // migrates
	Schema  string
}

// New makes a database with the schema and applies the expand migrations in files
// (nil: none). It goes away with the test. Without TEST_DATABASE_URL the test is
// skipped. A package that wants one database for all its tests calls Open in TestMain.
func New(t testing.TB, schema string, files fs.FS) *Database {
	t.Helper()
	d, remove, err := Open(context.Background(), schema, files)
	if err != nil {
		t.Fatal(err)
	}
	if d == nil {
		t.Skip(
			"set TEST_DATABASE_URL to an administrator's address, such as postgres://postgres:postgres@localhost:5432/postgres",
		)
	}
	t.Cleanup(func() {
		if err := remove(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// Redis gives the address in TEST_REDIS_URL; without it the test is skipped.
// Other packages may use the same Redis: keys need names of their own.
func Redis(t testing.TB) string {
	t.Helper()
	address := os.Getenv("TEST_REDIS_URL")
	if address == "" {
		t.Skip("set TEST_REDIS_URL to an address such as redis://localhost:6379/0")
	}
	return address
}

// Open is New outside of a test: nil without TEST_DATABASE_URL; remove drops the
// database and its roles, whoever is still connected.
func Open(ctx context.Context, schema string, files fs.FS) (d *Database, remove func() error, err error) {
	address := os.Getenv("TEST_DATABASE_URL")
	if address == "" {
		return nil, func() error { return nil }, nil
	}
	server, err := url.Parse(address)
	if err != nil {
		return nil, nil, fmt.Errorf("TEST_DATABASE_URL: is not an address")
	}
	port := 5432
	if p := server.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil {
			return nil, nil, fmt.Errorf("TEST_DATABASE_URL: %w", err)
		}
	}
	var random [12]byte
	rand.Read(random[:]) // never fails since Go 1.24
	suffix, password := hex.EncodeToString(random[:4]), hex.EncodeToString(random[4:])
	sslMode := server.Query().Get("sslmode")
	if sslMode == "" {
		sslMode = "prefer"
	}
	role := schema + "_" + suffix
	settings := postgres.Settings{
		Host:     server.Hostname(),
		Port:     port,
		Name:     "test_" + role,
		User:     role,
		Password: password,
		SSLMode:  sslMode,
		MaxConns: 10,
	}
	owner := settings
	owner.User = role + "_owner"
	d = &Database{Service: settings, Owner: owner, Schema: schema}

	name := func(s string) string { return pgx.Identifier{s}.Sanitize() }
	remove = func() error {
		return execute(context.Background(), address,
			"DROP DATABASE IF EXISTS "+name(settings.Name)+" WITH (FORCE)",
			"DROP ROLE IF EXISTS "+name(settings.User), "DROP ROLE IF EXISTS "+name(owner.User))
	}
	err = execute(ctx, address,
		"CREATE ROLE "+name(owner.User)+" LOGIN PASSWORD '"+password+"'",
		"CREATE ROLE "+name(settings.User)+" LOGIN PASSWORD '"+password+"'",
		"CREATE DATABASE "+name(settings.Name)+" TEMPLATE template0")
	if err == nil {
		inside := *server
		inside.Path = "/" + settings.Name
		err = execute(
			ctx,
			inside.String(),
			"REVOKE ALL ON SCHEMA public FROM PUBLIC",
			"REVOKE ALL ON DATABASE "+name(settings.Name)+" FROM PUBLIC",
			"GRANT CONNECT ON DATABASE "+name(settings.Name)+" TO "+name(settings.User)+", "+name(owner.User),
			"CREATE SCHEMA "+name(schema)+" AUTHORIZATION "+name(owner.User),
			"GRANT USAGE ON SCHEMA "+name(schema)+" TO "+name(settings.User),
			"ALTER DEFAULT PRIVILEGES FOR ROLE "+name(
				owner.User,
			)+" IN SCHEMA "+name(
				schema,
			)+" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "+name(
				settings.User,
			),
		)
	}
	if err == nil && files != nil {
		_, err = postgres.Migrate(ctx, owner, schema, postgres.Expand, files, slog.New(slog.DiscardHandler))
	}
	if err != nil {
		remove()
		return nil, nil, err
	}
	return d, remove, nil
}

// Pool opens the database as the service does, for the time of the test, but is
// twenty times as patient.
func (d *Database) Pool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	patient := d.Service
	patient.Patience = 20
	pool, err := postgres.Open(context.Background(), patient, d.Schema, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// Environment gives s as the DB_ variables of a process.
func Environment(s postgres.Settings) map[string]string {
	return map[string]string{
		"DB_HOST": s.Host, "DB_PORT": strconv.Itoa(s.Port), "DB_NAME": s.Name, "DB_USER": s.User,
		"DB_PASSWORD": s.Password, "DB_SSLMODE": s.SSLMode, "DB_MAX_CONNS": strconv.Itoa(s.MaxConns),
	}
}

func execute(ctx context.Context, address string, statements ...string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, address)
	if err != nil {
		return fmt.Errorf("TEST_DATABASE_URL: %w", err)
	}
	defer c.Close(ctx)
	for _, statement := range statements {
		if _, err := c.Exec(ctx, statement); err != nil {
			return fmt.Errorf("TEST_DATABASE_URL: %w", err)
		}
	}
	return nil
}
