package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"delivery.example/kit/contract"
	"delivery.example/restaurant/internal/menu"
)

// Postgres is a menu.Repository in the service's schema. Statements name their
// columns, so that a column which a later release adds does not disturb this one.
type Postgres struct{ pool *pgxpool.Pool }

var _ menu.Repository = Postgres{}

// NewPostgres gives the repository over pool, whose search path is the schema.
func NewPostgres(pool *pgxpool.Pool) Postgres { return Postgres{pool} }

const (
	restaurantColumns = "id, name, fingerprint"
	menuColumns       = "id, restaurant_id, name, fingerprint"
	dishColumns       = "id, menu_id, name, recipe_id, price_minor, version, fingerprint"
)

func toRestaurant(row pgx.CollectableRow) (r menu.Restaurant, err error) {
	err = row.Scan(&r.ID, &r.Name, &r.Fingerprint)
	return r, err
}

func toMenu(row pgx.CollectableRow) (m menu.Menu, err error) {
	err = row.Scan(&m.ID, &m.RestaurantID, &m.Name, &m.Fingerprint)
	return m, err
}

func toDish(row pgx.CollectableRow) (d menu.Dish, err error) {
	err = row.Scan(&d.ID, &d.MenuID, &d.Name, &d.RecipeID, &d.PriceMinor, &d.Version, &d.Fingerprint)
	return d, err
}

// Restaurants implements menu.Repository.
func (p Postgres) Restaurants(ctx context.Context, page contract.Page) ([]menu.Restaurant, error) {
	return list(
		ctx,
		p.pool,
		toRestaurant,
		"SELECT "+restaurantColumns+" FROM restaurant WHERE id > $1 ORDER BY id LIMIT $2",
		after(page),
		page.Limit,
	)
}

// Restaurant implements menu.Repository.
func (p Postgres) Restaurant(ctx context.Context, id string) (menu.Restaurant, error) {
	return first(
		ctx,
		p.pool,
		toRestaurant,
		menu.ErrNotFound,
		"SELECT "+restaurantColumns+" FROM restaurant WHERE id = $1",
		id,
	)
}

// AddRestaurant implements menu.Repository. Nothing is ever deleted, so what
// stood in the way of the insertion is there to be read.
func (p Postgres) AddRestaurant(ctx context.Context, r menu.Restaurant) (menu.Restaurant, error) {
	added, err := first(
		ctx,
		p.pool,
		toRestaurant,
		menu.ErrNotFound,
		"INSERT INTO restaurant ("+restaurantColumns+") VALUES ($1, $2, $3) "+
			"ON CONFLICT (id) DO NOTHING RETURNING "+restaurantColumns,
		r.ID,
		r.Name,
		r.Fingerprint,
	)
	if !errors.Is(err, menu.ErrNotFound) {
		return added, err
	}
	old, err := p.Restaurant(ctx, r.ID)
	if err != nil {
		return old, err
	}
	return old, reused(old.Fingerprint, r.Fingerprint, menu.ErrReused)
}

// Menus implements menu.Repository.
func (p Postgres) Menus(ctx context.Context, restaurantID string, page contract.Page) ([]menu.Menu, error) {
	menus, err := list(
		ctx,
		p.pool,
		toMenu,
		"SELECT "+menuColumns+" FROM menu WHERE restaurant_id = $1 AND id > $2 ORDER BY id LIMIT $3",
		restaurantID,
		after(page),
		page.Limit,
	)
	if err == nil && len(menus) == 0 {
		_, err = p.Restaurant(ctx, restaurantID)
	}
	return menus, err
}

// Menu implements menu.Repository with one query: it is what the page asks for.
func (p Postgres) Menu(ctx context.Context, id string) (menu.Menu, []menu.Dish, error) {
	m, dishes := menu.Menu{}, []menu.Dish{}
	rows, err := p.pool.Query(
		ctx,
		`SELECT m.id, m.restaurant_id, m.name, m.fingerprint, d.id, d.name, d.recipe_id, d.price_minor, d.version, d.fingerprint
		FROM menu m LEFT JOIN dish d ON d.menu_id = m.id WHERE m.id = $1 ORDER BY d.id`,
		id,
	)
	if err != nil {
		return m, nil, err
	}
	var dishID, name, recipeID, fingerprint *string // null for a menu without dishes
	var price, version *int64
	tag, err := pgx.ForEachRow(
		rows,
		[]any{
			&m.ID,
			&m.RestaurantID,
			&m.Name,
			&m.Fingerprint,
			&dishID,
			&name,
			&recipeID,
			&price,
			&version,
			&fingerprint,
		},
		func() error {
			if dishID != nil {
				dishes = append(
					dishes,
					menu.Dish{
						ID:          *dishID,
						MenuID:      m.ID,
						Name:        *name,
						RecipeID:    *recipeID,
						PriceMinor:  *price,
						Version:     *version,
						Fingerprint: *fingerprint,
					},
				)
			}
			return nil
		},
	)
	if err == nil && tag.RowsAffected() == 0 {
		err = menu.ErrNotFound
	}
	return m, dishes, err
}

