// Package suppliers asks the suppliers service for prices. client.gen.go is made
// from that service's contract.
package suppliers

import (
	"context"
	"fmt"

	"delivery.example/kit/client"
	"delivery.example/recipes/internal/cook"
)

//go:generate go tool -modfile=../../../tools/go.mod oapi-codegen -config oapi-codegen.yaml ../../../suppliers/openapi.yaml

// limit is the largest number of ingredients in one call; the contract's maxItems.
const limit = 200

// PriceList is a cook.Prices over HTTP.
type PriceList struct{ client *ClientWithResponses }

var _ cook.Prices = PriceList{}

// New gives the price list of the service at base, an absolute address, called
// through caller.
func New(base string, caller *client.Client) (PriceList, error) {
	generated, err := NewClientWithResponses(base, WithHTTPClient(caller))
	return PriceList{generated}, err
}

// Prices implements cook.Prices with a call for every 200 ingredients.
func (p PriceList) Prices(ctx context.Context, ingredientIDs []string) (map[string]cook.Price, error) {
	prices := map[string]cook.Price{}
	for start := 0; start < len(ingredientIDs); start += limit {
		part := ingredientIDs[start:min(start+limit, len(ingredientIDs))]
		answer, err := p.client.GetPricesWithResponse(ctx, &GetPricesParams{Ingredient: part})
		if err != nil {
			return nil, fmt.Errorf("suppliers: prices: %w", err)
		}
		if answer.JSON200 == nil {
			return nil, fmt.Errorf("suppliers: prices: %s, %s", answer.Status(), answer.ContentType())
		}
		for _, i := range answer.JSON200.Items {
			prices[i.Id] = cook.Price{PackSize: i.PackSize, PriceMinor: i.PriceMinor, Available: i.Available}
		}
	}
	return prices, nil
}
