package store

import (
	"context"
	"sync"

	"delivery.example/kit/contract"
	"delivery.example/restaurant/internal/feedback"
)

// MemoryFeedback is a feedback.Repository that forgets everything with the process.
type MemoryFeedback struct {
	mu  sync.RWMutex
	all map[string]feedback.Feedback
}

var _ feedback.Repository = (*MemoryFeedback)(nil)

// NewMemoryFeedback gives an empty repository.
func NewMemoryFeedback() *MemoryFeedback {
	return &MemoryFeedback{all: map[string]feedback.Feedback{}}
}

// List implements feedback.Repository.
func (m *MemoryFeedback) List(_ context.Context, filter feedback.Filter, page contract.Page) ([]feedback.Feedback, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	wanted := func(filter, value string) bool { return filter == "" || filter == value }
	return pageOf(m.all, page, func(f feedback.Feedback) bool {
		return wanted(filter.Version, f.Version) && wanted(filter.Status, f.Status) && wanted(filter.Severity, f.Severity)
	}), nil
}

// Get implements feedback.Repository.
func (m *MemoryFeedback) Get(_ context.Context, id string) (feedback.Feedback, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return one(m.all, id, feedback.ErrNotFound)
}

// Add implements feedback.Repository.
func (m *MemoryFeedback) Add(_ context.Context, f feedback.Feedback) (feedback.Feedback, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.all[f.ID]; ok {
		return old, reused(old.Fingerprint, f.Fingerprint, feedback.ErrReused)
	}
	f.Revision = 1
	m.all[f.ID] = f
	return f, nil
}

// Judge implements feedback.Repository.
func (m *MemoryFeedback) Judge(_ context.Context, f feedback.Feedback) (feedback.Feedback, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, err := one(m.all, f.ID, feedback.ErrNotFound)
	if err != nil {
		return f, err
	}
	if now.Revision != f.Revision {
		return f, feedback.ErrChanged
	}
	now.Status, now.Severity, now.Revision = f.Status, f.Severity, now.Revision+1
	m.all[f.ID] = now
	return now, nil
}
