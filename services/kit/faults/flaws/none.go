//go:build !seededflaws

// Package flaws has holes for a security scanner to find, so that its gate can be
// shown red. They exist only in a build with the tag seededflaws; this file is all
// that any other build has of them.
package flaws

import (
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"

	"delivery.example/kit/env"
)

// Read refuses FAULT_FLAWS: this build has none.
func Read(r *env.Reader) []string {
	if r.String("FAULT_FLAWS", "") != "" {
		r.Fault("FAULT_FLAWS", "this build has no flaws to turn on; they need the build tag seededflaws, which a release never has")
	}
	return nil
}

// Routes adds nothing.
func Routes(*http.ServeMux, []string, *pgxpool.Pool) {}

// Wrap gives next.
func Wrap(next http.Handler, _ []string) http.Handler { return next }
