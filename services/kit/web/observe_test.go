package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"delivery.example/kit/trace"
)

// meter remembers what it was told.
type meter struct {
	began, ended int
	last         string
}

func (m *meter) Begin() { m.began++ }

func (m *meter) End(method, pattern string, status int, _ float64) {
	m.ended++
	m.last = method + " | " + pattern + " | " + http.StatusText(status)
}

func TestObserveSetsSecurityHeadersThatAHandlerMayReplace(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc(
		"GET /kept",
		func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Cache-Control", "max-age=60") },
	)
	for path, caching := range map[string]string{"/kept": "max-age=60", "/nowhere": "no-store"} {
		w := httptest.NewRecorder()
		Observe(quiet(), mux).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		for name, want := range map[string]string{
			"X-Content-Type-Options":  "nosniff",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
			"Referrer-Policy":         "no-referrer", "Cache-Control": caching,
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		if w.Header().Get("Traceparent") != "" {
			t.Error("the trace is returned to the caller")
		}
	}
}

func TestObserveMetersRequestsButNotProbes(t *testing.T) {
	m := &meter{}
	mux := http.NewServeMux()
	(&Health{}).Routes(mux, Version{})
	mux.HandleFunc("GET /menus/{id}", func(http.ResponseWriter, *http.Request) { panic("seven") })
	mux.HandleFunc("GET /gone", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	h := Observe(quiet(), mux, m)
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/readyz", nil))
	if m.began != 0 || m.ended != 0 {
		t.Errorf("a probe: %+v", m)
	}
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/menus/17", nil))
	if m.began != 1 || m.ended != 1 || m.last != "GET | GET /menus/{id} | Internal Server Error" {
		t.Errorf("a request: %+v", m)
	}
	func() {
		defer func() {
			if recover() != http.ErrAbortHandler {
				t.Error("the handler's wish to abort was swallowed")
			}
		}()
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/gone", nil))
	}()
	if m.began != 2 || m.ended != 2 {
		t.Errorf("an aborted request: %+v", m)
	}
}

func TestObserveContinuesTheTraceAndTheWishForFreshValues(t *testing.T) {
	var out bytes.Buffer
	fresh, id := false, ""
	h := Observe(logger(&out), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fresh, id = Bypass(r.Context()), trace.ID(r.Context())
	}))
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	r.Header.Set("Cache-Control", "no-cache")
	h.ServeHTTP(httptest.NewRecorder(), r)
	if !fresh || id != "0af7651916cd43dd8448eb211c80319c" || !strings.Contains(out.String(), `"trace_id":"`+id+`"`) {
		t.Errorf("%t %s %s", fresh, id, &out)
	}
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	if fresh || len(id) != 32 {
		t.Errorf("%t %s", fresh, id)
	}
}

// TestHandleTellsAnOutageFromAMistake: and the error stands in the request's one line.
func TestHandleTellsAnOutageFromAMistake(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	cases := []struct {
		ctx        context.Context
		err        error
		status     int
		retryAfter string
	}{
		{t.Context(), &pgconn.PgError{Code: "53300", Message: "inner"}, 503, "2"},
		{t.Context(), &net.OpError{Op: "inner", Err: errors.New("reset")}, 503, "2"},
		{t.Context(), errors.New("inner"), 500, ""},
		{gone, context.Canceled, 503, ""},
	}
	for _, c := range cases {
		var out bytes.Buffer
		log := logger(&out)
		w := httptest.NewRecorder()
		Observe(
			log,
			Handle(log, func(http.ResponseWriter, *http.Request) error { return c.err }),
		).ServeHTTP(w, httptest.NewRequestWithContext(c.ctx, "GET", "/", nil))
		if w.Code != c.status || w.Header().Get("Retry-After") != c.retryAfter ||
			w.Header().Get("Content-Type") != "application/problem+json" ||
			strings.Contains(w.Body.String(), "inner") {
			t.Errorf("%v: %d %v %s", c.err, w.Code, w.Header(), w.Body)
		}
		var line map[string]any
		if err := json.Unmarshal(out.Bytes(), &line); err != nil || line["error"] != c.err.Error() ||
			line["level"] != "ERROR" {
			t.Errorf("%v: %v\n%s", c.err, err, &out)
		}
	}
}

