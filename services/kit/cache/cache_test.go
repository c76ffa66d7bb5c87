package cache_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"delivery.example/kit/cache"
	"delivery.example/kit/dbtest"
	"delivery.example/kit/env"
	"delivery.example/kit/id"
	"delivery.example/kit/tlstest"
)

// source is what lies behind a cache; it remembers what it was asked for.
type source struct {
	value int
	err   error
	asked [][]string
}

func (s *source) load(_ context.Context, missing []string) (map[string]int, error) {
	s.asked = append(s.asked, missing)
	values := map[string]int{}
	for _, one := range missing {
		if one != "unknown" {
			values[one] = s.value
		}
	}
	return values, s.err
}

func open(t *testing.T, address string) (*cache.Cache, *log) {
	t.Helper()
	out := &log{}
	c := cache.Open(cache.Settings{URL: address}, slog.New(slog.NewJSONHandler(out, nil)))
	t.Cleanup(func() { c.Close() })
	return c, out
}

// log may be written and read at once.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestRead(t *testing.T) {
	for _, one := range []struct {
		url, password string
		fine          bool
	}{
		{url: "", fine: true},
		{url: "redis://host:6379/0", fine: true},
		{url: "rediss://u:p@host/1", fine: true},
		{url: "rediss://host/1", password: "p", fine: true},
		{url: "rediss://u:canary@host/1", password: "canary"},
		{url: "http://canary"},
		{url: "redis://canary:x"},
	} {
		r := env.New(func(name string) string {
			return map[string]string{"REDIS_URL": one.url, "REDIS_PASSWORD": one.password}[name]
		})
		got := cache.Read(r)
		if (r.Err() == nil) != one.fine || one.fine != (got.URL == one.url && got.Password == one.password) {
			t.Errorf("%q: %v, %v", one.url, got, r.Err())
		}
		if r.Err() != nil && strings.Contains(r.Err().Error(), "canary") {
			t.Errorf("the value is in the message: %v", r.Err())
		}
	}
}

// secureRedis is a Redis over TLS that has nothing and wants a password. It gives its
// port, and counts the connections on which it was asked for values.
func secureRedis(t *testing.T, settings *tls.Config, password string) (string, *atomic.Int32) {
	t.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	asked := &atomic.Int32{}
	answer := func(connection net.Conn) {
		defer connection.Close()
		in, known := bufio.NewReader(connection), false
		for {
			words, err := command(in)
			if err != nil {
				return
			}
			reply := "-NOAUTH Authentication required.\r\n"
			switch name := strings.ToUpper(words[0]); {
			case name == "HELLO":
				reply = "-ERR unknown command\r\n"
			case name == "AUTH" && words[len(words)-1] == password:
				known, reply = true, "+OK\r\n"
			case name == "AUTH":
				reply = "-WRONGPASS invalid password\r\n"
			case known && name == "MGET":
				asked.Add(1)
				reply = fmt.Sprintf("*%d\r\n%s", len(words)-1, strings.Repeat("$-1\r\n", len(words)-1))
			case known:
				reply = "+OK\r\n"
			}
			if _, err := io.WriteString(connection, reply); err != nil {
				return
			}
		}
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go answer(connection)
		}
	}()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port, asked
}

// command reads one command of a client of Redis.
func command(in *bufio.Reader) ([]string, error) {
	var n int
	if _, err := fmt.Fscanf(in, "*%d\r\n", &n); err != nil {
		return nil, err
	}
	words := make([]string, n)
	for i := range words {
		var size int
		if _, err := fmt.Fscanf(in, "$%d\r\n", &size); err != nil {
			return nil, err
		}
		word := make([]byte, size+2)
		if _, err := io.ReadFull(in, word); err != nil {
			return nil, err
		}
		words[i] = string(word[:size])
	}
	return words, nil
}

