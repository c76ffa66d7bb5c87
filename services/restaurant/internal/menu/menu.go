// Package menu is the domain of the restaurant service: restaurants, menus, and
// dishes with what they earn. It knows neither HTTP nor a database.
package menu

import (
	"context"
	"errors"
	"math"
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

// Restaurant is one house of the group.
type Restaurant struct {
	ID          string
	Name        string
	Fingerprint string // of the content that an idempotent creation sent; "" otherwise
}

// Check lists what is wrong with r; empty means valid.
func (r Restaurant) Check() []problem.Field { return checkName(r.Name) }

// Menu belongs to a restaurant.
type Menu struct {
	ID           string
	RestaurantID string
	Name         string
	Fingerprint  string // as a restaurant has it
}

// Check lists what is wrong with m; empty means valid.
func (m Menu) Check() []problem.Field { return checkName(m.Name) }

// Dish is a recipe that a menu offers at a price.
type Dish struct {
	ID          string
	MenuID      string
	Name        string
	RecipeID    string
	PriceMinor  int64  // selling price of a portion in euro cents
	Version     int64  // 1 at first, one more with every change
	Fingerprint string // as a restaurant has it
}

// Check lists what is wrong with d; empty means valid.
func (d Dish) Check() []problem.Field {
	faults := checkName(d.Name)
	if d.RecipeID == "" {
		faults = append(faults, problem.Field{Field: "recipeId", Detail: "is empty"})
	}
	if d.PriceMinor < 1 || d.PriceMinor > 100_000_000 {
		faults = append(faults, problem.Field{Field: "priceMinor", Detail: "is not between 1 and 100000000"})
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

// Cost is what the recipes service knows about a portion.
type Cost struct {
	PortionMinor *int64   // in euro cents; nil when it is not known
	Unavailable  []string // ingredients that cannot be ordered now
}

// Margin is what a dish earns.
type Margin struct {
	CostMinor     *int64   // cost of a portion in euro cents; null when unknown
	MarginMinor   *int64   // price less cost in euro cents, negative for a loss
	MarginPercent *float64 // of the price, to one decimal
	Orderable     bool     // false when an ingredient has become unavailable
	Unavailable   []string // those ingredients
}

// MarginOf gives what the dish earns at the cost.
func MarginOf(d Dish, c Cost) Margin {
	m := Margin{Orderable: len(c.Unavailable) == 0, Unavailable: append([]string{}, c.Unavailable...)}
	if c.PortionMinor == nil {
		return m
	}
	cost := *c.PortionMinor
	margin := d.PriceMinor - cost
	m.CostMinor, m.MarginMinor = &cost, &margin
	if d.PriceMinor > 0 {
		percent := math.Round(float64(margin)*1000/float64(d.PriceMinor)) / 10
		m.MarginPercent = &percent
	}
	return m
}

// Repository keeps restaurants, menus and dishes. Lists are in the order of the
// identifiers, from the one after page.After, at most page.Limit long. An unknown
// identifier, also that of a parent, gives ErrNotFound. Adding what is there
// already, with the same fingerprint, gives what is there; with another one
// ErrReused.
type Repository interface {
	Restaurants(ctx context.Context, page contract.Page) ([]Restaurant, error)
	Restaurant(ctx context.Context, id string) (Restaurant, error)
	AddRestaurant(ctx context.Context, r Restaurant) (Restaurant, error)
	Menus(ctx context.Context, restaurantID string, page contract.Page) ([]Menu, error)
	// Menu gives a menu with all of its dishes.
	Menu(ctx context.Context, id string) (Menu, []Dish, error)
	AddMenu(ctx context.Context, m Menu) (Menu, error)
	Dish(ctx context.Context, id string) (Dish, error)
	AddDish(ctx context.Context, d Dish) (Dish, error)
	// UpdateDish changes all but identifier and menu if d.Version is the present
	// one, else ErrChanged; it gives what is there then.
	UpdateDish(ctx context.Context, d Dish) (Dish, error)
}

// Costs gives the present cost of recipes; those it does not know are left out.
type Costs interface {
	Costs(ctx context.Context, recipeIDs []string) (costs map[string]Cost, degraded bool, err error)
}
