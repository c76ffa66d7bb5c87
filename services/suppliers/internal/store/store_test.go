package store

import (
	"errors"
	"reflect"
	"testing"

	"delivery.example/kit/contract"
	"delivery.example/kit/dbtest"
	"delivery.example/suppliers/internal/store/migrations"
	"delivery.example/suppliers/internal/supply"
)

func testID(last string) string { return "00000000-0000-7000-8000-0000000000" + last }

// TestRepository is the suite that every supply.Repository has to pass.
func TestRepository(t *testing.T) {
	t.Run("memory", func(t *testing.T) { testRepository(t, NewMemory()) })
	t.Run("postgres", func(t *testing.T) {
		testRepository(t, NewPostgres(dbtest.New(t, "suppliers", migrations.Files).Pool(t)))
	})
}

func testRepository(t *testing.T, r supply.Repository) {
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
	none, err := r.Suppliers(ctx, all)
	same(none, []supply.Supplier{}, err)

	mill, dairy := supply.Supplier{
		ID:          testID("01"),
		Name:        "Mill",
		Fingerprint: "f",
	}, supply.Supplier{
		ID:   testID("02"),
		Name: "Dairy",
	}
	added, err := r.AddSupplier(ctx, dairy)
	same(added, dairy, err)
	_, err = r.AddSupplier(ctx, mill)
	same(nil, nil, err)
	again, err := r.AddSupplier(ctx, mill)
	same(again, mill, err)
	fails(supply.ErrReused, second(r.AddSupplier(ctx, supply.Supplier{ID: mill.ID, Name: "Other", Fingerprint: "g"})))
	fails(supply.ErrReused, second(r.AddSupplier(ctx, dairy))) // no key was sent: a clash, not a repetition
	list, err := r.Suppliers(ctx, all)
	same(list, []supply.Supplier{mill, dairy}, err)
	list, err = r.Suppliers(ctx, contract.Page{Limit: 1})
	same(list, []supply.Supplier{mill}, err)
	list, err = r.Suppliers(ctx, contract.Page{After: mill.ID, Limit: 1})
	same(list, []supply.Supplier{dairy}, err)
	one, err := r.Supplier(ctx, mill.ID)
	same(one, mill, err)
	fails(supply.ErrNotFound, second(r.Supplier(ctx, testID("99"))))

	butter := supply.Ingredient{
		ID:         testID("11"),
		SupplierID: dairy.ID,
		Name:       "Butter",
		Unit:       "g",
		PackSize:   250,
		PriceMinor: 260,
		Available:  true,
		Version:    1,
	}
	flour := supply.Ingredient{
		ID:          testID("12"),
		SupplierID:  mill.ID,
		Name:        "Flour",
		Unit:        "g",
		PackSize:    1000,
		PriceMinor:  120,
		Version:     1,
		Fingerprint: "f",
	}
	for _, i := range []supply.Ingredient{flour, butter} {
		got, err := r.AddIngredient(ctx, i)
		same(got, i, err)
	}
	repeated, err := r.AddIngredient(ctx, flour)
	same(repeated, flour, err)
	fails(
		supply.ErrReused,
		second(
			r.AddIngredient(
				ctx,
				supply.Ingredient{
					ID:          flour.ID,
					SupplierID:  mill.ID,
					Name:        "Rye",
					Unit:        "g",
					PackSize:    1,
					Fingerprint: "g",
				},
			),
		),
	)
	fails(
		supply.ErrNotFound,
		second(
			r.AddIngredient(
				ctx,
				supply.Ingredient{ID: testID("13"), SupplierID: testID("99"), Name: "Air", Unit: "g", PackSize: 1},
			),
		),
	)
	ingredients, err := r.Ingredients(ctx, "", all)
	same(ingredients, []supply.Ingredient{butter, flour}, err)
	ingredients, err = r.Ingredients(ctx, "", contract.Page{After: butter.ID, Limit: 10})
	same(ingredients, []supply.Ingredient{flour}, err)
	ingredients, err = r.Ingredients(ctx, dairy.ID, all)
	same(ingredients, []supply.Ingredient{butter}, err)
	ingredients, err = r.IngredientsByID(ctx, []string{flour.ID, testID("99")})
	same(ingredients, []supply.Ingredient{flour}, err)

	change := flour
	change.PriceMinor, change.Available, change.SupplierID = 130, true, testID("99")
	want := flour
	want.PriceMinor, want.Available, want.Version = 130, true, 2
	changed, err := r.UpdateIngredient(ctx, change)
	same(changed, want, err)
	got, err := r.Ingredient(ctx, flour.ID)
	same(got, want, err)
	fails(supply.ErrChanged, second(r.UpdateIngredient(ctx, change)))
	change.ID = testID("99")
	fails(supply.ErrNotFound, second(r.UpdateIngredient(ctx, change)))
	fails(supply.ErrNotFound, second(r.Ingredient(ctx, change.ID)))

	racy := supply.Ingredient{
		ID:          testID("14"),
		SupplierID:  mill.ID,
		Name:        "Oats",
		Unit:        "g",
		PackSize:    500,
		PriceMinor:  99,
		Version:     1,
		Fingerprint: "f",
	}
	if failed := atOnce(func() error { return second(r.AddIngredient(ctx, racy)) }); len(failed) > 0 {
		t.Errorf("the same creation at once: %v", failed)
	}
	failed := atOnce(func() error { return second(r.UpdateIngredient(ctx, racy)) })
	if len(failed) != 7 {
		t.Errorf("one of 8 changes to the same version was to succeed: %v", failed)
	}
	for _, err := range failed {
		fails(supply.ErrChanged, err)
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

func second[T any](_ T, err error) error { return err }

func TestDemoCanBeAddedTwice(t *testing.T) {
	r := NewMemory()
	for range 2 {
		if err := AddDemo(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	all, _ := r.Ingredients(t.Context(), "", contract.Page{Limit: 100})
	for _, i := range all {
		if faults := i.Check(); len(faults) > 0 {
			t.Errorf("%s: %v", i.Name, faults)
		}
	}
}

// TestPostgresWithoutTables: every call gives the error, none something that is not there.
func TestPostgresWithoutTables(t *testing.T) {
	d := dbtest.New(t, "suppliers", nil)
	r, ctx := NewPostgres(d.Pool(t)), t.Context()
	for n, err := range []error{
		second(r.Suppliers(ctx, contract.Page{Limit: 1})), second(r.Supplier(ctx, testID("01"))),
		second(r.AddSupplier(ctx, supply.Supplier{ID: testID("01")})),
		second(r.Ingredients(ctx, "", contract.Page{Limit: 1})),
		second(r.Ingredients(ctx, testID("01"), contract.Page{Limit: 1})),
		second(r.IngredientsByID(ctx, []string{testID("01")})),
		second(r.Ingredient(ctx, testID("01"))), second(r.AddIngredient(
			ctx, supply.Ingredient{ID: testID("01"), SupplierID: testID("01")},
		)), second(r.UpdateIngredient(ctx, supply.Ingredient{ID: testID("01")})),
		AddDemo(ctx, r),
	} {
		if err == nil || errors.Is(err, supply.ErrNotFound) || errors.Is(err, supply.ErrChanged) {
			t.Errorf("%d: %v", n, err)
		}
	}
}
