package recipes

import (
	"context"
	"maps"

	"delivery.example/kit/cache"
	"delivery.example/restaurant/internal/menu"
)

type cached struct {
	costs menu.Costs
	kept  *cache.Cache
}

// Cached gives a menu.Costs that keeps what costs said for cache.MaxTTL. When
// costs fails, those that are still kept come with the error.
func Cached(costs menu.Costs, kept *cache.Cache) menu.Costs { return cached{costs, kept} }

// Costs implements menu.Costs. A degraded answer is given, but not kept.
func (c cached) Costs(ctx context.Context, recipeIDs []string) (map[string]menu.Cost, bool, error) {
	var passing map[string]menu.Cost
	degraded := false
	costs, err := cache.Through(
		ctx,
		c.kept,
		"restaurant:cost:1",
		recipeIDs,
		cache.MaxTTL,
		func(ctx context.Context, missing []string) (map[string]menu.Cost, error) {
			loaded, partly, err := c.costs.Costs(ctx, missing)
			if err == nil && partly {
				passing, degraded = loaded, true
				return nil, nil
			}
			return loaded, err
		},
	)
	maps.Copy(costs, passing)
	return costs, degraded, err
}
