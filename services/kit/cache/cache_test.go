package cache_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"delivery.example/kit/cache"
	"delivery.example/kit/dbtest"
	"delivery.example/kit/env"
	"delivery.example/kit/id"
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
	c := cache.Open(address, slog.New(slog.NewJSONHandler(out, nil)))
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

func TestURL(t *testing.T) {
	for value, fine := range map[string]bool{
		"": true, "redis://host:6379/0": true, "rediss://u:p@host/1": true, "http://canary": false,
		"redis://canary:x": false,
	} {
		r := env.New(func(string) string { return value })
		if got := cache.URL(r); (r.Err() == nil) != fine || fine != (got == value) {
			t.Errorf("%q: %q, %v", value, got, r.Err())
		}
		if r.Err() != nil && strings.Contains(r.Err().Error(), "canary") {
			t.Errorf("the value is in the message: %v", r.Err())
		}
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
