// Package store keeps restaurants, menus, dishes and feedback.
package store

import (
	"context"
	"maps"
	"slices"
	"sync"

	"delivery.example/kit/contract"
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
func (m *Memory) Restaurants(_ context.Context, page contract.Page) ([]menu.Restaurant, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return pageOf(m.restaurants, page, func(menu.Restaurant) bool { return true }), nil
}

// Restaurant implements menu.Repository.
func (m *Memory) Restaurant(_ context.Context, id string) (menu.Restaurant, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return one(m.restaurants, id, menu.ErrNotFound)
}

// AddRestaurant implements menu.Repository.
func (m *Memory) AddRestaurant(_ context.Context, r menu.Restaurant) (menu.Restaurant, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.restaurants[r.ID]; ok {
		return old, reused(old.Fingerprint, r.Fingerprint, menu.ErrReused)
	}
	m.restaurants[r.ID] = r
	return r, nil
}

// Menus implements menu.Repository.
func (m *Memory) Menus(_ context.Context, restaurantID string, page contract.Page) ([]menu.Menu, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if _, err := one(m.restaurants, restaurantID, menu.ErrNotFound); err != nil {
		return nil, err
	}
	return pageOf(m.menus, page, func(x menu.Menu) bool { return x.RestaurantID == restaurantID }), nil
}

// Menu implements menu.Repository.
func (m *Memory) Menu(_ context.Context, id string) (menu.Menu, []menu.Dish, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	x, err := one(m.menus, id, menu.ErrNotFound)
	if err != nil {
		return x, nil, err
	}
	return x, pageOf(m.dishes, contract.Page{Limit: len(m.dishes)}, func(d menu.Dish) bool { return d.MenuID == id }), nil
}

// AddMenu implements menu.Repository.
func (m *Memory) AddMenu(_ context.Context, x menu.Menu) (menu.Menu, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := one(m.restaurants, x.RestaurantID, menu.ErrNotFound); err != nil {
		return x, err
	}
	if old, ok := m.menus[x.ID]; ok {
		return old, reused(old.Fingerprint, x.Fingerprint, menu.ErrReused)
	}
	m.menus[x.ID] = x
	return x, nil
}

// Dish implements menu.Repository.
func (m *Memory) Dish(_ context.Context, id string) (menu.Dish, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return one(m.dishes, id, menu.ErrNotFound)
}

// AddDish implements menu.Repository.
func (m *Memory) AddDish(_ context.Context, d menu.Dish) (menu.Dish, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := one(m.menus, d.MenuID, menu.ErrNotFound); err != nil {
		return d, err
	}
	if old, ok := m.dishes[d.ID]; ok {
		return old, reused(old.Fingerprint, d.Fingerprint, menu.ErrReused)
	}
	d.Version = 1
	m.dishes[d.ID] = d
	return d, nil
}

// UpdateDish implements menu.Repository.
func (m *Memory) UpdateDish(_ context.Context, d menu.Dish) (menu.Dish, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, err := one(m.dishes, d.ID, menu.ErrNotFound)
	if err != nil {
		return d, err
	}
	if old.Version != d.Version {
		return d, menu.ErrChanged
	}
	d.MenuID, d.Fingerprint, d.Version = old.MenuID, old.Fingerprint, old.Version+1
	m.dishes[d.ID] = d
	return d, nil
}

// reused gives failure unless what is there was made by the same request.
func reused(old, fresh string, failure error) error {
	if !contract.SameContent(old, fresh) {
		return failure
	}
	return nil
}

// one gives what has the identifier, or failure.
func one[T any](all map[string]T, id string, failure error) (T, error) {
	x, ok := all[id]
	if !ok {
		return x, failure
	}
	return x, nil
}

// pageOf gives the page of what keep wants, in the order of the identifiers.
func pageOf[T any](all map[string]T, page contract.Page, keep func(T) bool) []T {
	wanted := []T{}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		if len(wanted) < page.Limit && id > page.After && keep(all[id]) {
			wanted = append(wanted, all[id])
		}
	}
	return wanted
}
