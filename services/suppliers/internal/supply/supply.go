// Package supply is the domain of the suppliers service: who sells what at which
// price. It knows neither HTTP nor a database.
package supply

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"delivery.example/kit/contract"
	"delivery.example/kit/problem"
)

// Errors that a Repository gives.
var (
	ErrNotFound = errors.New("not found")                 // there is nothing with the identifier
	ErrChanged  = errors.New("changed since it was read") // the version is not the present one
	ErrReused   = errors.New("made with other content")   // the identifier is taken by other content
)

// Units are the measures that an ingredient is sold in.
var Units = []string{"g", "ml", "piece"}

// Supplier sells ingredients.
type Supplier struct {
	ID          string
	Name        string
	Fingerprint string // of the content that an idempotent creation sent; "" otherwise
}

// Check lists what is wrong with s; empty means valid.
func (s Supplier) Check() []problem.Field {
	return checkName(s.Name)
}

// Ingredient is sold by one supplier in packs.
type Ingredient struct {
	ID          string
	SupplierID  string
	Name        string
	Unit        string // one of Units
	PackSize    int64  // units in a pack, at least 1
	PriceMinor  int64  // price of a pack in euro cents
	Available   bool   // can be ordered now
	Version     int64  // 1 at first, one more with every change
	Fingerprint string // of the content that an idempotent creation sent; "" otherwise
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
	switch {
	case strings.TrimSpace(name) == "" || utf8.RuneCountInString(name) > 200:
		return []problem.Field{{Field: "name", Detail: "is empty or longer than 200 characters"}}
	case strings.ContainsFunc(name, unicode.IsControl):
		return []problem.Field{{Field: "name", Detail: "contains control characters"}}
	}
	return nil
}

// Repository keeps suppliers and ingredients. Lists are in the order of the
// identifiers, from the one after page.After, at most page.Limit long. An unknown
// identifier gives ErrNotFound. Adding what is there already, with the same
// fingerprint, gives what is there; with another one ErrReused.
type Repository interface {
	Suppliers(ctx context.Context, page contract.Page) ([]Supplier, error)
	Supplier(ctx context.Context, id string) (Supplier, error)
	AddSupplier(ctx context.Context, s Supplier) (Supplier, error)
	// Ingredients gives those of one supplier, or all when supplierID is empty.
	Ingredients(ctx context.Context, supplierID string, page contract.Page) ([]Ingredient, error)
	// IngredientsByID leaves out those that it does not know.
	IngredientsByID(ctx context.Context, ids []string) ([]Ingredient, error)
	Ingredient(ctx context.Context, id string) (Ingredient, error)
	AddIngredient(ctx context.Context, i Ingredient) (Ingredient, error) // ErrNotFound without its supplier
	// UpdateIngredient changes all but identifier and supplier if i.Version is the
	// present one, else ErrChanged; it gives what is there then.
	UpdateIngredient(ctx context.Context, i Ingredient) (Ingredient, error)
}
