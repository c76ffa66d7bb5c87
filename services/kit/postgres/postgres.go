// Package postgres opens a service's database: a pool that never hangs, migrations
// in two steps, and the difference between a database that is away and a mistake.
package postgres

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"delivery.example/kit/env"
	"delivery.example/kit/roots"
)

// How long a part of a query may take. A request that needs one query ends within
// acquireLimit + silenceLimit when the database is cut off.
const (
	acquireLimit   = time.Second             // waiting for a connection, with making and checking it
	connectLimit   = 900 * time.Millisecond  // making one
	pingLimit      = 300 * time.Millisecond  // checking one that lay idle
	statementLimit = 1800 * time.Millisecond // a statement, ended by the server
	silenceLimit   = 2 * time.Second         // a connection on which nothing moves is broken
)

// Settings say where the database is and who asks.
type Settings struct {
	Host     string // DB_HOST
	Port     int    // DB_PORT, 5432 unless set
	Name     string // DB_NAME, product unless set
	User     string // DB_USER: the service's role, or the schema's owner for migrations
	Password string // DB_PASSWORD or the content of the file DB_PASSWORD_FILE
	SSLMode  string // DB_SSLMODE, as libpq has it; prefer unless set
	MaxConns int    // DB_MAX_CONNS: connections of one process, 10 unless set

	// Roots are the authorities of the server's certificate, as package roots reads them.
	Roots *x509.CertPool

	// Wait is how long migrations wait for a server that cannot be reached, DB_WAIT;
	// 0 unless set: an error at once.
	Wait time.Duration

	// Patience makes every limit so many times longer; 0 is 1. For tests on a busy
	// machine, which ask what is answered and not how soon.
	Patience int
}

// limit gives how long something may take.
func (s Settings) limit(usual time.Duration) time.Duration {
	return usual * time.Duration(max(1, s.Patience))
}

// Read reads the DB_ variables; faults are collected in r.
func Read(r *env.Reader) Settings {
	return Settings{
		Host:     r.Required("DB_HOST"),
		Port:     r.Int("DB_PORT", 5432, 1, 65535),
		Name:     r.String("DB_NAME", "product"),
		User:     r.Required("DB_USER"),
		Password: r.Secret("DB_PASSWORD"),
		SSLMode:  r.OneOf("DB_SSLMODE", "prefer", "disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
		MaxConns: r.Int("DB_MAX_CONNS", 10, 1, 200),
		Roots:    roots.Read(r),
		Wait:     r.Duration("DB_WAIT", 0, 0, 10*time.Minute),
	}
}

// config gives pgx's settings for connections whose search path is the schema.
func (s Settings) config(schema string) (*pgxpool.Config, error) {
	address := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(s.User, s.Password),
		Host:     net.JoinHostPort(s.Host, strconv.Itoa(s.Port)),
		Path:     "/" + s.Name,
		RawQuery: url.Values{"sslmode": {s.SSLMode}}.Encode(),
	}
	c, err := pgxpool.ParseConfig(address.String())
	if err != nil {
		return nil, fmt.Errorf("postgres: the DB_ settings: %w", err) // pgx leaves the password out
	}
	if c.ConnConfig.TLSConfig != nil {
		c.ConnConfig.TLSConfig.RootCAs = s.Roots
	}
	c.ConnConfig.RuntimeParams["search_path"] = pgx.Identifier{schema}.Sanitize()
	c.ConnConfig.RuntimeParams["application_name"] = schema
	c.ConnConfig.ConnectTimeout = s.limit(connectLimit)
	return c, nil
}

// Open gives a pool for the schema. It connects when it is first used, so that a
// service starts without its database. Every wait is bounded by the limits above,
// whatever the caller's context allows; connections that broke while they lay
// idle are found before they are used.
func Open(ctx context.Context, s Settings, schema string, log *slog.Logger) (*pgxpool.Pool, error) {
	c, err := s.config(schema)
	if err != nil {
		return nil, err
	}
	c.MaxConns = int32(s.MaxConns)
	c.MaxConnLifetime = 30 * time.Minute
	c.MaxConnLifetimeJitter = 5 * time.Minute
	c.MaxConnIdleTime = 5 * time.Minute
	c.PingTimeout = s.limit(pingLimit)
	c.ShouldPing = func(_ context.Context, p pgxpool.ShouldPingParams) bool { return p.IdleDuration > 100*time.Millisecond }
	c.ConnConfig.RuntimeParams["statement_timeout"] = strconv.FormatInt(s.limit(statementLimit).Milliseconds(), 10)
	c.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "10000"
	c.ConnConfig.DialFunc = dialer(s.limit(connectLimit), s.limit(silenceLimit))
	c.ConnConfig.Tracer = acquireDeadline{s.limit(acquireLimit)}
	log.Info("database", "host", s.Host, "port", s.Port, "name", s.Name, "user", s.User, "schema", schema, "max_connections", s.MaxConns)
	return pgxpool.NewWithConfig(ctx, c)
}

// acquireDeadline bounds the wait for a connection. pgx offers that only to its
// tracers, and a tracer has to follow queries too.
type acquireDeadline struct{ limit time.Duration }

type cancelKey struct{}

func (d acquireDeadline) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData) context.Context {
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	return context.WithValue(ctx, cancelKey{}, cancel)
}

func (acquireDeadline) TraceAcquireEnd(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireEndData) {
	ctx.Value(cancelKey{}).(context.CancelFunc)()
}

func (acquireDeadline) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

func (acquireDeadline) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
