package store

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"delivery.example/kit/contract"
	"delivery.example/kit/dbtest"
	"delivery.example/restaurant/internal/feedback"
	"delivery.example/restaurant/internal/menu"
	"delivery.example/restaurant/internal/store/migrations"
)

// TestRepository is the suite that every menu.Repository has to pass.
func TestRepository(t *testing.T) {
	t.Run("memory", func(t *testing.T) { testRepository(t, NewMemory()) })
	t.Run("postgres", func(t *testing.T) {
		testRepository(t, NewPostgres(dbtest.New(t, "restaurant", migrations.Files).Pool(t)))
	})
}

func TestFeedback(t *testing.T) {
	t.Run("memory", func(t *testing.T) { testFeedback(t, NewMemoryFeedback()) })
	t.Run("postgres", func(t *testing.T) {
		testFeedback(t, NewPostgresFeedback(dbtest.New(t, "restaurant", migrations.Files).Pool(t)))
	})
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
	garden, harbour := menu.Restaurant{
		ID:          testID("01"),
		Name:        "Garden",
		Fingerprint: "f",
	}, menu.Restaurant{
		ID:   testID("02"),
		Name: "Harbour",
	}
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

	lunch, dinner := menu.Menu{
		ID:           testID("03"),
		RestaurantID: harbour.ID,
		Name:         "Lunch",
	}, menu.Menu{
		ID:           testID("04"),
		RestaurantID: harbour.ID,
		Name:         "Dinner",
		Fingerprint:  "f",
	}
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
	oneMenu, dishes, err := r.Menu(ctx, lunch.ID)
	same(oneMenu, lunch, err)
	same(dishes, []menu.Dish{}, err)
	house, err := r.Restaurant(ctx, harbour.ID)
	same(house, harbour, err)

	soup := menu.Dish{
		ID:          testID("05"),
		MenuID:      lunch.ID,
		Name:        "Soup",
		RecipeID:    testID("77"),
		PriceMinor:  590,
		Version:     1,
		Fingerprint: "f",
	}
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
	salad := menu.Dish{
		ID:         testID("06"),
		MenuID:     lunch.ID,
		Name:       "Salad",
		RecipeID:   testID("77"),
		PriceMinor: 1,
		Version:    1,
	}
	cake := menu.Dish{
		ID:         testID("07"),
		MenuID:     dinner.ID,
		Name:       "Cake",
		RecipeID:   testID("77"),
		PriceMinor: 100_000_000,
		Version:    1,
	}
	for _, d := range []menu.Dish{cake, salad} {
		added, err := r.AddDish(ctx, d)
		same(added, d, err)
	}
	oneMenu, dishes, err = r.Menu(ctx, lunch.ID)
	same(oneMenu, lunch, err)
	same(dishes, []menu.Dish{want, salad}, err)
	dish, err := r.Dish(ctx, soup.ID)
	same(dish, want, err)

	none := testID("99")
	for _, err := range []error{
		third(r.Menu(ctx, none)), second(r.Menus(ctx, none, all)), second(r.Dish(ctx, none)), second(r.Restaurant(ctx, none)),
		second(r.AddMenu(ctx, menu.Menu{ID: testID("98"), RestaurantID: none, Name: "x"})),
		second(r.AddDish(ctx, menu.Dish{ID: testID("98"), MenuID: none, Name: "x", RecipeID: none, PriceMinor: 1})),
		second(r.UpdateDish(ctx, menu.Dish{ID: none, Name: "x", RecipeID: none, PriceMinor: 1})),
	} {
		fails(menu.ErrNotFound, err)
	}

	racy := menu.Dish{
		ID:          testID("08"),
		MenuID:      dinner.ID,
		Name:        "Steak",
		RecipeID:    testID("77"),
		PriceMinor:  2900,
		Version:     1,
		Fingerprint: "f",
	}
	if failed := atOnce(func() error { return second(r.AddDish(ctx, racy)) }); len(failed) > 0 {
		t.Errorf("the same creation at once: %v", failed)
	}
	failed := atOnce(func() error { return second(r.UpdateDish(ctx, racy)) })
	if len(failed) != 7 {
		t.Errorf("one of 8 changes to the same version was to succeed: %v", failed)
	}
	for _, err := range failed {
		fails(menu.ErrChanged, err)
	}
}

