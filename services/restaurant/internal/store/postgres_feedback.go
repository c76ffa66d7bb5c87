package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"delivery.example/kit/contract"
	"delivery.example/restaurant/internal/feedback"
)

// PostgresFeedback is a feedback.Repository in the service's schema.
type PostgresFeedback struct{ pool *pgxpool.Pool }

var _ feedback.Repository = PostgresFeedback{}

// NewPostgresFeedback gives the repository over pool, whose search path is the schema.
func NewPostgresFeedback(pool *pgxpool.Pool) PostgresFeedback { return PostgresFeedback{pool} }

const feedbackColumns = "id, text, severity, status, version, created_at, revision, fingerprint"

func toFeedback(row pgx.CollectableRow) (f feedback.Feedback, err error) {
	var created time.Time
	err = row.Scan(&f.ID, &f.Text, &f.Severity, &f.Status, &f.Version, &created, &f.Revision, &f.Fingerprint)
	f.CreatedAt = created.UTC()
	return f, err
}

// List implements feedback.Repository. A condition is written only for what is
// wanted, so that the planner sees which index serves it.
func (p PostgresFeedback) List(
	ctx context.Context,
	filter feedback.Filter,
	page contract.Page,
) ([]feedback.Feedback, error) {
	where, args := "id > $1", []any{after(page)}
	for _, c := range []struct{ column, value string }{
		{"version", filter.Version}, {"status", filter.Status}, {"severity", filter.Severity},
	} {
		if c.value != "" {
			args = append(args, c.value)
			where += fmt.Sprintf(" AND %s = $%d", c.column, len(args))
		}
	}
	args = append(args, page.Limit)
	return list(
		ctx,
		p.pool,
		toFeedback,
		fmt.Sprintf("SELECT %s FROM feedback WHERE %s ORDER BY id LIMIT $%d", feedbackColumns, where, len(args)),
		args...)
}

// Get implements feedback.Repository.
func (p PostgresFeedback) Get(ctx context.Context, id string) (feedback.Feedback, error) {
	return first(
		ctx,
		p.pool,
		toFeedback,
		feedback.ErrNotFound,
		"SELECT "+feedbackColumns+" FROM feedback WHERE id = $1",
		id,
	)
}

// Add implements feedback.Repository.
func (p PostgresFeedback) Add(ctx context.Context, f feedback.Feedback) (feedback.Feedback, error) {
	added, err := first(
		ctx,
		p.pool,
		toFeedback,
		feedback.ErrNotFound,
		"INSERT INTO feedback ("+feedbackColumns+") VALUES ($1, $2, $3, $4, $5, $6, 1, $7) ON CONFLICT (id) DO NOTHING RETURNING "+feedbackColumns,
		f.ID,
		f.Text,
		f.Severity,
		f.Status,
		f.Version,
		f.CreatedAt,
		f.Fingerprint,
	)
	if !errors.Is(err, feedback.ErrNotFound) {
		return added, err
	}
	old, err := p.Get(ctx, f.ID)
	if err != nil {
		return old, err
	}
	return old, reused(old.Fingerprint, f.Fingerprint, feedback.ErrReused)
}

// Judge implements feedback.Repository.
func (p PostgresFeedback) Judge(ctx context.Context, f feedback.Feedback) (feedback.Feedback, error) {
	changed, err := first(
		ctx,
		p.pool,
		toFeedback,
		feedback.ErrNotFound,
		"UPDATE feedback SET status = $3, severity = $4, revision = revision + 1 WHERE id = $1 AND revision = $2 RETURNING "+feedbackColumns,
		f.ID,
		f.Revision,
		f.Status,
		f.Severity,
	)
	if !errors.Is(err, feedback.ErrNotFound) {
		return changed, err
	}
	if _, err := p.Get(ctx, f.ID); err != nil {
		return f, err
	}
	return f, feedback.ErrChanged
}
