// Package recipes asks the recipes service for costs. client.gen.go is made from
// that service's contract.
package recipes

import (
	"context"
	"fmt"

	"delivery.example/kit/client"
	"delivery.example/restaurant/internal/menu"
)

//go:generate go tool -modfile=../../../tools/go.mod oapi-codegen -config oapi-codegen.yaml ../../../recipes/openapi.yaml

// limit is the largest number of recipes in one call; the contract's maxItems.
const limit = 100

// CostList is a menu.Costs over HTTP.
type CostList struct{ client *ClientWithResponses }

var _ menu.Costs = CostList{}

// New gives the cost list of the service at base, an absolute address, called
// through caller.
func New(base string, caller *client.Client) (CostList, error) {
	generated, err := NewClientWithResponses(base, WithHTTPClient(caller))
	return CostList{generated}, err
}

// Costs implements menu.Costs with a call for every 100 recipes.
func (l CostList) Costs(ctx context.Context, recipeIDs []string) (map[string]menu.Cost, bool, error) {
	costs, degraded := map[string]menu.Cost{}, false
	for start := 0; start < len(recipeIDs); start += limit {
		part := recipeIDs[start:min(start+limit, len(recipeIDs))]
		answer, err := l.client.GetCostsWithResponse(ctx, &GetCostsParams{Recipe: part})
		if err != nil {
			return nil, false, fmt.Errorf("recipes: costs: %w", err)
		}
		if answer.JSON200 == nil {
			return nil, false, fmt.Errorf("recipes: costs: %s, %s", answer.Status(), answer.ContentType())
		}
		for _, c := range answer.JSON200.Items {
			costs[c.RecipeId] = menu.Cost{PortionMinor: c.PortionCostMinor, Unavailable: c.Unavailable}
		}
		degraded = degraded || answer.JSON200.Degraded
	}
	return costs, degraded, nil
}
