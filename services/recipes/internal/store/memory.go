// Package store keeps recipes.
package store

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"delivery.example/recipes/internal/cook"
)

// Memory is a cook.Repository that forgets everything with the process.
type Memory struct {
	mu      sync.RWMutex
	recipes map[string]cook.Recipe
}

var _ cook.Repository = (*Memory)(nil)

// NewMemory gives an empty repository.
func NewMemory() *Memory {
	return &Memory{recipes: map[string]cook.Recipe{}}
}

// Recipes implements cook.Repository.
func (m *Memory) Recipes(context.Context) ([]cook.Recipe, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	all := slices.SortedFunc(maps.Values(m.recipes), func(a, b cook.Recipe) int { return strings.Compare(a.ID, b.ID) })
	for n := range all {
		all[n] = copied(all[n])
	}
	return all, nil
}

// Recipe implements cook.Repository.
func (m *Memory) Recipe(_ context.Context, id string) (cook.Recipe, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	r, ok := m.recipes[id]
	if !ok {
		return r, cook.ErrNotFound
	}
	return copied(r), nil
}

// AddRecipe implements cook.Repository.
func (m *Memory) AddRecipe(_ context.Context, r cook.Recipe) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.recipes[r.ID] = copied(r)
	return nil
}

// UpdateRecipe implements cook.Repository.
func (m *Memory) UpdateRecipe(_ context.Context, r cook.Recipe) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.recipes[r.ID]; !ok {
		return cook.ErrNotFound
	}
	m.recipes[r.ID] = copied(r)
	return nil
}

// copied keeps the caller's slice out of the store.
func copied(r cook.Recipe) cook.Recipe {
	r.Lines = slices.Clone(r.Lines)
	return r
}
