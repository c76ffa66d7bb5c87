// Package store keeps recipes.
package store

import (
	"context"
	"maps"
	"slices"
	"sync"

	"delivery.example/kit/contract"
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
func (m *Memory) Recipes(_ context.Context, page contract.Page) ([]cook.Recipe, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	list := []cook.Recipe{}
	for _, id := range slices.Sorted(maps.Keys(m.recipes)) {
		if len(list) < page.Limit && id > page.After {
			list = append(list, copied(m.recipes[id]))
		}
	}
	return list, nil
}

// RecipesByID implements cook.Repository.
func (m *Memory) RecipesByID(_ context.Context, ids []string) ([]cook.Recipe, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	list := []cook.Recipe{}
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		if r, ok := m.recipes[id]; ok {
			list = append(list, copied(r))
		}
	}
	return list, nil
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
func (m *Memory) AddRecipe(_ context.Context, r cook.Recipe) (cook.Recipe, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.recipes[r.ID]; ok {
		return copied(old), reused(old.Fingerprint, r.Fingerprint)
	}
	r.Version = 1
	m.recipes[r.ID] = copied(r)
	return r, nil
}

// UpdateRecipe implements cook.Repository.
func (m *Memory) UpdateRecipe(_ context.Context, r cook.Recipe) (cook.Recipe, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, ok := m.recipes[r.ID]
	switch {
	case !ok:
		return r, cook.ErrNotFound
	case old.Version != r.Version:
		return r, cook.ErrChanged
	}
	r.Fingerprint, r.Version = old.Fingerprint, old.Version+1
	m.recipes[r.ID] = copied(r)
	return r, nil
}

// reused tells whether something that is there was made by the same request.
func reused(old, fresh string) error {
	if !contract.SameContent(old, fresh) {
		return cook.ErrReused
	}
	return nil
}

// copied keeps the caller's slice out of the store.
func copied(r cook.Recipe) cook.Recipe {
	r.Lines = slices.Clone(r.Lines)
	return r
}
