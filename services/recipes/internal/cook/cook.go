// Package cook is the domain of the recipes service: what goes into a dish and
// what a portion costs. It knows neither HTTP nor a database.
package cook

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"delivery.example/kit/contract"
	"delivery.example/kit/problem"
)

// Errors that a Repository gives.
var (
	ErrNotFound = errors.New("not found")                 // there is no recipe with the identifier
	ErrChanged  = errors.New("changed since it was read") // the version is not the present one
	ErrReused   = errors.New("made with other content")   // the identifier is taken by other content
)

// Recipe says what goes into a number of portions.
type Recipe struct {
	ID       string
	Name     string
	Portions int64 // at least 1
	Lines    []Line
	Note     string // on the preparation, up to 2000 characters; "" for none

	Version     int64  // 1 at first, one more with every change
	Fingerprint string // of the content that an idempotent creation sent; "" otherwise
}

// Line is one ingredient of a recipe.
type Line struct {
	IngredientID string
	Quantity     int64 // in the ingredient's unit (g, ml, piece), for all portions
}

// Check lists what is wrong with r; empty means valid. The upper limits keep the
// cost within 64 bits.
func (r Recipe) Check() []problem.Field {
	var faults []problem.Field
	fault := func(field, detail string) { faults = append(faults, problem.Field{Field: field, Detail: detail}) }
	if strings.TrimSpace(r.Name) == "" || utf8.RuneCountInString(r.Name) > 200 {
		fault("name", "is empty or longer than 200 characters")
	}
	if strings.ContainsFunc(r.Name, unicode.IsControl) {
		fault("name", "contains control characters")
	}
	if r.Portions < 1 || r.Portions > 10_000 {
		fault("portions", "is not between 1 and 10000")
	}
	if len(r.Lines) == 0 || len(r.Lines) > 100 {
		fault("lines", "must hold 1 to 100 ingredients")
	}
	if utf8.RuneCountInString(r.Note) > 2000 {
		fault("note", "is longer than 2000 characters")
	}
	if strings.ContainsFunc(r.Note, func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\r' && c != '\t' }) {
		fault("note", "contains control characters")
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
	RecipeID    string
	PortionCost *int64   // in euro cents, rounded half up; null when a price is missing
	Unpriced    []string // ingredients without a price
	Unavailable []string // ingredients that cannot be ordered now
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

// Repository keeps recipes. An unknown identifier gives ErrNotFound. Adding what
// is there already, with the same fingerprint, gives what is there; with another
// one ErrReused.
type Repository interface {
	// Recipes are in the order of the identifiers, from the one after page.After,
	// at most page.Limit.
	Recipes(ctx context.Context, page contract.Page) ([]Recipe, error)
	// RecipesByID leaves out those that it does not know.
	RecipesByID(ctx context.Context, ids []string) ([]Recipe, error)
	Recipe(ctx context.Context, id string) (Recipe, error)
	AddRecipe(ctx context.Context, r Recipe) (Recipe, error)
	// UpdateRecipe changes all but the identifier if r.Version is the present one,
	// else ErrChanged; it gives what is there then.
	UpdateRecipe(ctx context.Context, r Recipe) (Recipe, error)
}

// Prices gives the present prices of ingredients; those it does not know are
// left out of the map.
type Prices interface {
	Prices(ctx context.Context, ingredientIDs []string) (map[string]Price, error)
}
