package suppliers

import (
	"context"

	"delivery.example/kit/cache"
	"delivery.example/recipes/internal/cook"
)

type cached struct {
	prices cook.Prices
	kept   *cache.Cache
}

// Cached gives a cook.Prices that keeps what prices said for cache.MaxTTL. When
// prices fails, those that are still kept come with the error.
func Cached(prices cook.Prices, kept *cache.Cache) cook.Prices { return cached{prices, kept} }

// Prices implements cook.Prices.
func (c cached) Prices(ctx context.Context, ingredientIDs []string) (map[string]cook.Price, error) {
	return cache.Through(ctx, c.kept, "recipes:price:1", ingredientIDs, cache.MaxTTL, c.prices.Prices)
}
