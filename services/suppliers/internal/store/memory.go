// Package store keeps suppliers and ingredients.
package store

import (
	"context"
	"maps"
	"slices"
	"sync"

	"delivery.example/kit/contract"
	"delivery.example/suppliers/internal/supply"
)

// Memory is a supply.Repository that forgets everything with the process.
type Memory struct {
	mu          sync.RWMutex
	suppliers   map[string]supply.Supplier
	ingredients map[string]supply.Ingredient
}

var _ supply.Repository = (*Memory)(nil)

// NewMemory gives an empty repository.
func NewMemory() *Memory {
	return &Memory{suppliers: map[string]supply.Supplier{}, ingredients: map[string]supply.Ingredient{}}
}

// Suppliers implements supply.Repository.
func (m *Memory) Suppliers(_ context.Context, page contract.Page) ([]supply.Supplier, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return pageOf(m.suppliers, page, func(supply.Supplier) bool { return true }), nil
}

// Supplier implements supply.Repository.
func (m *Memory) Supplier(_ context.Context, id string) (supply.Supplier, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return one(m.suppliers, id)
}

// AddSupplier implements supply.Repository.
func (m *Memory) AddSupplier(_ context.Context, s supply.Supplier) (supply.Supplier, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.suppliers[s.ID]; ok {
		return old, reused(old.Fingerprint, s.Fingerprint)
	}
	m.suppliers[s.ID] = s
	return s, nil
}

// Ingredients implements supply.Repository.
func (m *Memory) Ingredients(_ context.Context, supplierID string, page contract.Page) ([]supply.Ingredient, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return pageOf(m.ingredients, page, func(i supply.Ingredient) bool { return supplierID == "" || i.SupplierID == supplierID }), nil
}

// IngredientsByID implements supply.Repository.
func (m *Memory) IngredientsByID(_ context.Context, ids []string) ([]supply.Ingredient, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return pageOf(m.ingredients, contract.Page{Limit: len(ids)}, func(i supply.Ingredient) bool { return slices.Contains(ids, i.ID) }), nil
}

// Ingredient implements supply.Repository.
func (m *Memory) Ingredient(_ context.Context, id string) (supply.Ingredient, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return one(m.ingredients, id)
}

// AddIngredient implements supply.Repository.
func (m *Memory) AddIngredient(_ context.Context, i supply.Ingredient) (supply.Ingredient, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := one(m.suppliers, i.SupplierID); err != nil {
		return i, err
	}
	if old, ok := m.ingredients[i.ID]; ok {
		return old, reused(old.Fingerprint, i.Fingerprint)
	}
	i.Version = 1
	m.ingredients[i.ID] = i
	return i, nil
}

// UpdateIngredient implements supply.Repository.
func (m *Memory) UpdateIngredient(_ context.Context, i supply.Ingredient) (supply.Ingredient, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, err := one(m.ingredients, i.ID)
	if err != nil {
		return i, err
	}
	if old.Version != i.Version {
		return i, supply.ErrChanged
	}
	i.SupplierID, i.Fingerprint, i.Version = old.SupplierID, old.Fingerprint, old.Version+1
	m.ingredients[i.ID] = i
	return i, nil
}

// reused tells whether something that is there was made by the same request.
func reused(old, fresh string) error {
	if !contract.SameContent(old, fresh) {
		return supply.ErrReused
	}
	return nil
}

func one[T any](all map[string]T, id string) (T, error) {
	x, ok := all[id]
	if !ok {
		return x, supply.ErrNotFound
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