func TestRedisOverTLSWithAPassword(t *testing.T) {
	authority, other := tlstest.New(t), tlstest.New(t)
	port, asked := secureRedis(t, authority.Server("localhost", time.Now().Add(time.Hour)), "secret")
	settings := func(file, password string) cache.Settings {
		return cache.Read(env.New(func(name string) string {
			return map[string]string{
				"REDIS_URL": "rediss://localhost:" + port + "/0", "REDIS_PASSWORD": password, "CA_FILE": file,
			}[name]
		}))
	}
	for _, one := range []struct {
		name     string
		settings cache.Settings
		reached  bool
	}{
		{"trusted, with the password", settings(authority.File, "secret"), true},
		{"of an unknown authority", settings("", "secret"), false},
		{"of another authority", settings(other.File, "secret"), false},
		{"with another password", settings(authority.File, "wrong"), false},
	} {
		asked.Store(0)
		c := cache.Open(one.settings, slog.New(slog.DiscardHandler))
		from := &source{value: 1}
		// A busy machine may take longer than a connection may.
		for range 20 {
			got, err := cache.Through(t.Context(), c, id.New(), []string{"a"}, time.Minute, from.load)
			if err != nil || got["a"] != 1 {
				t.Fatalf("%s: %v, %v: Redis is a help, never a need", one.name, got, err)
			}
			if !one.reached || asked.Load() > 0 {
				break
			}
			time.Sleep(200 * time.Millisecond)
		}
		if (asked.Load() > 0) != one.reached {
			t.Errorf("%s: Redis was asked %d times", one.name, asked.Load())
		}
		c.Close()
	}
}

