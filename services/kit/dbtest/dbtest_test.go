package dbtest

import (
	"context"
	"io"
	"net"
	"testing"
	"testing/fstest"
	"time"
)

func TestNewMakesADatabaseThatGoesAway(t *testing.T) {
	files := fstest.MapFS{"expand/00001_dish.sql": {Data: []byte("-- +goose Up\nCREATE TABLE dish (id bigint);")}}
	var d *Database
	t.Run("inside", func(t *testing.T) {
		d = New(t, "suppliers", files)
		pool := d.Pool(t)
		if _, err := pool.Exec(t.Context(), "INSERT INTO dish VALUES (1)"); err != nil {
			t.Errorf("the service's role may not write: %v", err)
		}
		for _, forbidden := range []string{
			"CREATE TABLE suppliers.pan (id int)", "CREATE TABLE public.pan (id int)", "DROP TABLE dish",
			"CREATE SCHEMA other",
		} {
			if _, err := pool.Exec(t.Context(), forbidden); err == nil {
				t.Errorf("the service's role may %s", forbidden)
			}
		}
	})
	if d == nil {
		t.Skip("set TEST_DATABASE_URL")
	}
	if _, err := d.Pool(t).Exec(t.Context(), "SELECT 1"); err == nil {
		t.Error("the database outlives its test")
	}
	if Environment(d.Owner)["DB_USER"] != d.Service.User+"_owner" {
		t.Errorf("%v", Environment(d.Owner))
	}
}

func TestOpenReportsWhatIsWrong(t *testing.T) {
	for address, fine := range map[string]bool{
		"": true, "postgres://canary:canary@127.0.0.1:1/postgres": false, ":no address": false,
		"postgres://host:port/": false,
	} {
		t.Setenv("TEST_DATABASE_URL", address)
		if d, _, err := Open(context.Background(), "suppliers", nil); d != nil || (err == nil) != fine {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestRedisGivesTheAddress(t *testing.T) {
	t.Setenv("TEST_REDIS_URL", "redis://somewhere:6379/0")
	if got := Redis(t); got != "redis://somewhere:6379/0" {
		t.Errorf("%q", got)
	}
}

// TestProxy: against a server that sends back what it gets.
func TestProxy(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	go func() {
		for {
			c, err := server.Accept()
			if err != nil {
				return
			}
			go func() { io.Copy(c, c); c.Close() }()
		}
	}()
	p := NewProxy(t, server.Addr().String())
	say := func(c net.Conn) error {
		c.SetDeadline(time.Now().Add(300 * time.Millisecond))
		if _, err := c.Write([]byte("a")); err != nil {
			return err
		}
		_, err := c.Read(make([]byte, 1))
		return err
	}
	dial := func() net.Conn {
		t.Helper()
		c, err := net.Dial("tcp", p.Address())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	first := dial()
	if err := say(first); err != nil {
		t.Errorf("at first: %v", err)
	}
	p.Stall()
	if err := say(first); err == nil {
		t.Error("stalled: it passes on")
	}
	p.Restore()
	if err := say(first); err != nil {
		t.Errorf("after a stall: %v", err)
	}
	second := dial() // the first has an answer left, to what it said in the stall
	if err := say(second); err != nil {
		t.Errorf("after a stall, anew: %v", err)
	}
	p.Cut()
	if say(second) == nil || say(dial()) == nil {
		t.Error("cut: it passes on")
	}
	p.Restore()
	if err := say(dial()); err != nil {
		t.Errorf("after a cut: %v", err)
	}
	if p.Port() == 0 {
		t.Error("no port")
	}
}