// testFeedback is the suite that every feedback.Repository has to pass.
func testFeedback(t *testing.T, r feedback.Repository) {
	ctx := t.Context()
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_901_000, time.UTC)
	slow := feedback.Feedback{
		ID:          testID("01"),
		Text:        "Slow\nand ugly ü",
		Severity:    "minor",
		Status:      feedback.Open,
		Version:     "1.0.0",
		CreatedAt:   at,
		Revision:    1,
		Fingerprint: "f",
	}
	wrong := feedback.Feedback{
		ID:        testID("02"),
		Text:      "Wrong",
		Severity:  "blocker",
		Status:    feedback.Open,
		Version:   "1.0.0",
		CreatedAt: at,
		Revision:  1,
	}
	late := feedback.Feedback{
		ID:        testID("03"),
		Text:      "Late",
		Severity:  "minor",
		Status:    feedback.Open,
		Version:   "1.1.0",
		CreatedAt: at,
		Revision:  1,
	}
	expect := func(want []feedback.Feedback, filter feedback.Filter, page contract.Page) {
		t.Helper()
		got, err := r.List(ctx, filter, page)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v: %+v, want %+v: %v", filter, got, want, err)
		}
	}
	fails := func(want, err error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	all := contract.Page{Limit: 10}
	expect([]feedback.Feedback{}, feedback.Filter{}, all)
	for _, f := range []feedback.Feedback{late, slow, wrong, slow} {
		got, err := r.Add(ctx, f)
		if err != nil || !reflect.DeepEqual(got, f) {
			t.Errorf("%+v, want %+v: %v", got, f, err)
		}
	}
	fails(feedback.ErrReused, second(r.Add(ctx, wrong))) // no key was sent: a clash, not a repetition
	other := slow
	other.Fingerprint = "g"
	fails(feedback.ErrReused, second(r.Add(ctx, other)))

	expect([]feedback.Feedback{slow, wrong, late}, feedback.Filter{}, all)
	expect([]feedback.Feedback{wrong}, feedback.Filter{}, contract.Page{After: slow.ID, Limit: 1})
	expect([]feedback.Feedback{slow, wrong}, feedback.Filter{Version: "1.0.0"}, all)
	expect([]feedback.Feedback{slow, late}, feedback.Filter{Severity: "minor", Status: feedback.Open}, all)
	expect([]feedback.Feedback{}, feedback.Filter{Version: "1.0.0' OR true --"}, all)

	judged, err := r.Judge(
		ctx,
		feedback.Feedback{ID: wrong.ID, Revision: 1, Status: feedback.Resolved, Severity: "major", Text: "not this"},
	)
	wrong.Status, wrong.Severity, wrong.Revision = feedback.Resolved, "major", 2
	if err != nil || !reflect.DeepEqual(judged, wrong) {
		t.Errorf("%+v, want %+v: %v", judged, wrong, err)
	}
	if got, err := r.Get(ctx, wrong.ID); err != nil || !reflect.DeepEqual(got, wrong) {
		t.Errorf("%+v, want %+v: %v", got, wrong, err)
	}
	expect(
		[]feedback.Feedback{wrong},
		feedback.Filter{Version: "1.0.0", Status: feedback.Resolved, Severity: "major"},
		all,
	)
	fails(
		feedback.ErrChanged,
		second(r.Judge(ctx, feedback.Feedback{ID: wrong.ID, Revision: 1, Status: feedback.Open, Severity: "minor"})),
	)
	fails(
		feedback.ErrNotFound,
		second(
			r.Judge(ctx, feedback.Feedback{ID: testID("99"), Revision: 1, Status: feedback.Open, Severity: "minor"}),
		),
	)
	fails(feedback.ErrNotFound, second(r.Get(ctx, testID("99"))))
	racy := late
	racy.ID, racy.Fingerprint = testID("04"), "f"
	if failed := atOnce(func() error { return second(r.Add(ctx, racy)) }); len(failed) > 0 {
		t.Errorf("the same creation at once: %v", failed)
	}
}