func TestThroughAsksForWhatItDoesNotHave(t *testing.T) {
	c, _ := open(t, dbtest.Redis(t))
	prefix, from := id.New(), &source{value: 1}
	get := func(ctx context.Context, ids ...string) map[string]int {
		t.Helper()
		got, err := cache.Through(ctx, c, prefix, ids, time.Minute, from.load)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := get(t.Context(), "a", "b", "unknown"); fmt.Sprint(got) != "map[a:1 b:1]" {
		t.Errorf("first: %v", got)
	}
	from.value = 2
	if got := get(t.Context(), "a", "c"); fmt.Sprint(got) != "map[a:1 c:2]" ||
		!slices.Equal(from.asked[1], []string{"c"}) {
		t.Errorf("second: %v, asked %v", got, from.asked[1])
	}
	if get(t.Context(), "a", "b"); len(from.asked) != 2 {
		t.Errorf("all was there, yet it asked for %v", from.asked[2])
	}
	if get(t.Context(), "unknown"); len(from.asked) != 3 {
		t.Error("what is unknown was kept")
	}
	if got := get(cache.WithBypass(t.Context()), "a"); got["a"] != 2 {
		t.Errorf("bypass: %v", got)
	}
	if got := get(t.Context(), "a"); got["a"] != 2 {
		t.Errorf("after a bypass: %v", got)
	}
	if got := get(t.Context()); len(got) != 0 {
		t.Errorf("nothing asked for: %v", got)
	}
	want := fmt.Sprintf(`# HELP cache_requests_total Values asked for, by what came of it.
# TYPE cache_requests_total counter
cache_requests_total{cache=%[1]q,result="bypass"} 1
cache_requests_total{cache=%[1]q,result="hit"} 4
cache_requests_total{cache=%[1]q,result="miss"} 5
`, prefix)
	if err := testutil.CollectAndCompare(c, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}

func TestThroughKeepsNoFailureAndGivesWhatItHas(t *testing.T) {
	c, _ := open(t, dbtest.Redis(t))
	prefix, from := id.New(), &source{value: 1}
	if _, err := cache.Through(t.Context(), c, prefix, []string{"a"}, time.Minute, from.load); err != nil {
		t.Fatal(err)
	}
	from.err = errors.New("down")
	got, err := cache.Through(t.Context(), c, prefix, []string{"a", "b"}, time.Minute, from.load)
	if !errors.Is(err, from.err) || fmt.Sprint(got) != "map[a:1]" {
		t.Errorf("%v, %v", got, err)
	}
	from.err = nil
	if cache.Through(t.Context(), c, prefix, []string{"b"}, time.Minute, from.load); len(from.asked) != 3 {
		t.Error("a value that came with an error was kept")
	}
}

func TestValuesAreForgotten(t *testing.T) {
	c, _ := open(t, dbtest.Redis(t))
	prefix, from := id.New(), &source{value: 1}
	for range 2 {
		if _, err := cache.Through(t.Context(), c, prefix, []string{"a"}, 50*time.Millisecond, from.load); err != nil {
			t.Fatal(err)
		}
		time.Sleep(150 * time.Millisecond)
	}
	if len(from.asked) != 2 {
		t.Errorf("asked %d times", len(from.asked))
	}
}

func TestAValueOfAnotherShapeIsLoadedAgain(t *testing.T) {
	c, _ := open(t, dbtest.Redis(t))
	prefix := id.New()
	text := func(_ context.Context, _ []string) (map[string]string, error) {
		return map[string]string{"a": "text"}, nil
	}
	if _, err := cache.Through(t.Context(), c, prefix, []string{"a"}, time.Minute, text); err != nil {
		t.Fatal(err)
	}
	got, err := cache.Through(t.Context(), c, prefix, []string{"a"}, time.Minute, (&source{value: 7}).load)
	if err != nil || got["a"] != 7 {
		t.Errorf("%v, %v", got, err)
	}
	odd := func(_ context.Context, _ []string) (map[string]chan int, error) {
		return map[string]chan int{"a": nil}, nil
	}
	if got, err := cache.Through(t.Context(), c, id.New(), []string{"a"}, time.Minute, odd); err != nil ||
		len(got) != 1 {
		t.Errorf("a value that cannot be kept: %v, %v", got, err)
	}
}

func TestWithoutRedisEverythingGoesOn(t *testing.T) {
	for _, address := range []string{"", "no address"} {
		c, _ := open(t, address)
		from := &source{value: 1}
		for range 2 {
			got, err := cache.Through(t.Context(), c, "p", []string{"a"}, time.Minute, from.load)
			if err != nil || got["a"] != 1 {
				t.Errorf("%q: %v, %v", address, got, err)
			}
		}
		if len(from.asked) != 2 {
			t.Errorf("%q: it has a value", address)
		}
	}
}

// TestAnOutageIsOneWarningAndNoBurden: while Redis is gone, or silent, requests
// go on, soon without waiting for it; the log has one line for the outage and one
// for its end.
func TestAnOutageIsOneWarningAndNoBurden(t *testing.T) {
	address, err := url.Parse(dbtest.Redis(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, begin := range map[string]func(*dbtest.Proxy){"cut": (*dbtest.Proxy).Cut, "stalled": (*dbtest.Proxy).Stall} {
		t.Run(name, func(t *testing.T) {
			proxy := dbtest.NewProxy(t, address.Host)
			c, log := open(t, "redis://"+proxy.Address()+"/0")
			prefix, from := id.New(), &source{value: 1}
			get := func() {
				t.Helper()
				got, err := cache.Through(t.Context(), c, prefix, []string{"a"}, time.Minute, from.load)
				if err != nil || got["a"] != 1 {
					t.Errorf("%v, %v", got, err)
				}
			}
			get()
			begin(proxy)
			get() // finds out
			get()
			start := time.Now()
			for range 1000 {
				get()
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("1000 requests took %s", took)
			}
			proxy.Restore()
			asked := len(from.asked)
			for start = time.Now(); time.Since(start) < 10*time.Second; time.Sleep(20 * time.Millisecond) {
				if get(); len(from.asked) == asked {
					break // it came from the cache
				}
				asked = len(from.asked)
			}
			if got := strings.Count(log.String(), `"level":"WARN"`); got != 1 {
				t.Errorf("%d warnings:\n%s", got, log)
			}
			if got := strings.Count(log.String(), "answers again"); got != 1 {
				t.Errorf("%d ends:\n%s", got, log)
			}
		})
	}
}
