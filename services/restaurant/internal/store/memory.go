// Package store keeps restaurants, menus and dishes.
package store

import (
	"context"
	"slices"
	"strings"
	"sync"

	"delivery.example/restaurant/internal/menu"
)

// Memory is a menu.Repository that forgets everything with the process.
type Memory struct {
	mu          sync.RWMutex
	restaurants map[string]menu.Restaurant
	menus       map[string]menu.Menu
	dishes      map[string]menu.Dish
}

var _ menu.Repository = (*Memory)(nil)

// NewMemory gives an empty repository.
func NewMemory() *Memory {
	return &Memory{restaurants: map[string]menu.Restaurant{}, menus: map[string]menu.Menu{}, dishes: map[string]menu.Dish{}}
}

// Restaurants implements menu.Repository.
func (m *Memory) Restaurants(context.Context) ([]menu.Restaurant, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return list(m.restaurants, func(r menu.Restaurant) (string, bool) { return r.ID, true }), nil
}

// AddRestaurant implements menu.Repository.
func (m *Memory) AddRestaurant(_ context.Context, r menu.Restaurant) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.restaurants[r.ID] = r
	return nil
}

// Menus implements menu.Repository.
func (m *Memory) Menus(_ context.Context, restaurantID string) ([]menu.Menu, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if _, err := one(m.restaurants, restaurantID); err != nil {
		return nil, err
	}
	return list(m.menus, func(x menu.Menu) (string, bool) { return x.ID, x.RestaurantID == restaurantID }), nil
}

// Menu implements menu.Repository.
func (m *Memory) Menu(_ context.Context, id string) (menu.Menu, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return one(m.menus, id)
}

// AddMenu implements menu.Repository.
func (m *Memory) AddMenu(_ context.Context, x menu.Menu) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := one(m.restaurants, x.RestaurantID); err != nil {
		return err
	}
	m.menus[x.ID] = x
	return nil
}

// Dishes implements menu.Repository.
func (m *Memory) Dishes(_ context.Context, menuID string) ([]menu.Dish, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if _, err := one(m.menus, menuID); err != nil {
		return nil, err
	}
	return list(m.dishes, func(d menu.Dish) (string, bool) { return d.ID, d.MenuID == menuID }), nil
}

// Dish implements menu.Repository.
func (m *Memory) Dish(_ context.Context, id string) (menu.Dish, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return one(m.dishes, id)
}

// AddDish implements menu.Repository.
func (m *Memory) AddDish(_ context.Context, d menu.Dish) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := one(m.menus, d.MenuID); err != nil {
		return err
	}
	m.dishes[d.ID] = d
	return nil
}

// UpdateDish implements menu.Repository.
func (m *Memory) UpdateDish(_ context.Context, d menu.Dish) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := one(m.dishes, d.ID); err != nil {
		return err
	}
	m.dishes[d.ID] = d
	return nil
}

func one[T any](all map[string]T, id string) (T, error) {
	x, ok := all[id]
	if !ok {
		return x, menu.ErrNotFound
	}
	return x, nil
}

// list gives what keep wants, in the order of the identifiers that it tells.
func list[T any](all map[string]T, keep func(T) (id string, wanted bool)) []T {
	wanted := []T{}
	for _, x := range all {
		if _, ok := keep(x); ok {
			wanted = append(wanted, x)
		}
	}
	slices.SortFunc(wanted, func(a, b T) int {
		left, _ := keep(a)
		right, _ := keep(b)
		return strings.Compare(left, right)
	})
	return wanted
}
