// Package store keeps suppliers and ingredients.
package store

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

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
func (m *Memory) Suppliers(context.Context) ([]supply.Supplier, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return slices.SortedFunc(maps.Values(m.suppliers), func(a, b supply.Supplier) int { return strings.Compare(a.ID, b.ID) }), nil
}

// Supplier implements supply.Repository.
func (m *Memory) Supplier(_ context.Context, id string) (supply.Supplier, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	s, ok := m.suppliers[id]
	if !ok {
		return s, supply.ErrNotFound
	}
	return s, nil
}

// AddSupplier implements supply.Repository.
func (m *Memory) AddSupplier(_ context.Context, s supply.Supplier) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.suppliers[s.ID] = s
	return nil
}

// Ingredients implements supply.Repository.
func (m *Memory) Ingredients(_ context.Context, supplierID string) ([]supply.Ingredient, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	all := slices.SortedFunc(maps.Values(m.ingredients), func(a, b supply.Ingredient) int { return strings.Compare(a.ID, b.ID) })
	if supplierID == "" {
		return all, nil
	}
	return slices.DeleteFunc(all, func(i supply.Ingredient) bool { return i.SupplierID != supplierID }), nil
}

// Ingredient implements supply.Repository.
func (m *Memory) Ingredient(_ context.Context, id string) (supply.Ingredient, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	i, ok := m.ingredients[id]
	if !ok {
		return i, supply.ErrNotFound
	}
	return i, nil
}

// AddIngredient implements supply.Repository.
func (m *Memory) AddIngredient(_ context.Context, i supply.Ingredient) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.suppliers[i.SupplierID]; !ok {
		return supply.ErrNotFound
	}
	m.ingredients[i.ID] = i
	return nil
}

// UpdateIngredient implements supply.Repository.
func (m *Memory) UpdateIngredient(_ context.Context, i supply.Ingredient) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.ingredients[i.ID]; !ok {
		return supply.ErrNotFound
	}
	m.ingredients[i.ID] = i
	return nil
}
