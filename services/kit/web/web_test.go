package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"delivery.example/kit/problem"
)

func logger(w io.Writer) *slog.Logger { return slog.New(slog.NewJSONHandler(w, nil)) }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestObserveLogsOneLineWithRouteAndRequestID(t *testing.T) {
	var out bytes.Buffer
	mux := http.NewServeMux()
	mux.HandleFunc("GET /menus/{id}", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, RequestID(r.Context()))
	})
	r := httptest.NewRequest("GET", "/menus/17?note=private", nil)
	r.Header.Set(RequestIDHeader, "abc-1")
	w := httptest.NewRecorder()
	Observe(logger(&out), mux).ServeHTTP(w, r)
	if w.Body.String() != "abc-1" || w.Header().Get(RequestIDHeader) != "abc-1" {
		t.Errorf("the caller's request id was not kept: %q", w.Body)
	}
	if strings.Count(out.String(), "\n") != 1 || strings.Contains(out.String(), "private") {
		t.Fatalf("one line without the query was expected:\n%s", &out)
	}
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line["route"] != "GET /menus/{id}" || line["request_id"] != "abc-1" || line["status"] != 200.0 ||
		line["bytes"] != 5.0 {
		t.Errorf("%v", line)
	}
}

func TestObserveMakesAnIDWhenTheCallersIsHostile(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set(RequestIDHeader, "a b\"$(x)")
	w := httptest.NewRecorder()
	Observe(quiet(), http.NotFoundHandler()).ServeHTTP(w, r)
	if got := w.Header().Get(RequestIDHeader); len(got) != 36 {
		t.Errorf("%q", got)
	}
}

func TestObserveTurnsAPanicIntoAProblem(t *testing.T) {
	var out bytes.Buffer
	w := httptest.NewRecorder()
	Observe(
		logger(&out),
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("seven") }),
	).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 500 || strings.Contains(w.Body.String(), "seven") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(out.String(), `"panic":"seven"`) {
		t.Errorf("%s", &out)
	}
}

// deep is where the fault is, for its name in a stack.
func deep(w http.ResponseWriter, written string) {
	io.WriteString(w, written)
	counts := []int{}
	counts[len(written)]++
}

func TestObserveLogsWhereAPanicCameFrom(t *testing.T) {
	var out bytes.Buffer
	mux := http.NewServeMux()
	mux.HandleFunc("GET /deep", func(w http.ResponseWriter, _ *http.Request) { deep(brokenPipe{w}, "") })
	Observe(logger(&out), mux).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/deep", nil))
	var line struct{ Level, Stack, Panic string }
	if err := json.Unmarshal(out.Bytes(), &line); err != nil { // one line
		t.Fatalf("%v: %s", err, &out)
	}
	if line.Level != "ERROR" || !strings.Contains(line.Panic, "out of range") {
		t.Errorf("%+v", line)
	}
	first, _, _ := strings.Cut(line.Stack, "\n")
	if !strings.Contains(first, "web.deep(") || !strings.Contains(line.Stack, "web_test.go:") {
		t.Errorf("the stack does not begin where the panic was:\n%s", line.Stack)
	}
	out.Reset()
	Observe(logger(&out), http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	if strings.Contains(out.String(), "stack") {
		t.Errorf("a request that ended well has a stack: %s", &out)
	}
}

// brokenPipe writes nothing, not even a status.
type brokenPipe struct{ http.ResponseWriter }

func (brokenPipe) Write(b []byte) (int, error) { return len(b), nil }

// Half an answer must not look like a whole one.
func TestObserveBreaksOffAnAnswerThatAPanicCutsShort(t *testing.T) {
	var out bytes.Buffer
	server := httptest.NewServer(Observe(logger(&out), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		deep(w, `{"items":[`)
	})))
	defer server.Close()
	answer, err := http.Get(server.URL)
	if err == nil {
		defer answer.Body.Close()
		_, err = io.ReadAll(answer.Body)
	}
	if err == nil {
		t.Error("the caller takes half an answer for a whole one")
	}
	server.Close()
	if !strings.Contains(out.String(), "web.deep(") {
		t.Errorf("%s", &out)
	}
}