// atOnce calls f 8 times at once and gives the errors.
func atOnce(f func() error) (failed []error) {
	results := make(chan error)
	for range 8 {
		go func() { results <- f() }()
	}
	for range 8 {
		if err := <-results; err != nil {
			failed = append(failed, err)
		}
	}
	return failed
}

func third[T, U any](_ T, _ U, err error) error { return err }

func testID(last string) string { return "00000000-0000-7000-8000-0000000000" + last }

func second[T any](_ T, err error) error { return err }

// TestPostgresWithoutTables: every call gives the error, none something that is not there.
func TestPostgresWithoutTables(t *testing.T) {
	d := dbtest.New(t, "restaurant", nil)
	r, said, ctx := NewPostgres(d.Pool(t)), NewPostgresFeedback(d.Pool(t)), t.Context()
	one, page := testID("01"), contract.Page{Limit: 1}
	for n, err := range []error{
		second(r.Restaurants(ctx, page)), second(r.Restaurant(ctx, one)), second(r.AddRestaurant(ctx, menu.Restaurant{ID: one})),
		second(r.Menus(ctx, one, page)), third(r.Menu(ctx, one)), second(r.AddMenu(ctx, menu.Menu{ID: one, RestaurantID: one})),
		second(r.Dish(ctx, one)), second(r.AddDish(ctx, menu.Dish{ID: one, MenuID: one, RecipeID: one})),
		second(r.UpdateDish(ctx, menu.Dish{ID: one, RecipeID: one})), AddDemo(ctx, r),
		second(said.List(ctx, feedback.Filter{}, page)), second(said.Get(ctx, one)),
		second(said.Add(ctx, feedback.Feedback{ID: one})),
		second(said.Judge(ctx, feedback.Feedback{ID: one})),
	} {
		if err == nil || errors.Is(err, menu.ErrNotFound) || errors.Is(err, menu.ErrChanged) ||
			errors.Is(err, feedback.ErrNotFound) ||
			errors.Is(err, feedback.ErrChanged) {
			t.Errorf("%d: %v", n, err)
		}
	}
}

// TestDemoCanBeAddedAtOnce: by several replicas, and again.
func TestDemoCanBeAddedAtOnce(t *testing.T) {
	ctx, r := t.Context(), NewPostgres(dbtest.New(t, "restaurant", migrations.Files).Pool(t))
	if failed := atOnce(func() error { return AddDemo(ctx, r) }); len(failed) > 0 {
		t.Fatal(failed)
	}
	houses, err := r.Restaurants(ctx, contract.Page{Limit: 10})
	if err != nil || len(houses) != 3 {
		t.Fatalf("%v: %v", houses, err)
	}
	for _, house := range houses {
		menus, err := r.Menus(ctx, house.ID, contract.Page{Limit: 10})
		if err != nil || len(menus) != 2 {
			t.Errorf("%s: %v: %v", house.Name, menus, err)
		}
		for _, m := range menus {
			_, dishes, err := r.Menu(ctx, m.ID)
			if err != nil || len(dishes) != 5 {
				t.Errorf("%s, %s: %v: %v", house.Name, m.Name, dishes, err)
			}
			for _, d := range dishes {
				if faults := d.Check(); len(faults) > 0 {
					t.Errorf("%s: %v", d.Name, faults)
				}
			}
		}
	}
}