// AddMenu implements menu.Repository.
func (p Postgres) AddMenu(ctx context.Context, m menu.Menu) (menu.Menu, error) {
	added, err := first(
		ctx,
		p.pool,
		toMenu,
		menu.ErrNotFound,
		"INSERT INTO menu ("+menuColumns+") VALUES ($1, $2, $3, $4) "+
			"ON CONFLICT (id) DO NOTHING RETURNING "+menuColumns,
		m.ID,
		m.RestaurantID,
		m.Name,
		m.Fingerprint,
	)
	switch {
	case orphan(err):
		return m, menu.ErrNotFound
	case !errors.Is(err, menu.ErrNotFound):
		return added, err
	}
	old, err := first(ctx, p.pool, toMenu, menu.ErrNotFound, "SELECT "+menuColumns+" FROM menu WHERE id = $1", m.ID)
	if err != nil {
		return old, err
	}
	return old, reused(old.Fingerprint, m.Fingerprint, menu.ErrReused)
}

// Dish implements menu.Repository.
func (p Postgres) Dish(ctx context.Context, id string) (menu.Dish, error) {
	return first(ctx, p.pool, toDish, menu.ErrNotFound, "SELECT "+dishColumns+" FROM dish WHERE id = $1", id)
}

// AddDish implements menu.Repository.
func (p Postgres) AddDish(ctx context.Context, d menu.Dish) (menu.Dish, error) {
	added, err := first(
		ctx,
		p.pool,
		toDish,
		menu.ErrNotFound,
		"INSERT INTO dish ("+dishColumns+") VALUES ($1, $2, $3, $4, $5, 1, $6) "+
			"ON CONFLICT (id) DO NOTHING RETURNING "+dishColumns,
		d.ID,
		d.MenuID,
		d.Name,
		d.RecipeID,
		d.PriceMinor,
		d.Fingerprint,
	)
	switch {
	case orphan(err):
		return d, menu.ErrNotFound
	case !errors.Is(err, menu.ErrNotFound):
		return added, err
	}
	old, err := p.Dish(ctx, d.ID)
	if err != nil {
		return old, err
	}
	return old, reused(old.Fingerprint, d.Fingerprint, menu.ErrReused)
}

// UpdateDish implements menu.Repository.
func (p Postgres) UpdateDish(ctx context.Context, d menu.Dish) (menu.Dish, error) {
	changed, err := first(
		ctx,
		p.pool,
		toDish,
		menu.ErrNotFound,
		"UPDATE dish SET name = $3, recipe_id = $4, price_minor = $5, version = version + 1 WHERE id = $1 AND version = $2 RETURNING "+dishColumns,
		d.ID,
		d.Version,
		d.Name,
		d.RecipeID,
		d.PriceMinor,
	)
	if !errors.Is(err, menu.ErrNotFound) {
		return changed, err
	}
	if _, err := p.Dish(ctx, d.ID); err != nil {
		return d, err
	}
	return d, menu.ErrChanged
}

// list gives what the query finds, an empty list for nothing.
func list[T any](ctx context.Context, pool *pgxpool.Pool, to pgx.RowToFunc[T], query string, args ...any) ([]T, error) {
	rows, err := pool.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.AppendRows([]T{}, rows, to)
}

// first gives the one row that the query finds, failure for none.
func first[T any](
	ctx context.Context,
	pool *pgxpool.Pool,
	to pgx.RowToFunc[T],
	failure error,
	query string,
	args ...any,
) (T, error) {
	rows, err := pool.Query(ctx, query, args...)
	if err != nil {
		var none T
		return none, err
	}
	found, err := pgx.CollectExactlyOneRow(rows, to)
	if errors.Is(err, pgx.ErrNoRows) {
		return found, failure
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
