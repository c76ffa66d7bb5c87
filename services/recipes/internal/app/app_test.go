package app

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"delivery.example/kit/dbtest"
	"delivery.example/kit/postgres"
)

// start runs the service with the settings until the test ends, and gives its address.
func start(t *testing.T, settings map[string]string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") // a port that is free
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	settings = maps.Clone(settings)
	settings["ADDRESS"] = listener.Addr().String()
	settings["METRICS_ADDRESS"], settings["DRAIN_DELAY"] = "127.0.0.1:0", "0s"
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, func(name string) string { return settings[name] }, io.Discard) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return "http://" + listener.Addr().String()
}

// get gives the status of a GET, 0 without an answer, and the items of the answer.
func get(url string) (status int, items []any) {
	answer, err := http.Get(url)
	if err != nil {
		return 0, nil
	}
	defer answer.Body.Close()
	var page struct{ Items []any }
	json.NewDecoder(answer.Body).Decode(&page)
	return answer.StatusCode, page.Items
}

// within wants the GET to have the status before 10 s are over.
func within(t *testing.T, url string, want int) {
	t.Helper()
	status := 0
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if status, _ = get(url); status == want {
			return
		}
	}
	t.Fatalf("%s: %d, want %d", url, status, want)
}

func TestRunInMemory(t *testing.T) {
	base := start(t, map[string]string{"STORE": "memory", "DEMO_DATA": "true"})
	within(t, base+"/readyz", 200)
	if status, items := get(base + "/recipes?limit=200"); status != 200 || len(items) != 12 {
		t.Errorf("%d: %d items", status, len(items))
	}
}

// TestRunOnPostgres: two processes wait for the schema, and add the demonstration's
// data once.
func TestRunOnPostgres(t *testing.T) {
	d := dbtest.New(t, "recipes", nil)
	settings := dbtest.Environment(d.Service)
	settings["DEMO_DATA"] = "true"
	one, two := start(t, settings), start(t, settings)
	within(t, one+"/livez", 200)
	within(t, two+"/readyz", 503)
	if _, err := postgres.Migrate(
		t.Context(), d.Owner, d.Schema, postgres.Expand, Migrations.Files, slog.New(slog.DiscardHandler),
	); err != nil {
		t.Fatal(err)
	}
	for _, base := range []string{one, two} {
		within(t, base+"/readyz", 200)
		if status, items := get(base + "/recipes?limit=200"); status != 200 || len(items) != 12 {
			t.Errorf("%d: %d items", status, len(items))
		}
	}
}

// TestRunWithoutADatabase: the process lives, is not ready, and ends cleanly.
func TestRunWithoutADatabase(t *testing.T) {
	base := start(
		t,
		map[string]string{"DB_HOST": "127.0.0.1", "DB_PORT": "1", "DB_USER": "nobody", "DEMO_DATA": "true"},
	)
	within(t, base+"/livez", 200)
	within(t, base+"/readyz", 503)
}

func TestRunListsAllFaults(t *testing.T) {
	err := Run(t.Context(), func(string) string { return "wrong" }, io.Discard)
	if err == nil {
		t.Fatal("an error was expected")
	}
	for _, name := range []string{
		"APP_MODE", "APP_URL", "STORE", "DB_PORT", "DRAIN_DELAY", "DEMO_DATA", "SUPPLIERS_URL",
		"SUPPLIERS_TIMEOUT", "REDIS_URL",
	} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not in:\n%s", name, err)
		}
	}
}

func TestProductionRefusesMemory(t *testing.T) {
	settings := map[string]string{"APP_MODE": "production", "STORE": "memory"}
	if err := Run(t.Context(), func(name string) string { return settings[name] }, io.Discard); err == nil ||
		!strings.Contains(err.Error(), "STORE") {
		t.Errorf("%v", err)
	}
}
