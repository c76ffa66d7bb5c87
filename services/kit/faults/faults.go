// Package faults makes a service misbehave on purpose, so that a pipeline's gates,
// probes and rollback can be shown to notice.
package faults

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"delivery.example/kit/env"
	"delivery.example/kit/faults/flaws"
	"delivery.example/kit/problem"
	"delivery.example/kit/web"
)

// Settings are the faults that are on. The zero value is none.
type Settings struct {
	Latency      time.Duration // FAULT_LATENCY: before every answer
	ErrorRate    float64       // FAULT_ERROR_RATE: share of the requests that get a 500
	Unready      bool          // FAULT_UNREADY: /readyz never answers 200
	Unhealthy    bool          // FAULT_UNHEALTHY: nor does /livez
	CrashAfter   time.Duration // FAULT_CRASH_AFTER: the process ends by itself
	MemoryGrowth int           // FAULT_MEMORY_GROWTH: MiB that are kept more every second
	Flaws        []string      // FAULT_FLAWS: holes for a scanner to find; only with the build tag seededflaws
}

// Read reads the FAULT_ variables. In production any of them is refused, unless
// FAULTS_IN_PRODUCTION=rehearsal says that production is a rehearsal's.
func Read(r *env.Reader, appMode string) Settings {
	s := Settings{
		Latency:      r.Duration("FAULT_LATENCY", 0, 0, 60*time.Second),
		ErrorRate:    r.Float("FAULT_ERROR_RATE", 0, 0, 1),
		Unready:      r.Bool("FAULT_UNREADY", false),
		Unhealthy:    r.Bool("FAULT_UNHEALTHY", false),
		CrashAfter:   r.Duration("FAULT_CRASH_AFTER", 0, 0, 24*time.Hour),
		MemoryGrowth: r.Int("FAULT_MEMORY_GROWTH", 0, 0, 4096),
		Flaws:        flaws.Read(r),
	}
	key := r.OneOf("FAULTS_IN_PRODUCTION", "", "", "rehearsal")
	if active := s.active(); appMode == "production" && key != "rehearsal" && len(active) > 0 {
		r.Fault("APP_MODE", "production refuses faults (%s) unless FAULTS_IN_PRODUCTION=rehearsal", strings.Join(active, ", "))
	}
	return s
}

// active names the faults that are on.
func (s Settings) active() []string {
	var names []string
	on := func(name string, is bool) {
		if is {
			names = append(names, name)
		}
	}
	on("latency "+s.Latency.String(), s.Latency > 0)
	on("errors", s.ErrorRate > 0)
	on("unready", s.Unready)
	on("unhealthy", s.Unhealthy)
	on("crash after "+s.CrashAfter.String(), s.CrashAfter > 0)
	on("memory growth", s.MemoryGrowth > 0)
	return append(names, s.Flaws...)
}

// Start says loudly what is on, and starts what happens by itself until ctx ends.
// exit ends the process (os.Exit).
func (s Settings) Start(ctx context.Context, log *slog.Logger, exit func(code int)) {
	active := s.active()
	if len(active) == 0 {
		return
	}
	log.Warn("FAULTS ARE INJECTED ON PURPOSE", "faults", active)
	if s.CrashAfter > 0 {
		go func() {
			select {
			case <-ctx.Done():
			case <-time.After(s.CrashAfter):
				log.Error("injected fault: crash")
				exit(2)
			}
		}()
	}
	if s.MemoryGrowth > 0 {
		go func() {
			var kept [][]byte
			for tick := time.NewTicker(time.Second); ; {
				select {
				case <-ctx.Done():
					tick.Stop()
					return
				case <-tick.C:
				}
				more := make([]byte, s.MemoryGrowth<<20)
				for n := 0; n < len(more); n += 4096 {
					more[n] = 1 // a page counts once it is written
				}
				kept = append(kept, more)
				log.Warn("injected fault: memory", "mib", len(kept)*s.MemoryGrowth)
			}
		}()
	}
}

// Middleware puts the faults that concern answers before next. Latency and errors
// leave probes and /version alone.
func (s Settings) Middleware(next http.Handler) http.Handler {
	if len(s.active()) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse := func(status int) {
			problem.Write(w, problem.New(status, "injected fault"), web.RequestID(r.Context()))
		}
		switch r.URL.Path {
		case "/livez", "/readyz", "/version":
			if s.Unhealthy && r.URL.Path == "/livez" || s.Unready && r.URL.Path == "/readyz" {
				refuse(http.StatusServiceUnavailable)
				return
			}
			next.ServeHTTP(w, r)
			return
		}
		if s.Latency > 0 {
			select {
			case <-r.Context().Done():
			case <-time.After(s.Latency):
			}
		}
		if s.ErrorRate > 0 && rand.Float64() < s.ErrorRate {
			refuse(http.StatusInternalServerError)
			return
		}
		next.ServeHTTP(w, r)
	})
}
