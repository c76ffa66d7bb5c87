package store

import (
	"errors"
	"reflect"
	"testing"

	"delivery.example/restaurant/internal/menu"
)

// TestRepository is the suite that every menu.Repository has to pass.
func TestRepository(t *testing.T) {
	for name, open := range map[string]func() menu.Repository{
		"memory": func() menu.Repository { return NewMemory() },
	} {
		t.Run(name, func(t *testing.T) { testRepository(t, open()) })
	}
}

func testRepository(t *testing.T, r menu.Repository) {
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	same := func(got, want any, err error) {
		t.Helper()
		must(err)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	}
	garden, harbour := menu.Restaurant{ID: "1", Name: "Garden"}, menu.Restaurant{ID: "2", Name: "Harbour"}
	must(r.AddRestaurant(ctx, harbour))
	must(r.AddRestaurant(ctx, garden))
	restaurants, err := r.Restaurants(ctx)
	same(restaurants, []menu.Restaurant{garden, harbour}, err)

	lunch, dinner := menu.Menu{ID: "3", RestaurantID: "2", Name: "Lunch"}, menu.Menu{ID: "4", RestaurantID: "2", Name: "Dinner"}
	must(r.AddMenu(ctx, dinner))
	must(r.AddMenu(ctx, lunch))
	menus, err := r.Menus(ctx, "2")
	same(menus, []menu.Menu{lunch, dinner}, err)
	menus, err = r.Menus(ctx, "1")
	same(menus, []menu.Menu{}, err)
	oneMenu, err := r.Menu(ctx, "3")
	same(oneMenu, lunch, err)

	soup := menu.Dish{ID: "5", MenuID: "3", Name: "Soup", RecipeID: "r", PriceMinor: 590}
	must(r.AddDish(ctx, soup))
	soup.PriceMinor = 620
	must(r.UpdateDish(ctx, soup))
	dishes, err := r.Dishes(ctx, "3")
	same(dishes, []menu.Dish{soup}, err)
	dish, err := r.Dish(ctx, "5")
	same(dish, soup, err)

	for what, err := range map[string]error{
		"menu":             second(r.Menu(ctx, "x")),
		"menus of no one":  second(r.Menus(ctx, "x")),
		"dish":             second(r.Dish(ctx, "x")),
		"dishes of no one": second(r.Dishes(ctx, "x")),
		"menu for no one":  r.AddMenu(ctx, menu.Menu{ID: "9", RestaurantID: "x"}),
		"dish for no one":  r.AddDish(ctx, menu.Dish{ID: "9", MenuID: "x"}),
		"no dish":          r.UpdateDish(ctx, menu.Dish{ID: "x"}),
	} {
		if !errors.Is(err, menu.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