// serve serves handler until the test ends it and gives what Serve gave.
func serve(
	t *testing.T,
	handler http.Handler,
	health *Health,
	life Life,
	conditions ...func(context.Context) error,
) (address string, end context.CancelFunc, ended chan error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended = make(chan error, 1)
	go func() { ended <- Serve(ctx, listener, handler, health, life, quiet(), conditions...) }()
	return "http://" + listener.Addr().String(), cancel, ended
}

func TestServeIsReadyWhenItsConditionsAre(t *testing.T) {
	open := make(chan struct{})
	condition := func(ctx context.Context) error {
		select {
		case <-open:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	mux, health := http.NewServeMux(), &Health{}
	health.Routes(mux, Version{})
	address, end, ended := serve(t, mux, health, Life{Deadline: time.Second}, condition)
	if got := get(address + "/livez"); !strings.Contains(got, "alive") {
		t.Errorf("it waits and is alive: %s", got)
	}
	if got := get(address + "/readyz"); !strings.Contains(got, "starting") {
		t.Errorf("it is ready too early: %s", got)
	}
	close(open)
	for start := time.Now(); !health.Ready(); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > 5*time.Second {
			t.Fatal("it does not become ready")
		}
	}
	end()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	_, end, ended = serve(
		t,
		mux,
		health,
		Life{Deadline: time.Second},
		func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
	)
	end()
	if err := <-ended; err != nil || health.Ready() {
		t.Errorf("ended before it was ready: %v, ready %t", err, health.Ready())
	}
	want := errors.New("never")
	_, _, ended = serve(t, mux, health, Life{Deadline: time.Second}, func(context.Context) error { return want })
	if err := <-ended; !errors.Is(err, want) {
		t.Errorf("%v", err)
	}
}

// TestDrainingAnswersCloseTheirConnection: so that no client sends its next
// request on a connection that is about to go.
func TestDrainingAnswersCloseTheirConnection(t *testing.T) {
	mux, health := http.NewServeMux(), &Health{}
	health.Routes(mux, Version{})
	mux.HandleFunc("GET /menu", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "soup") })
	address, end, ended := serve(t, mux, health, Life{DrainDelay: time.Second, Deadline: time.Second})
	closes := func() bool {
		answer, err := http.Get(address + "/menu")
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		return answer.Close
	}
	for start := time.Now(); !health.Ready() && time.Since(start) < 5*time.Second; {
		time.Sleep(5 * time.Millisecond)
	}
	if closes() {
		t.Error("connections are closed before the drain")
	}
	end()
	for start := time.Now(); health.Ready() && time.Since(start) < 5*time.Second; {
		time.Sleep(5 * time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond)
	if !closes() {
		t.Error("connections are kept during the drain")
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestRecorderGivesTheRealWriter(t *testing.T) {
	Observe(quiet(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
	})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
}

func TestWantsFresh(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "no-cache": true, "No-Cache": true, "no-store": true, "max-age=0": true,
		"max-age=00": true, `max-age="0"`: true, "public, max-age = 0": true,
		"max-age=10": false, "max-age": false, "max-age=": false, "s-maxage=0": false, "no-cached": false, ",,": false,
	} {
		if got := wantsFresh(http.Header{"Cache-Control": {header}}); got != want {
			t.Errorf("%q: %t", header, got)
		}
	}
	if !wantsFresh(http.Header{"Cache-Control": {"public", "no-cache"}}) {
		t.Error("the second line is not seen")
	}
}

// FuzzWantsFresh: a directive more never takes the wish away, and case and space do not matter.
func FuzzWantsFresh(f *testing.F) {
	for _, seed := range []string{"", "no-cache", "max-age=0", "max-age=10, private", `max-age="0`, "=,=\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		got := wantsFresh(http.Header{"Cache-Control": {header}})
		if !wantsFresh(http.Header{"Cache-Control": {header + " , no-cache"}}) {
			t.Error("no-cache at the end is not seen")
		}
		if got != wantsFresh(http.Header{"Cache-Control": {" " + header + " "}}) {
			t.Errorf("space matters in %q", header)
		}
		if strings.Count(header, "0") == 0 && !strings.Contains(strings.ToLower(header), "no-") && got {
			t.Errorf("%q has nothing that asks for fresh values", header)
		}
	})
}
