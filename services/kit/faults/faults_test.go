package faults

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"delivery.example/kit/env"
)

func read(mode string, variables map[string]string) (Settings, error) {
	r := env.New(func(name string) string { return variables[name] })
	s := Read(r, mode)
	return s, r.Err()
}

var every = map[string]string{
	"FAULT_LATENCY":       "200ms",
	"FAULT_ERROR_RATE":    "0.5",
	"FAULT_UNREADY":       "true",
	"FAULT_UNHEALTHY":     "true",
	"FAULT_CRASH_AFTER":   "30s",
	"FAULT_MEMORY_GROWTH": "64",
}

func TestProductionRefusesEveryFaultWithoutTheSecondKey(t *testing.T) {
	for name, value := range every {
		if _, err := read("production", map[string]string{name: value}); err == nil ||
			!strings.Contains(err.Error(), "FAULTS_IN_PRODUCTION") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := read("production", map[string]string{name: value, "FAULTS_IN_PRODUCTION": "yes"}); err == nil {
			t.Errorf("%s with a wrong key was taken", name)
		}
		if _, err := read("production", map[string]string{name: value, "FAULTS_IN_PRODUCTION": "rehearsal"}); err != nil {
			t.Errorf("%s with the key: %v", name, err)
		}
		if _, err := read("stage", map[string]string{name: value}); err != nil {
			t.Errorf("%s on stage: %v", name, err)
		}
	}
	if _, err := read("production", nil); err != nil {
		t.Errorf("no fault: %v", err)
	}
}

func TestWrongFaultsAreListedAtOnce(t *testing.T) {
	_, err := read(
		"qa",
		map[string]string{
			"FAULT_LATENCY":       "soon",
			"FAULT_ERROR_RATE":    "2",
			"FAULT_UNREADY":       "perhaps",
			"FAULT_CRASH_AFTER":   "-1s",
			"FAULT_MEMORY_GROWTH": "much",
			"FAULT_FLAWS":         "reflected-soup",
		},
	)
	for _, want := range []string{
		"FAULT_LATENCY", "FAULT_ERROR_RATE", "FAULT_UNREADY", "FAULT_CRASH_AFTER", "FAULT_MEMORY_GROWTH",
		"FAULT_FLAWS",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not in %v", want, err)
		}
	}
}

var fine = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "fine") })

func status(s Settings, path string) int {
	w := httptest.NewRecorder()
	s.Middleware(fine).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w.Code
}

func TestMiddleware(t *testing.T) {
	cases := []struct {
		name                 string
		s                    Settings
		menus, livez, readyz int
	}{
		{"none", Settings{}, 200, 200, 200},
		{"errors", Settings{ErrorRate: 1}, 500, 200, 200},
		{"unready", Settings{Unready: true}, 200, 200, 503},
		{"unhealthy", Settings{Unhealthy: true}, 200, 503, 200},
	}
	for _, c := range cases {
		if m, l, r := status(c.s, "/menus"), status(c.s, "/livez"), status(c.s, "/readyz"); m != c.menus ||
			l != c.livez ||
			r != c.readyz {
			t.Errorf("%s: %d %d %d", c.name, m, l, r)
		}
	}
	slow := Settings{Latency: 100 * time.Millisecond}
	start := time.Now()
	if status(slow, "/menus"); time.Since(start) < slow.Latency {
		t.Errorf("it took only %s", time.Since(start))
	}
	slow.Latency = time.Minute
	status(slow, "/readyz") // or the test would time out
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	slow.Middleware(fine).ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(gone, "GET", "/menus", nil))
}

func TestErrorRateIsAShareAndSaysSo(t *testing.T) {
	s := Settings{ErrorRate: 0.3}
	failed := 0
	for range 2000 {
		if status(s, "/menus") == 500 {
			failed++
		}
	}
	if failed < 400 || failed > 800 { // 600 expected, the standard deviation is 20
		t.Errorf("%d of 2000", failed)
	}
	w := httptest.NewRecorder()
	Settings{ErrorRate: 1}.Middleware(fine).ServeHTTP(w, httptest.NewRequest("GET", "/menus", nil))
	if w.Header().Get("Content-Type") != "application/problem+json" ||
		!strings.Contains(w.Body.String(), "injected fault") {
		t.Errorf("%v %s", w.Header(), w.Body)
	}
}

func TestStartSaysWhatIsOnAndCrashes(t *testing.T) {
	var log bytes.Buffer
	code := make(chan int, 1)
	s := Settings{Latency: time.Second, CrashAfter: 20 * time.Millisecond}
	s.Start(t.Context(), slog.New(slog.NewJSONHandler(&log, nil)), func(c int) { code <- c })
	if got := <-code; got == 0 {
		t.Error("a crash is not a clean end")
	}
	for _, want := range []string{"FAULTS ARE INJECTED", "latency 1s", "crash after 20ms"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%s is not in %s", want, &log)
		}
	}
}

func TestStartIsQuietWithoutFaultsAndEndsWithTheService(t *testing.T) {
	var log bytes.Buffer
	exit := func(int) { t.Error("it crashed") }
	Settings{}.Start(t.Context(), slog.New(slog.NewJSONHandler(&log, nil)), exit)
	if log.Len() > 0 {
		t.Errorf("%s", &log)
	}
	ctx, cancel := context.WithCancel(t.Context())
	Settings{CrashAfter: 50 * time.Millisecond, MemoryGrowth: 1}.Start(ctx, slog.New(slog.DiscardHandler), exit)
	cancel()
	time.Sleep(100 * time.Millisecond)
}

func TestMemoryGrows(t *testing.T) {
	lines := make(lineWriter, 10)
	Settings{MemoryGrowth: 3}.Start(t.Context(), slog.New(slog.NewJSONHandler(lines, nil)), nil)
	for {
		select {
		case line := <-lines:
			if strings.Contains(line, `"mib":3`) {
				return
			}
		case <-time.After(5 * time.Second):
			t.Fatal("nothing grew")
		}
	}
}

type lineWriter chan string

func (w lineWriter) Write(b []byte) (int, error) { w <- string(b); return len(b), nil }
