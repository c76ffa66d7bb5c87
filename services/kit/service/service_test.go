package service

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"delivery.example/kit/env"
)

func TestRunServesAndEndsWithTheContext(t *testing.T) {
	r := env.New(func(name string) string {
		return map[string]string{"APP_MODE": "qa", "ADDRESS": "127.0.0.1:0", "DRAIN_DELAY": "0s"}[name]
	})
	s := Read(r)
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	called := false
	time.AfterFunc(100*time.Millisecond, cancel)
	err := Run(ctx, "suppliers", s, &out, func(*http.ServeMux, *slog.Logger) error { called = true; return nil })
	if err != nil || !called {
		t.Errorf("err %v, called %t", err, called)
	}
	for _, want := range []string{`"service":"suppliers"`, `"app_mode":"qa"`, `"msg":"ready"`, `"msg":"stopped"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is not in the log:\n%s", want, &out)
		}
	}
}

func TestLogLevelIsASetting(t *testing.T) {
	for level, want := range map[string]string{
		"": "INFO WARN ERROR ", "debug": "DEBUG INFO WARN ERROR ", "info": "INFO WARN ERROR ",
		"warn": "WARN ERROR ", "error": "ERROR ",
	} {
		s := read(t, map[string]string{"LOG_LEVEL": level})
		var out bytes.Buffer
		log := Logger("x", &out, s.LogLevel)
		log.Debug("")
		log.Info("")
		log.Warn("")
		log.Error("")
		got := ""
		for line := range strings.Lines(out.String()) {
			_, rest, _ := strings.Cut(line, `"level":"`)
			word, _, _ := strings.Cut(rest, `"`)
			got += word + " "
		}
		if got != want {
			t.Errorf("LOG_LEVEL=%s logs %s", level, got)
		}
	}
	r := env.New(func(name string) string { return map[string]string{"LOG_LEVEL": "loud"}[name] })
	want := `LOG_LEVEL: "loud" is none of debug, info, warn, error`
	if Read(r); r.Err() == nil || !strings.Contains(r.Err().Error(), want) {
		t.Errorf("%v", r.Err())
	}
}

func TestRunHeedsTheLogLevel(t *testing.T) {
	s := read(t, map[string]string{
		"ADDRESS": "127.0.0.1:0", "DRAIN_DELAY": "0s", "METRICS_ADDRESS": "off", "LOG_LEVEL": "error",
	})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	var out bytes.Buffer
	err := Run(ctx, "x", s, &out, func(*http.ServeMux, *slog.Logger) error { return nil })
	if err != nil || out.Len() > 0 {
		t.Errorf("%v: %s", err, &out)
	}
}

func TestProfilesAreOnTheMetricsPortOnly(t *testing.T) {
	s := read(t, map[string]string{"ADDRESS": "127.0.0.1:0", "METRICS_ADDRESS": "127.0.0.1:0", "DRAIN_DELAY": "0s"})
	ctx, cancel := context.WithCancel(t.Context())
	out, ended := &output{}, make(chan error, 1)
	go func() {
		ended <- Run(ctx, "x", s, out, func(*http.ServeMux, *slog.Logger) error { return nil })
	}()
	address := out.find(t, `"msg":"ready","service":"x","address":"([^"]+)"`)
	metrics := out.find(t, `"metrics_address":"([^"]+)"`)
	for path, want := range map[string]string{
		"":                          "heap",
		"goroutine?debug=1":         "kit/service.Run",
		"heap?debug=1":              "heap profile",
		"profile?seconds=1":         "\x1f\x8b",
		"trace?seconds=0.1":         "go 1.",
		"symbol":                    "num_symbols",
		"cmdline":                   "service",
		"no-such-profile?seconds=1": "",
	} {
		status, body := get(t, "http://"+metrics+"/debug/pprof/"+path)
		if want == "" && status != 404 || want != "" && (status != 200 || !strings.Contains(body, want)) {
			t.Errorf("%s: %d %.80q", path, status, body)
		}
		if status, _ := get(t, "http://"+address+"/debug/pprof/"+path); status != 404 {
			t.Errorf("%s is on the product's port: %d", path, status)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestPrepareWaitsForTheDatabaseOnly(t *testing.T) {
	away := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	wrong := errors.New("no such table")
	calls := 0
	prepare := func(answers ...error) error {
		calls = 0
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		s := read(t, map[string]string{"ADDRESS": "127.0.0.1:0", "METRICS_ADDRESS": "off", "DRAIN_DELAY": "0s"})
		return Run(ctx, "x", s, io.Discard, func(*http.ServeMux, *slog.Logger) error { return nil },
			Prepare(func(context.Context) error { calls++; return answers[min(calls, len(answers))-1] }))
	}
	if err := prepare(away, nil); err != nil || calls != 2 {
		t.Errorf("away once: %v after %d calls", err, calls)
	}
	if err := prepare(wrong); !errors.Is(err, wrong) || calls != 1 {
		t.Errorf("wrong: %v after %d calls", err, calls)
	}
	prepare(away)
	if calls != 2 {
		t.Errorf("away until the end: %d calls", calls)
	}
}

func TestRunReportsAnAddressThatCannotBeUsed(t *testing.T) {
	s := Settings{Address: "256.0.0.1:1"}
	if err := Run(t.Context(), "x", s, io.Discard, func(*http.ServeMux, *slog.Logger) error { return nil }); err == nil {
		t.Error("an error was expected")
	}
}

func TestRunReportsRoutesThatCannotBeMade(t *testing.T) {
	want := errors.New("no contract")
	s := Settings{Address: "127.0.0.1:0"}
	if err := Run(t.Context(), "x", s, io.Discard, func(*http.ServeMux, *slog.Logger) error { return want }); !errors.Is(err, want) {
		t.Errorf("%v", err)
	}
}

func TestMainGivesTheExitCode(t *testing.T) {
	arguments := os.Args
	os.Args = arguments[:1] // without the test's own
	defer func() { os.Args = arguments }()
	if code := Main(func(context.Context, func(string) string, io.Writer) error { return errors.New("no") }); code != 1 {
		t.Errorf("%d", code)
	}
	code := Main(func(ctx context.Context, _ func(string) string, _ io.Writer) error {
		if err := syscall.Kill(syscall.Getpid(), syscall.SIGTERM); err != nil {
			return err
		}
		<-ctx.Done()
		return nil
	})
	if code != 0 {
		t.Errorf("%d", code)
	}
}
