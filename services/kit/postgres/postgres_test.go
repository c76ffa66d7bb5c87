package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"delivery.example/kit/dbtest"
	"delivery.example/kit/env"
	"delivery.example/kit/postgres"
)

var quiet = slog.New(slog.DiscardHandler)

// files are two steps of expand and one of contract.
var files = fstest.MapFS{
	"expand/00001_dish.sql": {
		Data: []byte("-- +goose Up\nCREATE TABLE dish (id bigint PRIMARY KEY, name text, old text);"),
	},
	"expand/00002_price.sql": {
		Data: []byte("-- +goose Up\nALTER TABLE dish ADD price bigint NOT NULL DEFAULT 0;"),
	},
	"contract/00001_drop_old.sql":  {Data: []byte("-- +goose Up\nALTER TABLE dish DROP old;")},
	"contract/readme_not_sql.text": {Data: []byte("not a migration")},
}

// part gives the files whose names are listed.
func part(names ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for _, name := range names {
		m[name] = files[name]
	}
	return m
}

func TestReadListsEveryFault(t *testing.T) {
	r := env.New(func(name string) string {
		return map[string]string{"DB_PORT": "0", "DB_SSLMODE": "maybe", "DB_PASSWORD": "canary"}[name]
	})
	postgres.Read(r)
	err := r.Err()
	if err == nil {
		t.Fatal("faults were expected")
	}
	for _, want := range []string{"DB_HOST", "DB_USER", "DB_PORT", "DB_SSLMODE"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not in %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "canary") {
		t.Error("the password is in the message")
	}
}

// soon is far longer than the limits of the service, 1 to 2 s, on a busy machine, and far shorter than a hang, which has
// no end.
const soon = 15 * time.Second

