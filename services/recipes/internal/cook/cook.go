// Package cook is the domain of the recipes service: what goes into a dish and
// what a portion costs. It knows neither HTTP nor a database.
package cook

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"delivery.example/kit/problem"
)

// ErrNotFound says that there is no recipe with the identifier.
var ErrNotFound = errors.New("not found")

// Recipe says what goes into a number of portions.
type Recipe struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Portions int64  `json:"portions"` // at least 1
	Lines    []Line `json:"lines"`
}

// Line is one ingredient of a recipe.
type Line struct {
	IngredientID string `json:"ingredientId"`
	Quantity     int64  `json:"quantity"` // in the ingredient's unit (g, ml, piece), for all portions
}

// Check lists what is wrong with r; empty means valid. The upper limits keep the
// cost within 64 bits.
func (r Recipe) Check() []problem.Field {
	var faults []problem.Field
	fault := func(field, detail string) { faults = append(faults, problem.Field{Field: field, Detail: detail}) }
	if strings.TrimSpace(r.Name) == "" || len(r.Name) > 200 {
		fault("name", "is empty or longer than 200 bytes")
	}
	if r.Portions < 1 || r.Portions > 10_000 {
		fault("portions", "is not between 1 and 10000")
	}
	if len(r.Lines) == 0 || len(r.Lines) > 100 {
		fault("lines", "must hold 1 to 100 ingredients")
	}
	seen := map[string]bool{}
	for n, line := range r.Lines {
		if line.IngredientID == "" || seen[line.IngredientID] {
			fault(fmt.Sprintf("lines[%d].ingredientId", n), "is empty or named twice")
		}
		seen[line.IngredientID] = true
		if line.Quantity < 1 || line.Quantity > 1_000_000 {
			fault(fmt.Sprintf("lines[%d].quantity", n), "is not between 1 and 1000000")
		}
	}
	return faults
}

// Price is what an ingredient costs now.
type Price struct {
	PackSize   int64 // units in a pack
	PriceMinor int64 // price of a pack in euro cents
	Available  bool  // can be ordered now
}

// Cost is what one portion of a recipe costs.
type Cost struct {
	RecipeID    string   `json:"recipeId"`
	PortionCost *int64   `json:"portionCostMinor"` // in euro cents, rounded half up; null when a price is missing
	Unpriced    []string `json:"unpriced"`         // ingredients without a price
	Unavailable []string `json:"unavailable"`      // ingredients that cannot be ordered now
}

// CostOf gives the cost of a portion of r at the prices, which are by ingredient.
func CostOf(r Recipe, prices map[string]Price) Cost {
	cost := Cost{RecipeID: r.ID, Unpriced: []string{}, Unavailable: []string{}}
	total := 0.0
	for _, line := range r.Lines {
		price, ok := prices[line.IngredientID]
		if !ok || price.PackSize < 1 {
			cost.Unpriced = append(cost.Unpriced, line.IngredientID)
			continue
		}
		if !price.Available {
			cost.Unavailable = append(cost.Unavailable, line.IngredientID)
		}
		// Packs are divided: half a pack costs half its price. A float keeps the
		// fractions of a cent exactly enough (2^53 cents) until the one rounding below.
		total += float64(line.Quantity*price.PriceMinor) / float64(price.PackSize)
	}
	if len(cost.Unpriced) == 0 && r.Portions > 0 {
		portion := int64(total/float64(r.Portions) + 0.5)
		cost.PortionCost = &portion
	}
	return cost
}

// Repository keeps recipes. An unknown identifier gives ErrNotFound.
type Repository interface {
	Recipes(ctx context.Context) ([]Recipe, error) // in the order of the identifiers
	Recipe(ctx context.Context, id string) (Recipe, error)
	AddRecipe(ctx context.Context, r Recipe) error
	UpdateRecipe(ctx context.Context, r Recipe) error
}

// Prices gives the present prices of ingredients; those it does not know are
// left out of the map.
type Prices interface {
	Prices(ctx context.Context, ingredientIDs []string) (map[string]Price, error)
}
