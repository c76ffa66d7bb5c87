// Package resilience has tests only: what the product does when parts of it go
// away, seen from outside. They build the three services with go build from
// ../suppliers, ../recipes and ../restaurant (which take ../kit), run them as
// processes against a real PostgreSQL and Redis, and break connections on the way.
//
// Inputs: these five folders side by side, a Go toolchain, TEST_DATABASE_URL (an
// administrator's address) and TEST_REDIS_URL. Without the latter two the tests
// that need them are skipped.
package resilience
