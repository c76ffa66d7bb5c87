// Package web holds what every service's HTTP side has in common: request ids,
// the request log, health, version, JSON in and out, and the server's life.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"delivery.example/kit/id"
	"delivery.example/kit/problem"
	"delivery.example/kit/trace"
)

// RequestIDHeader carries the request's id in and out of a service.
const RequestIDHeader = "X-Request-Id"

var requestIDForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

type requestIDKey struct{}

// RequestID gives the id of the request that ctx belongs to, or "".
func RequestID(ctx context.Context) string {
	s, _ := ctx.Value(requestIDKey{}).(string)
	return s
}

// WithRequestID gives ctx with the request id, for work that starts elsewhere than in a request.
func WithRequestID(ctx context.Context, requestID string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, requestID)
}

// Meter counts requests; package metrics has one.
type Meter interface {
	Begin()
	End(method, pattern string, status int, seconds float64)
}

// note is what a handler has to say in its request's log line.
type note struct{ attrs []slog.Attr }

type noteKey struct{}

// Observe wraps a service's handler: every request gets an id (the caller's, if
// it has the right form), a trace (the caller's, if there is one) and security
// headers, and one log line is written when the request ends. A panic becomes a 500
// problem, or breaks off the answer that it cut short; its stack is in the log
// line. Probes that succeed are not logged, and no probe is metered.
func Observe(log *slog.Logger, next http.Handler, meters ...Meter) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		requestID := r.Header.Get(RequestIDHeader)
		if !requestIDForm.MatchString(requestID) {
			requestID = id.New()
		}
		w.Header().Set(RequestIDHeader, requestID)
		secure(w.Header())
		said := &note{}
		ctx := trace.Continue(context.WithValue(WithRequestID(r.Context(), requestID), noteKey{}, said), r.Header)
		if wantsFresh(r.Header) {
			ctx = WithBypass(ctx)
		}
		r = r.WithContext(ctx)
		rec := &recorder{ResponseWriter: w}
		meters := meters
		if isProbe(r) {
			meters = nil
		}
		for _, m := range meters {
			m.Begin()
		}
		defer func() {
			level := slog.LevelInfo
			fault := recover()
			isAbort, isCut := fault == http.ErrAbortHandler, false
			status := rec.code()
			if fault != nil && !isAbort {
				said.attrs = append(said.attrs, slog.Any("panic", fault), slog.String("stack", stack()))
				status = http.StatusInternalServerError
				if isCut = rec.status != 0; !isCut {
					fail(rec, requestID)
				}
			}
			seconds := time.Since(start).Seconds()
			for _, m := range meters {
				m.End(r.Method, r.Pattern, status, seconds)
			}
			if isAbort {
				panic(fault)
			}
			if isCut {
				defer panic(http.ErrAbortHandler) // after the log: half an answer must not look like a whole one
			}
			if isProbe(r) && rec.code() < 400 {
				return
			}
			if fault != nil || rec.code() >= 500 {
				level = slog.LevelError
			}
			log.LogAttrs(ctx, level, "request", append([]slog.Attr{
				slog.String("request_id", requestID),
				slog.String("trace_id", trace.ID(ctx)),
				slog.String("method", r.Method),
				slog.String("route", r.Pattern), // the template, not the path: few values, nothing private
				slog.Int("status", rec.code()),
				slog.Int64("bytes", rec.bytes),
				slog.Float64("seconds", seconds),
			}, said.attrs...)...)
		}()
		next.ServeHTTP(rec, r)
	})
}

// fail answers that a handler has panicked, without the headers that were for its own answer.
func fail(w http.ResponseWriter, requestID string) {
	clear(w.Header())
	w.Header().Set(RequestIDHeader, requestID)
	secure(w.Header())
	problem.Write(w, problem.New(http.StatusInternalServerError, "an unexpected error; see the service's log"), requestID)
}

// stack gives the calls that led to the panic which is being recovered, the latest
// first: a line with the function and one with the place for each.
func stack() string {
	whole := string(debug.Stack())
	_, calls, found := strings.Cut(whole, "\npanic(")
	if !found {
		return whole
	}
	lines := strings.Split(calls, "\n")[2:] // the rest of panic's own two
	for len(lines) > 2 && isRuntime(lines[0]) {
		lines = lines[2:]
	}
	return strings.Join(lines, "\n")
}

func isRuntime(call string) bool {
	return strings.HasPrefix(call, "runtime.") || strings.HasPrefix(call, "internal/runtime/")
}

// secure sets what every answer should have: an API's answers are data, never a
// page, and are kept by nobody unless a handler says otherwise.
func secure(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}

func isProbe(r *http.Request) bool {
	return r.URL.Path == "/livez" || r.URL.Path == "/readyz"
}

// recorder remembers the status and the size of an answer.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the real writer.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}
