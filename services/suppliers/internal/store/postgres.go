package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"delivery.example/kit/contract"
	"delivery.example/suppliers/internal/supply"
)

// Postgres is a supply.Repository in the service's schema. Statements name their
// columns, so that a column which a later release adds does not disturb this one.
type Postgres struct{ pool *pgxpool.Pool }

var _ supply.Repository = Postgres{}

// NewPostgres gives the repository over pool, whose search path is the schema.
func NewPostgres(pool *pgxpool.Pool) Postgres { return Postgres{pool} }

const (
	supplierColumns   = "id, name, fingerprint"
	ingredientColumns = "id, supplier_id, name, unit, pack_size, price_minor, available, version, fingerprint"
)

func toSupplier(row pgx.CollectableRow) (s supply.Supplier, err error) {
	err = row.Scan(&s.ID, &s.Name, &s.Fingerprint)
	return s, err
}

func toIngredient(row pgx.CollectableRow) (i supply.Ingredient, err error) {
	err = row.Scan(
		&i.ID,
		&i.SupplierID,
		&i.Name,
		&i.Unit,
		&i.PackSize,
		&i.PriceMinor,
		&i.Available,
		&i.Version,
		&i.Fingerprint,
	)
	return i, err
}

// Suppliers implements supply.Repository.
func (p Postgres) Suppliers(ctx context.Context, page contract.Page) ([]supply.Supplier, error) {
	return list(
		ctx,
		p.pool,
		toSupplier,
		"SELECT "+supplierColumns+" FROM supplier WHERE id > $1 ORDER BY id LIMIT $2",
		after(page),
		page.Limit,
	)
}

// Supplier implements supply.Repository.
func (p Postgres) Supplier(ctx context.Context, id string) (supply.Supplier, error) {
	return first(ctx, p.pool, toSupplier, "SELECT "+supplierColumns+" FROM supplier WHERE id = $1", id)
}

// AddSupplier implements supply.Repository. Nothing is ever deleted, so what
// stood in the way of the insertion is there to be read.
func (p Postgres) AddSupplier(ctx context.Context, s supply.Supplier) (supply.Supplier, error) {
	added, err := first(
		ctx,
		p.pool,
		toSupplier,
		"INSERT INTO supplier ("+supplierColumns+") VALUES ($1, $2, $3) "+
			"ON CONFLICT (id) DO NOTHING RETURNING "+supplierColumns,
		s.ID,
		s.Name,
		s.Fingerprint,
	)
	if !errors.Is(err, supply.ErrNotFound) {
		return added, err
	}
	old, err := p.Supplier(ctx, s.ID)
	if err != nil {
		return old, err
	}
	return old, reused(old.Fingerprint, s.Fingerprint)
}

// Ingredients implements supply.Repository.
func (p Postgres) Ingredients(ctx context.Context, supplierID string, page contract.Page) ([]supply.Ingredient, error) {
	if supplierID == "" {
		return list(
			ctx,
			p.pool,
			toIngredient,
			"SELECT "+ingredientColumns+" FROM ingredient WHERE id > $1 ORDER BY id LIMIT $2",
			after(page),
			page.Limit,
		)
	}
	return list(
		ctx,
		p.pool,
		toIngredient,
		"SELECT "+ingredientColumns+" FROM ingredient WHERE supplier_id = $1 AND id > $2 ORDER BY id LIMIT $3",
		supplierID,
		after(page),
		page.Limit,
	)
}

// IngredientsByID implements supply.Repository.
func (p Postgres) IngredientsByID(ctx context.Context, ids []string) ([]supply.Ingredient, error) {
	return list(
		ctx,
		p.pool,
		toIngredient,
		"SELECT "+ingredientColumns+" FROM ingredient WHERE id = ANY($1) ORDER BY id",
		ids,
	)
}

// Ingredient implements supply.Repository.
func (p Postgres) Ingredient(ctx context.Context, id string) (supply.Ingredient, error) {
	return first(ctx, p.pool, toIngredient, "SELECT "+ingredientColumns+" FROM ingredient WHERE id = $1", id)
}

// AddIngredient implements supply.Repository.
func (p Postgres) AddIngredient(ctx context.Context, i supply.Ingredient) (supply.Ingredient, error) {
	added, err := first(
		ctx,
		p.pool,
		toIngredient,
		"INSERT INTO ingredient ("+ingredientColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8) "+
			"ON CONFLICT (id) DO NOTHING RETURNING "+ingredientColumns,
		i.ID,
		i.SupplierID,
		i.Name,
		i.Unit,
		i.PackSize,
		i.PriceMinor,
		i.Available,
		i.Fingerprint,
	)
	switch {
	case orphan(err):
		return i, supply.ErrNotFound
	case !errors.Is(err, supply.ErrNotFound):
		return added, err
	}
	old, err := p.Ingredient(ctx, i.ID)
	if err != nil {
		return old, err
	}
	return old, reused(old.Fingerprint, i.Fingerprint)
}

// UpdateIngredient implements supply.Repository.
func (p Postgres) UpdateIngredient(ctx context.Context, i supply.Ingredient) (supply.Ingredient, error) {
	changed, err := first(
		ctx,
		p.pool,
		toIngredient,
		`UPDATE ingredient SET name = $3, unit = $4, pack_size = $5, price_minor = $6, available = $7, version = version + 1
		WHERE id = $1 AND version = $2 RETURNING `+ingredientColumns,
		i.ID,
		i.Version,
		i.Name,
		i.Unit,
		i.PackSize,
		i.PriceMinor,
		i.Available,
	)
	if !errors.Is(err, supply.ErrNotFound) {
		return changed, err
	}
	if _, err := p.Ingredient(ctx, i.ID); err != nil {
		return i, err
	}
	return i, supply.ErrChanged
}

// list gives what the query finds, an empty list for nothing.
func list[T any](ctx context.Context, pool *pgxpool.Pool, to pgx.RowToFunc[T], query string, args ...any) ([]T, error) {
	rows, err := pool.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.AppendRows([]T{}, rows, to)
}

// first gives the one row that the query finds, supply.ErrNotFound for none.
func first[T any](ctx context.Context, pool *pgxpool.Pool, to pgx.RowToFunc[T], query string, args ...any) (T, error) {
	rows, err := pool.Query(ctx, query, args...)
	if err != nil {
		var none T
		return none, err
	}
	found, err := pgx.CollectExactlyOneRow(rows, to)
	if errors.Is(err, pgx.ErrNoRows) {
		return found, supply.ErrNotFound
	}
	return found, err
}

// after gives the identifier that a page begins after; all others are above the
// one that stands for the start.
func after(page contract.Page) string {
	if page.After == "" {
		return "00000000-0000-0000-0000-000000000000"
	}
	return page.After
}

// orphan tells whether err says that the parent is not there.
func orphan(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "23503" // foreign_key_violation
}
