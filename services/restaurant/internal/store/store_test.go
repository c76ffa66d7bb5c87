package store

import (
	"errors"
	"reflect"
	"testing"

	"delivery.example/kit/contract"
	"delivery.example/restaurant/internal/menu"
)

// TestRepository is the suite that every menu.Repository has to pass.
func TestRepository(t *testing.T) {
	t.Run("memory", func(t *testing.T) { testRepository(t, NewMemory()) })
}

func testRepository(t *testing.T, r menu.Repository) {
	ctx := t.Context()
	all := contract.Page{Limit: 10}
	same := func(got, want any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	fails := func(want, err error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	garden, harbour := menu.Restaurant{ID: testID("01"), Name: "Garden", Fingerprint: "f"}, menu.Restaurant{ID: testID("02"), Name: "Harbour"}
	addedHouse, err := r.AddRestaurant(ctx, harbour)
	same(addedHouse, harbour, err)
	for range 2 {
		addedHouse, err = r.AddRestaurant(ctx, garden)
		same(addedHouse, garden, err)
	}
	fails(menu.ErrReused, second(r.AddRestaurant(ctx, harbour))) // no key was sent: a clash, not a repetition
	restaurants, err := r.Restaurants(ctx, all)
	same(restaurants, []menu.Restaurant{garden, harbour}, err)
	restaurants, err = r.Restaurants(ctx, contract.Page{After: garden.ID, Limit: 1})
	same(restaurants, []menu.Restaurant{harbour}, err)

	lunch, dinner := menu.Menu{ID: testID("03"), RestaurantID: harbour.ID, Name: "Lunch"}, menu.Menu{ID: testID("04"), RestaurantID: harbour.ID, Name: "Dinner", Fingerprint: "f"}
	for _, m := range []menu.Menu{dinner, lunch, dinner} {
		added, err := r.AddMenu(ctx, m)
		same(added, m, err)
	}
	fails(menu.ErrReused, second(r.AddMenu(ctx, lunch)))
	menus, err := r.Menus(ctx, harbour.ID, all)
	same(menus, []menu.Menu{lunch, dinner}, err)
	menus, err = r.Menus(ctx, harbour.ID, contract.Page{Limit: 1})
	same(menus, []menu.Menu{lunch}, err)
	menus, err = r.Menus(ctx, garden.ID, all)
	same(menus, []menu.Menu{}, err)
	oneMenu, err := r.Menu(ctx, lunch.ID)
	same(oneMenu, lunch, err)

	soup := menu.Dish{ID: testID("05"), MenuID: lunch.ID, Name: "Soup", RecipeID: testID("77"), PriceMinor: 590, Version: 1, Fingerprint: "f"}
	for range 2 {
		added, err := r.AddDish(ctx, soup)
		same(added, soup, err)
	}
	other := soup
	other.Fingerprint = "g"
	fails(menu.ErrReused, second(r.AddDish(ctx, other)))
	change := soup
	change.PriceMinor, change.MenuID = 620, testID("99")
	want := soup
	want.PriceMinor, want.Version = 620, 2
	changed, err := r.UpdateDish(ctx, change)
	same(changed, want, err)
	fails(menu.ErrChanged, second(r.UpdateDish(ctx, change)))
	dishes, err := r.Dishes(ctx, lunch.ID)
	same(dishes, []menu.Dish{want}, err)
	dish, err := r.Dish(ctx, soup.ID)
	same(dish, want, err)

	none := testID("99")
	for _, err := range []error{
		second(r.Menu(ctx, none)), second(r.Menus(ctx, none, all)), second(r.Dish(ctx, none)), second(r.Dishes(ctx, none)),
		second(r.AddMenu(ctx, menu.Menu{ID: testID("98"), RestaurantID: none, Name: "x"})),
		second(r.AddDish(ctx, menu.Dish{ID: testID("98"), MenuID: none, Name: "x", RecipeID: none, PriceMinor: 1})),
		second(r.UpdateDish(ctx, menu.Dish{ID: none})),
	} {
		fails(menu.ErrNotFound, err)
	}
}

func testID(last string) string { return "00000000-0000-7000-8000-0000000000" + last }

func second[T any](_ T, err error) error { return err }
