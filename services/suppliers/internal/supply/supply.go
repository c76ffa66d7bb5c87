// Package supply is the domain of the suppliers service: who sells what at which
// price. It knows neither HTTP nor a database.
package supply

import (
	"context"
	"errors"
	"slices"
	"strings"

	"delivery.example/kit/problem"
)

// ErrNotFound says that there is nothing with the identifier.
var ErrNotFound = errors.New("not found")

// Units are the measures that an ingredient is sold in.
var Units = []string{"g", "ml", "piece"}

// Supplier sells ingredients.
type Supplier struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Check lists what is wrong with s; empty means valid.
func (s Supplier) Check() []problem.Field {
	return checkName(s.Name)
}

// Ingredient is sold by one supplier in packs.
type Ingredient struct {
	ID         string `json:"id"`
	SupplierID string `json:"supplierId"`
	Name       string `json:"name"`
	Unit       string `json:"unit"`       // one of Units
	PackSize   int64  `json:"packSize"`   // units in a pack, at least 1
	PriceMinor int64  `json:"priceMinor"` // price of a pack in euro cents
	Available  bool   `json:"available"`  // can be ordered now
}

// Check lists what is wrong with i; empty means valid. The upper limits keep
// every later product of quantity and price within 64 bits.
func (i Ingredient) Check() []problem.Field {
	faults := checkName(i.Name)
	if !slices.Contains(Units, i.Unit) {
		faults = append(faults, problem.Field{Field: "unit", Detail: "is none of " + strings.Join(Units, ", ")})
	}
	if i.PackSize < 1 || i.PackSize > 1_000_000 {
		faults = append(faults, problem.Field{Field: "packSize", Detail: "is not between 1 and 1000000"})
	}
	if i.PriceMinor < 0 || i.PriceMinor > 100_000_000 {
		faults = append(faults, problem.Field{Field: "priceMinor", Detail: "is not between 0 and 100000000"})
	}
	return faults
}

func checkName(name string) []problem.Field {
	if trimmed := strings.TrimSpace(name); trimmed == "" || len(name) > 200 {
		return []problem.Field{{Field: "name", Detail: "is empty or longer than 200 bytes"}}
	}
	return nil
}

// Repository keeps suppliers and ingredients. Lists are in the order of the
// identifiers. An unknown identifier gives ErrNotFound.
type Repository interface {
	Suppliers(ctx context.Context) ([]Supplier, error)
	Supplier(ctx context.Context, id string) (Supplier, error)
	AddSupplier(ctx context.Context, s Supplier) error
	// Ingredients gives those of one supplier, or all when supplierID is empty.
	Ingredients(ctx context.Context, supplierID string) ([]Ingredient, error)
	Ingredient(ctx context.Context, id string) (Ingredient, error)
	AddIngredient(ctx context.Context, i Ingredient) error // ErrNotFound without its supplier
	UpdateIngredient(ctx context.Context, i Ingredient) error
}
