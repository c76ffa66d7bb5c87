package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"delivery.example/kit/contract"
	"delivery.example/recipes/internal/cook"
)

// Postgres is a cook.Repository in the service's schema. Statements name their
// columns, so that a column which a later release adds does not disturb this one.
type Postgres struct{ pool *pgxpool.Pool }

var _ cook.Repository = Postgres{}

// NewPostgres gives the repository over pool, whose search path is the schema.
func NewPostgres(pool *pgxpool.Pool) Postgres { return Postgres{pool} }

// selectRecipes begins a query for recipes, each one row with its lines as two arrays.
const selectRecipes = `SELECT r.id, r.name, r.portions, r.note, r.version, r.fingerprint, l.ingredients, l.quantities
	FROM recipe r CROSS JOIN LATERAL (
		SELECT coalesce(array_agg(ingredient_id::text ORDER BY position), '{}') AS ingredients,
			coalesce(array_agg(quantity ORDER BY position), '{}') AS quantities
		FROM recipe_line WHERE recipe_id = r.id
	) l `

// insertLines adds the lines of the recipe $1: ingredients $2 and quantities $3.
const insertLines = `INSERT INTO recipe_line (recipe_id, position, ingredient_id, quantity)
	SELECT $1, position, ingredient_id, quantity FROM unnest($2::uuid[], $3::bigint[]) WITH ORDINALITY AS line (ingredient_id, quantity, position)`

func toRecipe(row pgx.CollectableRow) (r cook.Recipe, err error) {
	var ingredients []string
	var quantities []int64
	err = row.Scan(&r.ID, &r.Name, &r.Portions, &r.Note, &r.Version, &r.Fingerprint, &ingredients, &quantities)
	for n := range ingredients {
		r.Lines = append(r.Lines, cook.Line{IngredientID: ingredients[n], Quantity: quantities[n]})
	}
	return r, err
}

func columnsOf(lines []cook.Line) (ingredients []string, quantities []int64) {
	for _, line := range lines {
		ingredients, quantities = append(ingredients, line.IngredientID), append(quantities, line.Quantity)
	}
	return ingredients, quantities
}

// Recipes implements cook.Repository.
func (p Postgres) Recipes(ctx context.Context, page contract.Page) ([]cook.Recipe, error) {
	after := page.After
	if after == "" {
		after = "00000000-0000-0000-0000-000000000000" // below every other
	}
	return p.list(ctx, selectRecipes+"WHERE r.id > $1 ORDER BY r.id LIMIT $2", after, page.Limit)
}

// RecipesByID implements cook.Repository.
func (p Postgres) RecipesByID(ctx context.Context, ids []string) ([]cook.Recipe, error) {
	return p.list(ctx, selectRecipes+"WHERE r.id = ANY($1) ORDER BY r.id", ids)
}

// Recipe implements cook.Repository.
func (p Postgres) Recipe(ctx context.Context, id string) (cook.Recipe, error) {
	list, err := p.list(ctx, selectRecipes+"WHERE r.id = $1", id)
	switch {
	case err != nil:
		return cook.Recipe{}, err
	case len(list) == 0:
		return cook.Recipe{}, cook.ErrNotFound
	}
	return list[0], nil
}

// AddRecipe implements cook.Repository. Nothing is ever deleted, so what stood in
// the way of the insertion is there to be read.
func (p Postgres) AddRecipe(ctx context.Context, r cook.Recipe) (cook.Recipe, error) {
	made := false
	err := pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(
			ctx,
			"INSERT INTO recipe (id, name, portions, note, version, fingerprint) VALUES ($1, $2, $3, $4, 1, $5) ON CONFLICT (id) DO NOTHING",
			r.ID,
			r.Name,
			r.Portions,
			r.Note,
			r.Fingerprint,
		)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		made = true
		ingredients, quantities := columnsOf(r.Lines)
		_, err = tx.Exec(ctx, insertLines, r.ID, ingredients, quantities)
		return err
	})
	if err != nil {
		return r, err
	}
	if made {
		r.Version = 1
		return r, nil
	}
	old, err := p.Recipe(ctx, r.ID)
	if err != nil {
		return old, err
	}
	return old, reused(old.Fingerprint, r.Fingerprint)
}

// UpdateRecipe implements cook.Repository. The changed row is locked until the
// lines are replaced, so that of two changes to one version one is refused.
func (p Postgres) UpdateRecipe(ctx context.Context, r cook.Recipe) (cook.Recipe, error) {
	err := pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, "UPDATE recipe SET name = $3, portions = $4, note = $5, version = version + 1 "+
			"WHERE id = $1 AND version = $2 RETURNING version, fingerprint",
			r.ID, r.Version, r.Name, r.Portions, r.Note).
			Scan(&r.Version, &r.Fingerprint)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM recipe_line WHERE recipe_id = $1", r.ID); err != nil {
			return err
		}
		ingredients, quantities := columnsOf(r.Lines)
		_, err = tx.Exec(ctx, insertLines, r.ID, ingredients, quantities)
		return err
	})
	if !errors.Is(err, pgx.ErrNoRows) {
		return r, err
	}
	if _, err := p.Recipe(ctx, r.ID); err != nil {
		return r, err
	}
	return r, cook.ErrChanged
}

// list gives what the query finds, an empty list for nothing.
func (p Postgres) list(ctx context.Context, query string, args ...any) ([]cook.Recipe, error) {
	rows, err := p.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.AppendRows([]cook.Recipe{}, rows, toRecipe)
}
