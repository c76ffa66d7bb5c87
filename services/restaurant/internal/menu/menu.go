// Package menu is the domain of the restaurant service: restaurants, menus, and
// dishes with what they earn. It knows neither HTTP nor a database.
package menu

import (
	"context"
	"errors"
	"math"
	"strings"

	"delivery.example/kit/problem"
)

// ErrNotFound says that there is nothing with the identifier.
var ErrNotFound = errors.New("not found")

// Restaurant is one house of the group.
type Restaurant struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Check lists what is wrong with r; empty means valid.
func (r Restaurant) Check() []problem.Field { return checkName(r.Name) }

// Menu belongs to a restaurant.
type Menu struct {
	ID           string `json:"id"`
	RestaurantID string `json:"restaurantId"`
	Name         string `json:"name"`
}

// Check lists what is wrong with m; empty means valid.
func (m Menu) Check() []problem.Field { return checkName(m.Name) }

// Dish is a recipe that a menu offers at a price.
type Dish struct {
	ID         string `json:"id"`
	MenuID     string `json:"menuId"`
	Name       string `json:"name"`
	RecipeID   string `json:"recipeId"`
	PriceMinor int64  `json:"priceMinor"` // selling price of a portion in euro cents
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
	if strings.TrimSpace(name) == "" || len(name) > 200 {
		return []problem.Field{{Field: "name", Detail: "is empty or longer than 200 bytes"}}
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
	CostMinor     *int64   `json:"costMinor"`     // cost of a portion in euro cents; null when unknown
	MarginMinor   *int64   `json:"marginMinor"`   // price less cost in euro cents, negative for a loss
	MarginPercent *float64 `json:"marginPercent"` // of the price, to one decimal
	Orderable     bool     `json:"orderable"`     // false when an ingredient has become unavailable
	Unavailable   []string `json:"unavailable"`   // those ingredients
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
// identifiers. An unknown identifier, also that of a parent, gives ErrNotFound.
type Repository interface {
	Restaurants(ctx context.Context) ([]Restaurant, error)
	AddRestaurant(ctx context.Context, r Restaurant) error
	Menus(ctx context.Context, restaurantID string) ([]Menu, error)
	Menu(ctx context.Context, id string) (Menu, error)
	AddMenu(ctx context.Context, m Menu) error
	Dishes(ctx context.Context, menuID string) ([]Dish, error)
	Dish(ctx context.Context, id string) (Dish, error)
	AddDish(ctx context.Context, d Dish) error
	UpdateDish(ctx context.Context, d Dish) error
}

// Costs gives the present cost of recipes; those it does not know are left out.
type Costs interface {
	Costs(ctx context.Context, recipeIDs []string) (costs map[string]Cost, degraded bool, err error)
}
