// Package database has the script that makes the services' schemas and roles, and
// the proof of what these roles may do.
package database

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// TestMain is also a psql for init.sh where there is none: it runs its standard
// input against INIT_TEST_URL as one transaction.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != "psql" {
		os.Exit(m.Run())
	}
	if err := psql(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}

func psql() error {
	script, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	db, err := pgx.Connect(context.Background(), os.Getenv("INIT_TEST_URL"))
	if err != nil {
		return err
	}
	return db.PgConn().Exec(context.Background(), string(script)).Close()
}

// fresh gives an administrator's address of a new database, which goes with the test.
func fresh(t *testing.T) *url.URL {
	t.Helper()
	given := os.Getenv("TEST_DATABASE_URL")
	if given == "" {
		t.Skip(
			"set TEST_DATABASE_URL to an administrator's address of a Postgres, such as postgres://postgres:postgres@localhost:5432/postgres",
		)
	}
	admin := connect(t, given)
	name := "init_" + strings.ToLower(rand.Text()[:8])
	execute(t, admin, "CREATE DATABASE "+name)
	t.Cleanup(func() { execute(t, admin, "DROP DATABASE "+name+" WITH (FORCE)") })
	address, err := url.Parse(given)
	if err != nil {
		t.Fatal(err)
	}
	address.Path = "/" + name
	return address
}

// as gives the address with another user.
func as(address *url.URL, user, password string) string {
	other := *address
	other.User = url.UserPassword(user, password)
	return other.String()
}

func connect(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	db, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(context.WithoutCancel(t.Context())) })
	return db
}

func execute(t *testing.T, db *pgx.Conn, statement string) {
	t.Helper()
	if _, err := db.Exec(context.WithoutCancel(t.Context()), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// refused wants the statement to fail for the lack of a right.
func refused(t *testing.T, db *pgx.Conn, statement string) {
	t.Helper()
	_, err := db.Exec(t.Context(), statement)
	var e *pgconn.PgError
	if !errors.As(err, &e) || e.Code != "42501" { // insufficient_privilege
		t.Errorf("%s: a missing right was expected: %v", statement, err)
	}
}

// initialise runs init.sh with the variables and gives what it printed.
func initialise(t *testing.T, address *url.URL, variables ...string) (string, error) {
	t.Helper()
	path := os.Getenv("PATH")
	if _, err := exec.LookPath("psql"); err != nil {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		bin := t.TempDir()
		if err := os.Symlink(self, filepath.Join(bin, "psql")); err != nil {
			t.Fatal(err)
		}
		path = bin + ":" + path
	}
	password, _ := address.User.Password()
	c := exec.CommandContext(t.Context(), "bash", "init.sh")
	c.Env = append([]string{
		"PATH=" + path, "INIT_TEST_URL=" + address.String(), "PGHOST=" + address.Hostname(), "PGPORT=" + address.Port(), "PGPASSWORD=" + password,
		"POSTGRES_USER=" + address.User.Username(), "POSTGRES_DB=" + strings.TrimPrefix(address.Path, "/"),
	}, variables...)
	out, err := c.CombinedOutput()
	return string(out), err
}

func TestRolesMayDoTheirWorkAndNothingElse(t *testing.T) {
	address := fresh(t)
	// Roles are the server's, not the database's: names of this test's own.
	one, two := "one_"+strings.ToLower(rand.Text()[:8]), "two_"+strings.ToLower(rand.Text()[:8])
	const quoted = `o'ne "$HOME" \x` // what a password manager may come up with
	variables := []string{"SERVICES=" + one + " " + two}
	for _, service := range []string{one, two} {
		name := strings.ToUpper(service)
		variables = append(variables, name+"_PASSWORD="+quoted, name+"_OWNER_PASSWORD=owner")
	}
	admin := connect(t, address.String())
	t.Cleanup(func() {
		for _, role := range []string{one, one + "_owner", two, two + "_owner"} {
			execute(t, admin, "DROP OWNED BY "+role+" CASCADE")
			execute(t, admin, "DROP ROLE "+role)
		}
	})
	for range 2 { // again is harmless
		if out, err := initialise(t, address, variables...); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}

	owner, service, other := connect(
		t,
		as(address, one+"_owner", "owner"),
	), connect(
		t,
		as(address, one, quoted),
	), connect(
		t,
		as(address, two, quoted),
	)
	execute(t, owner, "CREATE TABLE thing (id int PRIMARY KEY)") // on the search path: in its schema
	execute(t, service, "INSERT INTO "+one+".thing VALUES (1)")
	execute(t, service, "UPDATE thing SET id = 2")
	execute(t, service, "DELETE FROM thing")
	execute(t, service, "SELECT id FROM thing")

	for _, statement := range []string{
		"CREATE TABLE mine (id int)", "CREATE TABLE public.mine (id int)", "CREATE TEMPORARY TABLE mine (id int)", "CREATE SCHEMA mine",
		"DROP TABLE thing", "ALTER TABLE thing ADD COLUMN more int", "TRUNCATE thing", "DROP SCHEMA " + one + " CASCADE",
		"CREATE ROLE mine", "CREATE DATABASE mine", "SET ROLE " + one + "_owner", "SELECT rolpassword FROM pg_authid",
	} {
		refused(t, service, statement)
	}
	for _, statement := range []string{
		"SELECT id FROM " + one + ".thing", "INSERT INTO " + one + ".thing VALUES (3)",
		"DROP TABLE " + one + ".thing", "CREATE TABLE " + one + ".mine (id int)",
	} {
		refused(t, other, statement)
	}
	stranger := connect(t, as(address, two+"_owner", "owner"))
	refused(t, stranger, "SELECT id FROM "+one+".thing")
	refused(t, stranger, "CREATE TABLE "+one+".mine (id int)")
	refused(t, stranger, "CREATE TABLE public.mine (id int)")
}

func TestMissingPasswordsAreNamed(t *testing.T) {
	address := &url.URL{User: url.UserPassword("postgres", "x"), Host: "127.0.0.1:1", Path: "/x"}
	out, err := initialise(
		t,
		address,
		"SUPPLIERS_PASSWORD=a",
		"SUPPLIERS_OWNER_PASSWORD=a",
		"RECIPES_PASSWORD=a",
		"RESTAURANT_OWNER_PASSWORD=a",
	)
	if err == nil || !strings.Contains(out, "RECIPES_OWNER_PASSWORD RESTAURANT_PASSWORD") ||
		strings.Contains(out, "SUPPLIERS") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestAServerThatDoesNotAnswerIsAnError(t *testing.T) {
	address := &url.URL{Scheme: "postgres", User: url.UserPassword("postgres", "x"), Host: "127.0.0.1:1", Path: "/x"}
	if out, err := initialise(t, address, "SERVICES=one", "ONE_PASSWORD=a", "ONE_OWNER_PASSWORD=a"); err == nil {
		t.Errorf("an error was expected: %s", out)
	}
}