func TestOpenDoesNotNeedTheDatabaseAndKeepsThePasswordToItself(t *testing.T) {
	var log bytes.Buffer
	s := postgres.Settings{
		Host:     "127.0.0.1",
		Port:     1,
		Name:     "none",
		User:     "someone",
		Password: "canary p@ss/wörd",
		SSLMode:  "disable",
		MaxConns: 2,
	}
	pool, err := postgres.Open(t.Context(), s, "suppliers", slog.New(slog.NewJSONHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	start := time.Now()
	_, err = pool.Exec(t.Context(), "SELECT 1")
	if !postgres.Unavailable(err) || time.Since(start) > soon {
		t.Errorf("after %s: %v", time.Since(start), err)
	}
	if strings.Contains(log.String()+err.Error(), "canary") {
		t.Errorf("the password is in the log or the error: %s%v", &log, err)
	}
	s.SSLMode = "maybe"
	if _, err := postgres.Open(t.Context(), s, "suppliers", quiet); err == nil ||
		strings.Contains(err.Error(), "canary") {
		t.Errorf("%v", err)
	}
}

func TestUnavailableTellsAnOutageFromAMistake(t *testing.T) {
	cases := []struct {
		name string
		err  error
		want bool
	}{
		{"nothing", nil, false},
		{"another error", errors.New("no"), false},
		{"a violated constraint", &pgconn.PgError{Code: "23505"}, false},
		{"a missing table", &pgconn.PgError{Code: "42P01"}, false},
		{"too many connections", &pgconn.PgError{Code: "53300"}, true},
		{"shutdown", &pgconn.PgError{Code: "57P01"}, true},
		{"statement time-out", &pgconn.PgError{Code: "57014"}, true},
		{"connection failure", &pgconn.PgError{Code: "08006"}, true},
		{"a lost connection", &net.OpError{Op: "read", Err: errors.New("reset")}, true},
		{"an end in the middle", io.ErrUnexpectedEOF, true},
		{"a deadline", context.DeadlineExceeded, true},
		{"a caller that went away", context.Canceled, false},
	}
	for _, c := range cases {
		if got := postgres.Unavailable(c.err); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestTheServersRefusalsAreUnavailable(t *testing.T) {
	d := dbtest.New(t, "suppliers", nil)
	pool, _ := through(t, d) // with the limits that a service has
	start := time.Now()
	_, err := pool.Exec(t.Context(), "SELECT pg_sleep(30)")
	if !postgres.Unavailable(err) || time.Since(start) > soon {
		t.Errorf("a long statement, after %s: %v", time.Since(start), err)
	}
	if _, err := pool.Exec(t.Context(), "SELECT * FROM nothing"); err == nil || postgres.Unavailable(err) {
		t.Errorf("a mistake: %v", err)
	}
	pool.Close()
	if _, err := pool.Exec(t.Context(), "SELECT 1"); !postgres.Unavailable(err) {
		t.Errorf("a closed pool: %v", err)
	}
	wrong := d.Service
	wrong.Password = "canary"
	refused, err := postgres.Open(t.Context(), wrong, "suppliers", quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer refused.Close()
	if _, err := refused.Exec(t.Context(), "SELECT 1"); !postgres.Unavailable(err) ||
		strings.Contains(err.Error(), "canary") {
		t.Errorf("a wrong password: %v", err)
	}
}

// through gives a pool that reaches the database by a proxy.
func through(t *testing.T, d *dbtest.Database) (*pgxpool.Pool, *dbtest.Proxy) {
	t.Helper()
	proxy := dbtest.NewProxy(t, net.JoinHostPort(d.Service.Host, strconv.Itoa(d.Service.Port)))
	s := d.Service
	s.Host, s.Port, s.MaxConns = "127.0.0.1", proxy.Port(), 4
	pool, err := postgres.Open(context.Background(), s, d.Schema, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool, proxy
}

// TestAnOutageNeverHangs: with connections that break, and with connections on
// which nothing moves any more, every query of many at once ends in time and is
// Unavailable; after the end of the outage the first query succeeds within
// seconds, although the pool is full of broken connections.
func TestAnOutageNeverHangs(t *testing.T) {
	d := dbtest.New(t, "suppliers", nil)
	for name, begin := range map[string]func(*dbtest.Proxy){"cut": (*dbtest.Proxy).Cut, "stalled": (*dbtest.Proxy).Stall} {
		t.Run(name, func(t *testing.T) {
			pool, proxy := through(t, d)
			query := func() error { _, err := pool.Exec(context.Background(), "SELECT 1"); return err }
			var warm sync.WaitGroup
			for range 4 {
				warm.Go(func() {
					// On a busy machine the first connection may take longer than the service waits.
					for start := time.Now(); ; {
						_, err := pool.Exec(t.Context(), "SELECT pg_sleep(0.05)")
						if err == nil {
							return
						}
						if time.Since(start) > soon {
							t.Error(err)
							return
						}
					}
				})
			}
			warm.Wait()
			begin(proxy)
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() {
					start := time.Now()
					if err := query(); !postgres.Unavailable(err) {
						t.Errorf("%v", err)
					}
					if took := time.Since(start); took > soon {
						t.Errorf("a query took %s", took)
					}
				})
			}
			all.Wait()
			proxy.Restore()
			start := time.Now()
			for query() != nil {
				if time.Since(start) > soon {
					t.Fatal("no recovery")
				}
			}
		})
	}
}

// TestConnectionsBrokenWhileIdleCostNoRequest: what the server or a firewall
// closed behind the pool's back is found before it is used.
func TestConnectionsBrokenWhileIdleCostNoRequest(t *testing.T) {
	pool, proxy := through(t, dbtest.New(t, "suppliers", nil))
	if _, err := pool.Exec(t.Context(), "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	proxy.Cut()
	proxy.Restore()
	time.Sleep(150 * time.Millisecond)
	if _, err := pool.Exec(t.Context(), "SELECT 1"); err != nil {
		t.Error(err)
	}
}

func TestTheCallersDeadlineHoldsToo(t *testing.T) {
	pool := dbtest.New(t, "suppliers", nil).Pool(t)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := pool.Exec(ctx, "SELECT pg_sleep(30)"); !postgres.Unavailable(err) || time.Since(start) > soon {
		t.Errorf("after %s: %v", time.Since(start), err)
	}
}

func TestCollectorShowsThePool(t *testing.T) {
	pool := dbtest.New(t, "suppliers", nil).Pool(t)
	if _, err := pool.Exec(t.Context(), "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	want := `# HELP db_pool_connections Connections of the pool by state.
# TYPE db_pool_connections gauge
db_pool_connections{state="idle"} 1
db_pool_connections{state="starting"} 0
db_pool_connections{state="used"} 0
# HELP db_pool_connections_max The most connections that the pool may have.
# TYPE db_pool_connections_max gauge
db_pool_connections_max 10
`
	if err := testutil.CollectAndCompare(
		postgres.Collector(pool), strings.NewReader(want), "db_pool_connections", "db_pool_connections_max",
	); err != nil {
		t.Error(err)
	}
}

func TestMigrateGoesForwardInTwoSteps(t *testing.T) {
	d := dbtest.New(t, "suppliers", nil)
	do := func(step string, f fstest.MapFS) []string {
		t.Helper()
		applied, err := postgres.Migrate(t.Context(), d.Owner, d.Schema, step, f, quiet)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, m := range applied {
			names = append(names, m.File)
		}
		return names
	}
	if got := strings.Join(do("expand", part("expand/00001_dish.sql")), " "); got != "00001_dish.sql" {
		t.Errorf("first release: %s", got)
	}
	if _, err := postgres.Migrate(t.Context(), d.Owner, d.Schema, "contract", files, quiet); err == nil ||
		!strings.Contains(err.Error(), "00002_price.sql of expand is pending") {
		t.Errorf("contract before expand: %v", err)
	}
	if got := strings.Join(do("expand", files), " "); got != "00002_price.sql" {
		t.Errorf("second release: %s", got)
	}
	if got := do("expand", files); len(got) != 0 {
		t.Errorf("again: %v", got)
	}
	if got := do("expand", part("expand/00001_dish.sql")); len(got) != 0 {
		t.Errorf("the release before, on the schema of this one: %v", got)
	}
	list, err := postgres.Status(t.Context(), d.Owner, d.Schema, files)
	if err != nil || len(list) != 3 || list[1].Applied == nil || list[2].Applied != nil || list[2].Step != "contract" {
		t.Errorf("%v, %+v", err, list)
	}
	if got := strings.Join(do("contract", files), " "); got != "00001_drop_old.sql" {
		t.Errorf("contract: %s", got)
	}
	if got := do("contract", part("expand/00001_dish.sql")); len(got) != 0 {
		t.Errorf("a release without files of contract: %v", got)
	}
	pool := d.Pool(t)
	if _, err := pool.Exec(t.Context(), "INSERT INTO dish (id, name) VALUES (1, 'soup')"); err != nil {
		t.Errorf("the service's role, in its schema: %v", err)
	}
	if _, err := pool.Exec(t.Context(), "CREATE TABLE mine (id int)"); err == nil {
		t.Error("the service's role may make tables")
	}
}

func TestMigrateReportsWhatFailed(t *testing.T) {
	d := dbtest.New(t, "suppliers", nil)
	broken := fstest.MapFS{
		"expand/00001_dish.sql": files["expand/00001_dish.sql"],
		"expand/00002_bad.sql": {
			Data: []byte("-- +goose Up\nCREATE TABLE half (id int);\nCREATE TABLE dish (id int);"),
		},
	}
	applied, err := postgres.Migrate(t.Context(), d.Owner, d.Schema, "expand", broken, quiet)
	if err == nil || len(applied) != 1 || !strings.Contains(err.Error(), "already exists") {
		t.Errorf("%v, %+v", err, applied)
	}
	if _, err := d.Pool(t).Exec(t.Context(), "SELECT * FROM half"); err == nil {
		t.Error("a failed migration left something behind")
	}
	if _, err := postgres.Migrate(t.Context(), d.Owner, d.Schema, "sideways", files, quiet); err == nil {
		t.Error("an unknown step was taken")
	}
	if _, err := postgres.Migrate(t.Context(), d.Service, d.Schema, "expand", files, quiet); err == nil {
		t.Error("the service's role may migrate")
	}
	twice := fstest.MapFS{
		"expand/00001_a.sql": files["expand/00001_dish.sql"],
		"expand/00001_b.sql": files["expand/00001_dish.sql"],
	}
	if _, err := postgres.Status(t.Context(), d.Owner, d.Schema, twice); err == nil {
		t.Error("two files of one version were taken")
	}
	away := d.Owner
	away.Port = 1
	for _, step := range []string{"expand", "contract"} {
		if _, err := postgres.Migrate(t.Context(), away, d.Schema, step, files, quiet); err == nil ||
			strings.Contains(err.Error(), d.Owner.Password) {
			t.Errorf("no server: %v", err)
		}
	}
	if _, err := postgres.Status(t.Context(), away, d.Schema, files); err == nil {
		t.Error("no server: an error was expected")
	}
	away.SSLMode = "maybe"
	if _, err := postgres.Migrate(t.Context(), away, d.Schema, "expand", files, quiet); err == nil {
		t.Error("wrong settings: an error was expected")
	}
	if _, err := postgres.Status(t.Context(), away, d.Schema, files); err == nil {
		t.Error("wrong settings: an error was expected")
	}
}

func TestMigrateWaitsForTheServer(t *testing.T) {
	d := dbtest.New(t, "suppliers", nil)
	proxy := dbtest.NewProxy(t, net.JoinHostPort(d.Service.Host, strconv.Itoa(d.Service.Port)))
	away := d.Owner
	away.Host, away.Port, away.Wait = "127.0.0.1", proxy.Port(), time.Minute
	proxy.Cut()
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(writer(func(b []byte) (int, error) {
		proxy.Restore() // it is told that it waits
		return out.Write(b)
	}), nil))
	if list, err := postgres.Migrate(t.Context(), away, d.Schema, "expand", files, log); err != nil || len(list) != 2 ||
		!strings.Contains(out.String(), "waiting for the database") {
		t.Errorf("%v, %v, %s", list, err, &out)
	}
	wrong := d.Owner
	wrong.Password, wrong.Wait = "wrong", time.Minute
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	if _, err := postgres.Migrate(ctx, wrong, d.Schema, "expand", files, quiet); err == nil ||
		!strings.Contains(err.Error(), "password authentication failed") {
		t.Errorf("a wrong password is waited for: %v", err)
	}
	proxy.Cut()
	away.Wait = 10 * time.Millisecond
	if _, err := postgres.Migrate(t.Context(), away, d.Schema, "expand", files, quiet); err == nil {
		t.Error("no server: an error was expected")
	}
}

// writer is an io.Writer of a function.
type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }

func TestTwoMigrationsAtOnceAreSafe(t *testing.T) {
	d := dbtest.New(t, "suppliers", nil)
	var all sync.WaitGroup
	var mu sync.Mutex
	applied := 0
	for range 3 {
		all.Go(func() {
			list, err := postgres.Migrate(context.Background(), d.Owner, d.Schema, "expand", files, quiet)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			applied += len(list)
			mu.Unlock()
		})
	}
	all.Wait()
	if applied != 2 {
		t.Errorf("%d files were applied, not 2", applied)
	}
}

func TestWaitForSchema(t *testing.T) {
	d := dbtest.New(t, "suppliers", nil)
	pool := d.Pool(t)
	why := ""
	wait := func(limit time.Duration, f fstest.MapFS) error {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		return postgres.WaitForSchema(ctx, pool, d.Schema, f, func(reason string) { why = reason })
	}
	migrate := func(f fstest.MapFS) {
		t.Helper()
		if _, err := postgres.Migrate(t.Context(), d.Owner, d.Schema, "expand", f, quiet); err != nil {
			t.Fatal(err)
		}
	}
	if err := wait(200*time.Millisecond, files); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an empty schema: %v", err)
	}
	first := part("expand/00001_dish.sql")
	migrate(first)
	if err := wait(200*time.Millisecond, files); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the previous release's schema: %v", err)
	}
	if why != "migration 1 of expand is there, 2 is needed" {
		t.Errorf("why it waits: %s", why)
	}
	ended := make(chan error, 1)
	go func() { ended <- wait(10*time.Second, files) }()
	migrate(files)
	if err := <-ended; err != nil {
		t.Errorf("the schema came while it waited: %v", err)
	}
	if err := wait(5*time.Second, first); err != nil {
		t.Errorf("a newer release's schema: %v", err)
	}
	if err := wait(5*time.Second, fstest.MapFS{}); err != nil {
		t.Errorf("no files: %v", err)
	}
	if err := wait(5*time.Second, fstest.MapFS{"expand/zero.sql": files["expand/00001_dish.sql"]}); err == nil ||
		errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a file without a version: %v", err)
	}
}
