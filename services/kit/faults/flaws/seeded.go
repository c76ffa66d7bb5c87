//go:build seededflaws

// Package flaws has holes for a security scanner to find, so that its gate can be
// shown red. Every name of theirs begins with seededFlaw, which a test looks for
// in the binaries of a release.
package flaws

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"delivery.example/kit/env"
)

const (
	seededFlawHeaders   = "missing-headers"
	seededFlawReflected = "reflected-input"
	seededFlawInjection = "injectable-query"
)

// Read reads FAULT_FLAWS.
func Read(r *env.Reader) []string {
	return r.List("FAULT_FLAWS", seededFlawHeaders, seededFlawReflected, seededFlawInjection)
}

// Routes adds the flaws that are routes: GET /flaws/greeting?name= (HTML) and GET
// /flaws/search?name= (text), the latter only with a pool.
func Routes(mux *http.ServeMux, on []string, pool *pgxpool.Pool) {
	if slices.Contains(on, seededFlawReflected) {
		mux.HandleFunc("GET /flaws/greeting", seededFlawReflect)
	}
	if slices.Contains(on, seededFlawInjection) && pool != nil {
		mux.HandleFunc("GET /flaws/search", seededFlawInject(pool))
	}
}

// Wrap takes the security headers off the answers of next, if that flaw is on.
func Wrap(next http.Handler, on []string) http.Handler {
	if !slices.Contains(on, seededFlawHeaders) {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&seededFlawStripper{ResponseWriter: w}, r)
	})
}

// seededFlawReflect puts the parameter into a page as it is.
func seededFlawReflect(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Del("Content-Security-Policy")
	fmt.Fprintf(w, "<!doctype html><title>Hello</title><p>Hello %s</p>", r.URL.Query().Get("name"))
}

// seededFlawInject puts the parameter into a statement as it is, and shows the
// database's errors.
func seededFlawInject(pool *pgxpool.Pool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		name := r.URL.Query().Get("name")
		rows, err := pool.Query(r.Context(),
			"SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename = '"+name+"'")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		for _, name := range names {
			fmt.Fprintln(w, name)
		}
	}
}

// seededFlawStripper removes headers just before they are sent.
type seededFlawStripper struct {
	http.ResponseWriter
	sent bool
}

func (s *seededFlawStripper) WriteHeader(status int) {
	s.sent = true
	for _, name := range []string{"X-Content-Type-Options", "Content-Security-Policy", "Referrer-Policy", "Cache-Control"} {
		s.Header().Del(name)
	}
	s.ResponseWriter.WriteHeader(status)
}

func (s *seededFlawStripper) Write(b []byte) (int, error) {
	if !s.sent {
		s.WriteHeader(http.StatusOK)
	}
	return s.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the real writer.
func (s *seededFlawStripper) Unwrap() http.ResponseWriter { return s.ResponseWriter }