// What the handler has set for its own answer does not go out with the problem.
func TestObserveSendsAProblemWithoutTheHeadersOfTheAnswer(t *testing.T) {
	w := httptest.NewRecorder()
	Observe(quiet(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for _, name := range []string{"ETag", "Location", "Content-Length", "Content-Encoding"} {
			w.Header().Set(name, "1")
		}
		w.Header().Set("Cache-Control", "max-age=60")
		panic("seven")
	})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	for _, name := range []string{"ETag", "Location", "Content-Length", "Content-Encoding"} {
		if got := w.Header().Get(name); got != "" {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := w.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control: %s", got)
	}
	if w.Header().Get(RequestIDHeader) == "" || w.Header().Get("Content-Type") != problem.ContentType {
		t.Errorf("%v", w.Header())
	}
}

func TestObserveKeepsQuietAboutGoodProbesOnly(t *testing.T) {
	var out bytes.Buffer
	mux := http.NewServeMux()
	health := &Health{}
	health.Routes(mux, Version{})
	h := Observe(logger(&out), mux)
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/livez", nil))
	if out.Len() != 0 {
		t.Errorf("a good probe was logged: %s", &out)
	}
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/readyz", nil))
	if !strings.Contains(out.String(), `"status":503`) {
		t.Errorf("a failing probe was not logged: %s", &out)
	}
}

func TestReadJSON(t *testing.T) {
	cases := map[string]int{
		`{"name":"a"}`:   0,
		`{"name":1}`:     400,
		`{"nome":"a"}`:   400,
		`{"name":"a"}{}`: 400,
		``:               400,
		`{"name":"` + strings.Repeat("a", BodyLimit) + `"}`: 413,
	}
	for body, want := range cases {
		var v struct{ Name string }
		err := ReadJSON(httptest.NewRecorder(), httptest.NewRequest("POST", "/", strings.NewReader(body)), &v)
		got := 0
		var p *problem.Problem
		if errors.As(err, &p) {
			got = p.Status
		}
		if got != want {
			t.Errorf("%.20q: %d, want %d", body, got, want)
		}
	}
}

func TestHandle(t *testing.T) {
	var out bytes.Buffer
	cases := []struct {
		err  error
		want int
	}{{nil, 200}, {problem.New(404, "no such menu"), 404}, {errors.New("connection to db-7 lost"), 500}}
	for _, c := range cases {
		w := httptest.NewRecorder()
		Handle(
			logger(&out),
			func(http.ResponseWriter, *http.Request) error { return c.err },
		)(
			w,
			httptest.NewRequest("GET", "/", nil),
		)
		if w.Code != c.want {
			t.Errorf("%v: %d", c.err, w.Code)
		}
		if strings.Contains(w.Body.String(), "db-7") {
			t.Errorf("the answer tells something internal: %s", w.Body)
		}
	}
	if !strings.Contains(out.String(), "db-7") {
		t.Error("the unexpected error is not in the log")
	}
}

func TestVersion(t *testing.T) {
	dir := t.TempDir()
	if v := ReadVersion(dir, "qa"); v.SHA != "unknown" || v.AppMode != "qa" {
		t.Errorf("%+v", v)
	}
	if v := ReadVersion("", "qa"); v.SHA != "unknown" {
		t.Errorf("%+v", v)
	}
	file := `{"sha":"0123abc","commitTime":"2026-01-02T03:04:05Z"}`
	if err := os.WriteFile(filepath.Join(dir, "version.json"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	health := &Health{}
	health.SetReady(true)
	mux := http.NewServeMux()
	health.Routes(mux, ReadVersion(dir, "qa"))
	for path, want := range map[string]string{
		"/version": `{"sha":"0123abc","commitTime":"2026-01-02T03:04:05Z","appMode":"qa"}`,
		"/readyz":  `{"status":"ready"}`,
	} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if got := strings.TrimSpace(w.Body.String()); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
}

// TestServeDrains: after the end of ctx /readyz is off while requests are still
// served, and an open request completes.
func TestServeDrains(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + listener.Addr().String()
	health, started, mux := &Health{}, make(chan struct{}), http.NewServeMux()
	health.Routes(mux, Version{})
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
		close(started)
		time.Sleep(1200 * time.Millisecond)
		io.WriteString(w, "done")
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(ctx, listener, mux, health, Life{DrainDelay: 800 * time.Millisecond, Deadline: 5 * time.Second}, quiet())
	}()
	for start := time.Now(); !strings.HasPrefix(get(url+"/readyz"), `{"status":"ready"`); time.Sleep(time.Millisecond) {
		if time.Since(start) > 5*time.Second {
			t.Fatal("it does not become ready")
		}
	}
	slow := make(chan string, 1)
	go func() { slow <- get(url + "/slow") }()
	<-started
	cancel()
	time.Sleep(50 * time.Millisecond)
	if got := get(url + "/readyz"); !strings.Contains(got, "draining") {
		t.Errorf("during the drain: %s", got)
	}
	if got := <-slow; got != "done" {
		t.Errorf("the open request: %s", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestServeCutsOffAfterTheDeadlineAndSaysSo(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{})
	release := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(ctx, listener, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			close(started)
			<-release
		}), &Health{}, Life{Deadline: 50 * time.Millisecond}, quiet())
	}()
	go get("http://" + listener.Addr().String())
	<-started
	cancel()
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("%v", err)
	}
	close(release)
}

func TestServeReportsAClosedListener(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	if err := Serve(t.Context(), listener, http.NotFoundHandler(), &Health{}, Life{}, quiet()); err == nil {
		t.Error("an error was expected")
	}
}

func get(url string) string {
	answer, err := http.Get(url)
	if err != nil {
		return "error: " + err.Error()
	}
	defer answer.Body.Close()
	b, _ := io.ReadAll(answer.Body)
	return string(b)
}
