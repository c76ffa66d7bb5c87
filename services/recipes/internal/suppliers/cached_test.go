package suppliers

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"testing"

	"delivery.example/kit/cache"
	"delivery.example/kit/id"
	"delivery.example/recipes/internal/cook"
)

// source is a cook.Prices that remembers how often it was asked.
type source struct {
	asked int
	price cook.Price
	err   error
}

func (s *source) Prices(_ context.Context, ids []string) (map[string]cook.Price, error) {
	s.asked++
	if s.err != nil {
		return nil, s.err
	}
	prices := map[string]cook.Price{}
	for _, one := range ids {
		prices[one] = s.price
	}
	return prices, nil
}

func TestCached(t *testing.T) {
	address := os.Getenv("TEST_REDIS_URL")
	if address == "" {
		t.Skip("set TEST_REDIS_URL to the address of a Redis, such as redis://localhost:6379/0")
	}
	kept := cache.Open(cache.Settings{URL: address}, slog.New(slog.DiscardHandler))
	defer kept.Close()
	from := &source{price: cook.Price{PackSize: 1000, PriceMinor: 119, Available: true}}
	prices, ingredient, another := Cached(from, kept), id.New(), id.New()
	expect := func(ctx context.Context, asked int, want cook.Price) {
		t.Helper()
		got, err := prices.Prices(ctx, []string{ingredient})
		if err != nil || got[ingredient] != want || from.asked != asked {
			t.Errorf("%v, asked %d times: %v", got, from.asked, err)
		}
	}
	old := from.price
	expect(t.Context(), 1, old)
	from.price.PriceMinor, from.price.Available = 229, false
	expect(t.Context(), 1, old)
	expect(cache.WithBypass(t.Context()), 2, from.price)
	expect(t.Context(), 2, from.price) // the fresh one was kept

	from.err = errors.New("no route to suppliers")
	got, err := prices.Prices(t.Context(), []string{ingredient, another})
	if !errors.Is(err, from.err) || len(got) != 1 || got[ingredient] != from.price {
		t.Errorf("%v: %v", got, err)
	}
	from.err = nil
	if got, err := prices.Prices(t.Context(), []string{another}); err != nil || len(got) != 1 { // a failure was not kept
		t.Errorf("%v: %v", got, err)
	}
}
