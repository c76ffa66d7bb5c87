package recipes

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"testing"

	"delivery.example/kit/cache"
	"delivery.example/kit/id"
	"delivery.example/restaurant/internal/menu"
)

// source is a menu.Costs that remembers how often it was asked.
type source struct {
	asked    int
	portion  *int64
	degraded bool
	err      error
}

func (s *source) Costs(_ context.Context, ids []string) (map[string]menu.Cost, bool, error) {
	s.asked++
	if s.err != nil {
		return nil, false, s.err
	}
	costs := map[string]menu.Cost{}
	for _, one := range ids {
		costs[one] = menu.Cost{PortionMinor: s.portion, Unavailable: []string{"basil"}}
	}
	return costs, s.degraded, nil
}

func TestCached(t *testing.T) {
	address := os.Getenv("TEST_REDIS_URL")
	if address == "" {
		t.Skip("set TEST_REDIS_URL to the address of a Redis, such as redis://localhost:6379/0")
	}
	kept := cache.Open(cache.Settings{URL: address}, slog.New(slog.DiscardHandler))
	defer kept.Close()
	cents := func(n int64) *int64 { return &n }
	from := &source{degraded: true}
	costs, soup := Cached(from, kept), id.New()
	expect := func(ctx context.Context, asked int, degraded bool, want *int64) {
		t.Helper()
		got, partly, err := costs.Costs(ctx, []string{soup})
		if err != nil || partly != degraded || from.asked != asked || len(got) != 1 || got[soup].Unavailable[0] != "basil" {
			t.Fatalf("%v, degraded %t, asked %d times: %v", got, partly, from.asked, err)
		}
		if portion := got[soup].PortionMinor; (portion == nil) != (want == nil) || want != nil && *portion != *want {
			t.Errorf("%v", got)
		}
	}
	expect(t.Context(), 1, true, nil)
	from.degraded, from.portion = false, cents(150)
	expect(t.Context(), 2, false, cents(150)) // what was degraded was not kept
	from.portion = cents(250)
	expect(t.Context(), 2, false, cents(150))
	expect(cache.WithBypass(t.Context()), 3, false, cents(250))
	expect(t.Context(), 3, false, cents(250)) // the fresh one was kept

	from.err = errors.New("no route to recipes")
	got, _, err := costs.Costs(t.Context(), []string{soup, id.New()})
	if !errors.Is(err, from.err) || len(got) != 1 || *got[soup].PortionMinor != 250 {
		t.Errorf("%v: %v", got, err)
	}
}
