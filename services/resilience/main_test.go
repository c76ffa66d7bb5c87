package resilience

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

var services = []string{"suppliers", "recipes", "restaurant"}

var (
	binaries string    // a folder with the services as a release has them, and restaurant-flawed
	template *postgres // of what restaurant needs; nil without TEST_DATABASE_URL
)

// postgres is a database. Tests run side by side: each has its own, a copy of a template.
type postgres struct {
	server           string // an administrator's address
	host, port, name string
	suffix           string // of the roles: they belong to the whole server
	password         string // of the roles; nothing may ever print it
}

func TestMain(m *testing.M) {
	flag.Parse()
	// The tests wait for outages to pass more than they compute: all run at once, however few processors there are.
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	fail := func(err error) int {
		fmt.Fprintln(os.Stderr, "resilience:", err)
		return 1
	}
	var err error
	if binaries, err = os.MkdirTemp("", "resilience"); err != nil {
		return fail(err)
	}
	defer os.RemoveAll(binaries)
	defer startBuilds()()
	if address := os.Getenv("TEST_DATABASE_URL"); address != "" {
		remove, err := makeTemplate(address)
		defer remove()
		if err != nil {
			return fail(err)
		}
	}
	return m.Run()
}

// built has, for each binary, a function that waits until it is there.
var built = map[string]func() error{}

// startBuilds begins to make all binaries: restaurant first, because the longest tests need no other; the rest side by
// side, because most of the time goes into linking, which uses one processor. The returned function waits for all.
func startBuilds() (wait func()) {
	var all sync.WaitGroup
	begin := func(after func() error, binary string, make func() error) func() error {
		done := sync.OnceValue(func() error {
			if err := after(); err != nil {
				return err
			}
			return make()
		})
		built[binary] = done
		all.Go(func() { done() })
		return done
	}
	atOnce := func() error { return nil }
	first := begin(atOnce, "restaurant", func() error { return build("restaurant", "restaurant") })
	for _, name := range services {
		if name != "restaurant" {
			begin(first, name, func() error { return build(name, name) })
		}
	}
	begin(first, "restaurant-flawed", func() error { return build("restaurant", "restaurant-flawed", "-tags", "seededflaws") })
	return all.Wait
}

// build makes a binary of a service with the flags that the pipeline uses.
func build(service, binary string, flags ...string) error {
	arguments := append(
		[]string{"build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(binaries, binary)},
		flags...)
	c := exec.Command("go", append(arguments, ".")...)
	c.Dir = filepath.Join("..", service)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", service, err, out)
	}
	return nil
}

// makeTemplate makes the database that tests copy, with the schemas and roles that services/database makes, and
// migrates restaurant's; remove drops what there is of it.
func makeTemplate(address string) (remove func(), err error) {
	server, err := url.Parse(address)
	if err != nil {
		return func() {}, fmt.Errorf("TEST_DATABASE_URL is not an address")
	}
	d := &postgres{
		server:   address,
		host:     server.Hostname(),
		port:     server.Port(),
		suffix:   "_" + strings.ToLower(rand.Text()[:8]),
		password: "canary" + rand.Text(),
	}
	if d.port == "" {
		d.port = "5432"
	}
	d.name = "resilience" + d.suffix
	var make, inside, drop []string
	make = append(make, "CREATE DATABASE "+d.name)
	drop = append(drop, "DROP DATABASE IF EXISTS "+d.name+" WITH (FORCE)")
	inside = append(inside, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
	for _, s := range services {
		role, owner := s+d.suffix, s+"_owner"+d.suffix
		for _, r := range []string{role, owner} {
			make = append(make, "CREATE ROLE "+r+" LOGIN PASSWORD '"+d.password+"'")
			drop = append(drop, "DROP ROLE IF EXISTS "+r)
		}
		inside = append(
			inside,
			"CREATE SCHEMA "+s+" AUTHORIZATION "+owner,
			"GRANT USAGE ON SCHEMA "+s+" TO "+role,
			"ALTER DEFAULT PRIVILEGES FOR ROLE "+owner+" IN SCHEMA "+s+" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "+role,
		)
	}
	remove = func() { execute(address, drop...) }
	if err := execute(address, make...); err != nil {
		return remove, err
	}
	server.Path = "/" + d.name
	if err := execute(server.String(), inside...); err != nil {
		return remove, err
	}
	if err := d.migrate("restaurant"); err != nil {
		return remove, err
	}
	template = d
	return remove, nil
}

// migrate makes a service's tables.
func (d *postgres) migrate(service string) error {
	if err := built[service](); err != nil {
		return err
	}
	c := exec.Command(filepath.Join(binaries, service), "migrate", "expand")
	c.Env = environment(d.variables(service + "_owner"))
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s migrate expand: %w\n%s", service, err, out)
	}
	return nil
}

var copies atomic.Int64

// clone makes a copy of the template for one test, and drops it with the test.
func (d *postgres) clone(t *testing.T) *postgres {
	t.Helper()
	own := *d
	own.name = fmt.Sprintf("%s_%d", d.name, copies.Add(1))
	t.Cleanup(func() {
		if err := execute(d.server, "DROP DATABASE IF EXISTS "+own.name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	if err := execute(d.server, "CREATE DATABASE "+own.name+" TEMPLATE "+d.name); err != nil {
		t.Fatal(err)
	}
	return &own
}

func execute(address string, statements ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
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

// variables are a service's settings for the database, as the role of that name.
func (d *postgres) variables(role string) map[string]string {
	return map[string]string{
		"DB_HOST":     d.host,
		"DB_PORT":     d.port,
		"DB_NAME":     d.name,
		"DB_USER":     role + d.suffix,
		"DB_PASSWORD": d.password,
	}
}

func (d *postgres) address() string { return net.JoinHostPort(d.host, d.port) }

// needAll gives the test a database of its own with the tables of all services.
func needAll(t *testing.T) *postgres {
	t.Helper()
	d := needDatabase(t)
	for _, s := range services {
		if s != "restaurant" {
			if err := d.migrate(s); err != nil {
				t.Fatal(err)
			}
		}
	}
	return d
}

// needDatabase gives the test a database of its own with restaurant's tables, and skips it where there is no server.
func needDatabase(t *testing.T) *postgres {
	t.Helper()
	if template == nil {
		t.Skip(
			"set TEST_DATABASE_URL to an administrator's address, such as postgres://postgres:postgres@localhost:5432/postgres",
		)
	}
	return template.clone(t)
}

// needRedis gives host:port of TEST_REDIS_URL, and skips the test without.
func needRedis(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(os.Getenv("TEST_REDIS_URL"))
	if err != nil || u.Host == "" {
		t.Skip("set TEST_REDIS_URL to an address such as redis://localhost:6379/0")
	}
	if u.Port() == "" {
		return net.JoinHostPort(u.Hostname(), "6379")
	}
	return u.Host
}
