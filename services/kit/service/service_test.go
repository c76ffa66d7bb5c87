package service

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
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
