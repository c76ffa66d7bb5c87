package service

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"delivery.example/kit/dbtest"
	"delivery.example/kit/env"
	"delivery.example/kit/web"
)

// output may be written and read at once.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// find waits for what form's group finds in the output.
func (o *output) find(t *testing.T, form string) string {
	t.Helper()
	for range 500 {
		if found := regexp.MustCompile(form).FindStringSubmatch(o.String()); found != nil {
			return found[1]
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s is not in the log:\n%s", form, o)
	return ""
}

func read(t *testing.T, variables map[string]string) Settings {
	t.Helper()
	r := env.New(func(name string) string { return variables[name] })
	s := Read(r)
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return s
}

func get(t *testing.T, address string) (int, string) {
	t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(b)
}

func TestReadRefusesMemoryInProduction(t *testing.T) {
	r := env.New(
		func(name string) string { return map[string]string{"STORE": "memory", "APP_MODE": "production"}[name] },
	)
	if s := Read(r); !s.Memory || r.Err() == nil || !strings.Contains(r.Err().Error(), "STORE") {
		t.Errorf("%+v, %v", s, r.Err())
	}
	if s := read(t, map[string]string{"METRICS_ADDRESS": "off"}); s.MetricsAddress != "" || s.Memory {
		t.Errorf("%+v", s)
	}
}

var files = fstest.MapFS{
	"expand/00001_dish.sql":  {Data: []byte("-- +goose Up\nCREATE TABLE dish (id bigint);")},
	"contract/00001_not.sql": {Data: []byte("-- +goose Up\nCREATE TABLE pan (id bigint);")},
}

// TestAServiceIsReadyWithItsSchema: it starts without, is alive but not ready,
// becomes ready when the migration has run, and shows its figures.
func TestAServiceIsReadyWithItsSchema(t *testing.T) {
	d := dbtest.New(t, "suppliers", nil)
	pool := d.Pool(t)
	s := read(t, map[string]string{"ADDRESS": "127.0.0.1:0", "METRICS_ADDRESS": "127.0.0.1:0", "DRAIN_DELAY": "0s"})
	out := &output{}
	ctx, cancel := context.WithCancel(t.Context())
	ended, waited := make(chan error, 1), make(chan bool, 1)
	listening := make(chan bool)
	go func() {
		ended <- Run(ctx, "suppliers", s, out, func(mux *http.ServeMux, log *slog.Logger) error {
			mux.HandleFunc("GET /dishes", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "soup") })
			close(listening)
			return nil
		}, Database(pool, "suppliers", files), ReadyWhen(func(context.Context) error { waited <- true; return nil }))
	}()
	<-listening
	time.Sleep(200 * time.Millisecond)
	if strings.Contains(out.String(), `"msg":"ready"`) {
		t.Fatal("it is ready without its schema")
	}
	var migrated bytes.Buffer
	owner := dbtest.Environment(d.Owner)
	if code := command(
		t.Context(), []string{"migrate", "expand"}, func(name string) string { return owner[name] },
		&migrated, io.Discard, nil, []Migrations{{"suppliers", files}},
	); code != 0 {
		t.Fatalf("migrate: %d %s", code, &migrated)
	}
	address := out.find(t, `"msg":"ready","service":"suppliers","address":"([^"]+)"`)
	if !<-waited {
		t.Error("the other condition was not asked")
	}
	if status, body := get(t, "http://"+address+"/dishes"); status != 200 || body != "soup" {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := get(t, "http://"+address+"/metrics"); status != 404 {
		t.Errorf("figures are on the product's port: %d", status)
	}
	if status, _ := get(t, "http://"+address+"/debug/pprof/"); status != 404 {
		t.Errorf("profiles are on the product's port: %d", status)
	}
	metrics := out.find(t, `"metrics_address":"([^"]+)"`)
	_, figures := get(t, "http://"+metrics+"/metrics")
	for _, want := range []string{
		`http_requests_total{method="GET",route="/dishes",status="200",version="unknown"} 1`,
		"db_pool_connections{",
	} {
		if !strings.Contains(figures, want) {
			t.Errorf("%s is not in\n%s", want, figures)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := http.Get("http://" + metrics + "/metrics"); err == nil {
		t.Error("the metrics listener outlives the service")
	}
}

func TestRunEndsWithWhatKeepsItFromStarting(t *testing.T) {
	nothing := func(*http.ServeMux, *slog.Logger) error { return nil }
	want := errors.New("no data")
	s := Settings{Address: "127.0.0.1:0", Life: web.Life{}}
	err := Run(t.Context(), "x", s, io.Discard, nothing, ReadyWhen(func(context.Context) error { return want }))
	if !errors.Is(err, want) {
		t.Errorf("%v", err)
	}
	s.MetricsAddress = "256.0.0.1:1"
	if err := Run(t.Context(), "x", s, io.Discard, nothing); err == nil ||
		!strings.Contains(err.Error(), "METRICS_ADDRESS") {
		t.Errorf("%v", err)
	}
	soups := prometheus.NewCounter(prometheus.CounterOpts{Name: "soups_total", Help: "Soups."})
	if err := Run(t.Context(), "x", Settings{Address: "127.0.0.1:0"}, io.Discard, nothing, Collect(soups, soups)); err == nil {
		t.Error("figures of the same name twice: an error was expected")
	}
}

func TestMigrateAsASubcommand(t *testing.T) {
	d := dbtest.New(t, "suppliers", nil)
	variables := dbtest.Environment(d.Owner)
	run := func(arguments ...string) (code int, out, errs string) {
		var o, e bytes.Buffer
		code = command(
			t.Context(),
			arguments,
			func(name string) string { return variables[name] },
			&o,
			&e,
			nil,
			[]Migrations{{"suppliers", files}},
		)
		return code, o.String(), e.String()
	}
	steps := []struct {
		arguments string
		code      int
		out, errs string
	}{
		{"migrate contract", 1, "", "expand is pending"},
		{"migrate status", 0, `{"step":"expand","version":1,"file":"00001_dish.sql","applied":null}`, ""},
		{"migrate expand", 0, `"applied":1`, ""},
		{"migrate expand", 0, `"applied":0`, ""},
		{"migrate contract", 0, `"file":"00001_not.sql"`, ""},
		{"migrate down", 2, "", "usage"},
		{"migrate", 2, "", "usage"},
		{"serve", 2, "", "usage"},
	}
	for _, s := range steps {
		code, out, errs := run(strings.Fields(s.arguments)...)
		if code != s.code || !strings.Contains(out, s.out) || !strings.Contains(errs, s.errs) {
			t.Errorf("%s: %d\n%s%s", s.arguments, code, out, errs)
		}
		if strings.Contains(out+errs, d.Owner.Password) {
			t.Errorf("%s: the password is in the output", s.arguments)
		}
	}
	variables = map[string]string{}
	if code, _, errs := run("migrate", "expand"); code != 1 || !strings.Contains(errs, "DB_HOST") {
		t.Errorf("no settings: %d %s", code, errs)
	}
	variables = dbtest.Environment(d.Owner)
	variables["DB_PORT"] = "1"
	if code, _, errs := run("migrate", "status"); code != 1 || strings.Contains(errs, d.Owner.Password) {
		t.Errorf("no server: %d %s", code, errs)
	}
}
