package client_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"delivery.example/kit/cache"
	"delivery.example/kit/client"
	"delivery.example/kit/trace"
	"delivery.example/kit/web"
)

var quiet = slog.New(slog.DiscardHandler)

// server answers the nth request, from 1, by answer.
func server(
	t *testing.T,
	answer func(n int64, w http.ResponseWriter, r *http.Request),
) (address string, asked *atomic.Int64) {
	t.Helper()
	asked = &atomic.Int64{}
	s := httptest.NewServer(
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(asked.Add(1), w, r) }),
	)
	t.Cleanup(s.Close)
	return s.URL, asked
}

func call(
	t *testing.T,
	c *client.Client,
	method, address, body string,
	headers ...string,
) (*http.Response, string, error) {
	t.Helper()
	return callWith(t.Context(), t, c, method, address, body, headers...)
}

func callWith(
	ctx context.Context,
	t *testing.T,
	c *client.Client,
	method, address, body string,
	headers ...string,
) (*http.Response, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(headers); n += 2 {
		r.Header.Set(headers[n], headers[n+1])
	}
	answer, err := c.Do(r)
	if err != nil {
		return nil, "", err
	}
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(b), nil
}

func TestDoPassesOnWhatBelongsToTheRequest(t *testing.T) {
	var got http.Header
	address, _ := server(t, func(_ int64, _ http.ResponseWriter, r *http.Request) { got = r.Header })
	ctx := trace.Continue(t.Context(), http.Header{
		"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}, "Tracestate": {"vendor=1"}})
	ctx = cache.WithBypass(web.WithRequestID(ctx, "abc-3"))
	if _, _, err := callWith(ctx, t, client.New("x", time.Second, quiet), "GET", address, ""); err != nil {
		t.Fatal(err)
	}
	if got.Get("X-Request-Id") != "abc-3" || got.Get("Cache-Control") != "no-cache" ||
		got.Get("Tracestate") != "vendor=1" {
		t.Errorf("%v", got)
	}
	parent := strings.Split(got.Get("Traceparent"), "-")
	if len(parent) != 4 || parent[1] != "0af7651916cd43dd8448eb211c80319c" || parent[2] == "b7ad6b7169203331" ||
		parent[3] != "01" {
		t.Errorf("%v", parent)
	}
	if _, _, err := call(t, client.New("x", time.Second, quiet), "GET", address, ""); err != nil {
		t.Fatal(err)
	}
	if got.Get("Cache-Control") != "" || got.Get("X-Request-Id") != "" || got.Get("Traceparent") != "" {
		t.Errorf("out of nothing: %v", got)
	}
}

func TestWhatMayBeRepeatedIsTriedAgain(t *testing.T) {
	cases := []struct {
		method  string
		headers []string
		tries   int64
	}{
		{"GET", nil, 3}, {"PUT", nil, 3}, {"DELETE", nil, 3},
		{"POST", nil, 1}, {"PATCH", nil, 1},
		{"POST", []string{"Idempotency-Key", "k"}, 3},
	}
	for _, c := range cases {
		for _, status := range []int{502, 503, 504} {
			var last string
			address, asked := server(t, func(_ int64, w http.ResponseWriter, r *http.Request) {
				b, _ := io.ReadAll(r.Body)
				last = string(b)
				w.WriteHeader(status)
				io.WriteString(w, "why")
			})
			answer, body, err := call(
				t,
				client.New("x", 3*time.Second, quiet),
				c.method,
				address,
				"the body",
				c.headers...)
			if err != nil || answer.StatusCode != status || body != "why" || asked.Load() != c.tries ||
				last != "the body" {
				t.Errorf(
					"%s %d %v: %v %q, asked %d times, with %q",
					c.method,
					status,
					c.headers,
					err,
					body,
					asked.Load(),
					last,
				)
			}
		}
	}
	address, asked := server(t, func(n int64, w http.ResponseWriter, r *http.Request) {
		if n == 1 {
			panic(http.ErrAbortHandler) // the connection is lost
		}
		io.WriteString(w, "there")
	})
	if _, body, err := call(t, client.New("x", 3*time.Second, quiet), "GET", address, ""); err != nil ||
		body != "there" ||
		asked.Load() != 2 {
		t.Errorf("a lost connection: %q, %v", body, err)
	}
	for _, status := range []int{404, 500, 302} {
		address, asked := server(t, func(_ int64, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		})
		if answer, _, err := call(t, client.New("x", 3*time.Second, quiet), "GET", address, ""); err != nil ||
			answer.StatusCode != status ||
			asked.Load() != 1 {
			t.Errorf("%d: %v, asked %d times", status, err, asked.Load())
		}
	}
}

func TestAWholeCallEndsInTime(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	hang := func(r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}
	cases := map[string]func(n int64, w http.ResponseWriter, r *http.Request){
		"no answer": func(_ int64, _ http.ResponseWriter, r *http.Request) { hang(r) },
		"half an answer": func(_ int64, w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			hang(r)
		},
		"refused, then no answer": func(n int64, w http.ResponseWriter, r *http.Request) {
			if n > 1 {
				hang(r)
			}
			w.WriteHeader(503)
		},
	}
	for name, answer := range cases {
		address, _ := server(t, answer)
		start := time.Now()
		_, _, err := call(t, client.New("slowcoach", 300*time.Millisecond, quiet), "GET", address, "")
		// What hangs has no end.
		if took := time.Since(start); err == nil || took > 10*time.Second {
			t.Errorf("%s: after %s: %v", name, took, err)
		}
		if err != nil && !strings.Contains(err.Error(), "slowcoach") {
			t.Errorf("%s: who it was is not said: %v", name, err)
		}
	}
}

func TestTheAnswerIsBounded(t *testing.T) {
	address, asked := server(
		t,
		func(_ int64, w http.ResponseWriter, r *http.Request) { w.Write(make([]byte, web.BodyLimit+1)) },
	)
	if _, _, err := call(t, client.New("x", 3*time.Second, quiet), "GET", address, ""); err == nil ||
		asked.Load() != 1 {
		t.Errorf("%v, asked %d times", err, asked.Load())
	}
}

func TestTheBreakerOpensAndCloses(t *testing.T) {
	var broken atomic.Bool
	broken.Store(true)
	address, asked := server(t, func(_ int64, w http.ResponseWriter, r *http.Request) {
		if broken.Load() {
			w.WriteHeader(503)
		}
	})
	var log bytes.Buffer
	c := client.New("suppliers", 2*time.Second, slog.New(slog.NewJSONHandler(&log, nil)))
	state := func(want string) {
		t.Helper()
		text := "# HELP circuit_breaker_state 0 closed: calls are made; 1 half open: one is tried; 2 open: none is made.\n" +
			"# TYPE circuit_breaker_state gauge\ncircuit_breaker_state{target=\"suppliers\"} " + want + "\n"
		if err := testutil.CollectAndCompare(c, strings.NewReader(text), "circuit_breaker_state"); err != nil {
			t.Error(err)
		}
	}
	state("0")
	for range 5 {
		call(t, c, "GET", address, "")
	}
	if _, _, err := call(t, c, "GET", address, ""); !errors.Is(err, client.ErrDown) || asked.Load() != 5 {
		t.Errorf("%v, asked %d times", err, asked.Load())
	}
	state("2")
	broken.Store(false)
	for start := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if _, _, err := call(t, c, "GET", address, ""); err == nil {
			break
		}
		if time.Since(start) > 10*time.Second {
			t.Fatal("it stays open")
		}
	}
	state("0")
	if strings.Count(log.String(), "breaker opened") != 1 || strings.Count(log.String(), "breaker closed") != 1 {
		t.Errorf("%s", &log)
	}
}

// TestACallerThatGoesAwayIsNoFailure: else impatient visitors would open the breaker.
func TestACallerThatGoesAwayIsNoFailure(t *testing.T) {
	address, _ := server(t, func(_ int64, w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-r.Context().Done()
		}
	})
	c := client.New("x", 5*time.Second, quiet)
	for range 10 {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Millisecond, cancel)
		if _, _, err := callWith(ctx, t, c, "GET", address+"/slow", ""); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	}
	if _, _, err := call(t, c, "GET", address, ""); err != nil {
		t.Errorf("%v", err)
	}
}

func TestABodyThatCannotBeReadAgainIsSentOnce(t *testing.T) {
	address, asked := server(t, func(_ int64, w http.ResponseWriter, r *http.Request) { w.WriteHeader(503) })
	c := client.New("x", 2*time.Second, quiet)
	once, err := http.NewRequestWithContext(t.Context(), "PUT", address, io.LimitReader(strings.NewReader("once"), 4))
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := c.Do(once); err != nil || answer.StatusCode != 503 || asked.Load() != 1 {
		t.Errorf("%v, asked %d times", err, asked.Load())
	}
	broken, err := http.NewRequestWithContext(t.Context(), "PUT", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	broken.GetBody = func() (io.ReadCloser, error) { return nil, errors.New("gone") }
	if _, err := c.Do(broken); err == nil || asked.Load() != 1 {
		t.Errorf("%v, asked %d times", err, asked.Load())
	}
}
