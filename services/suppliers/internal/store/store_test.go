package store

import (
	"errors"
	"testing"

	"delivery.example/suppliers/internal/supply"
)

// TestRepository is the suite that every supply.Repository has to pass.
func TestRepository(t *testing.T) {
	for name, open := range map[string]func() supply.Repository{
		"memory": func() supply.Repository { return NewMemory() },
	} {
		t.Run(name, func(t *testing.T) { testRepository(t, open()) })
	}
}

func testRepository(t *testing.T, r supply.Repository) {
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(r.AddSupplier(ctx, supply.Supplier{ID: "b", Name: "Dairy"}))
	must(r.AddSupplier(ctx, supply.Supplier{ID: "a", Name: "Mill"}))
	flour := supply.Ingredient{ID: "2", SupplierID: "a", Name: "Flour", Unit: "g", PackSize: 1000, PriceMinor: 120, Available: true}
	butter := supply.Ingredient{ID: "1", SupplierID: "b", Name: "Butter", Unit: "g", PackSize: 250, PriceMinor: 260, Available: true}
	must(r.AddIngredient(ctx, flour))
	must(r.AddIngredient(ctx, butter))

	all, err := r.Suppliers(ctx)
	must(err)
	if len(all) != 2 || all[0].ID != "a" || all[1].ID != "b" {
		t.Errorf("suppliers in the order of their identifiers: %v", all)
	}
	one, err := r.Supplier(ctx, "a")
	must(err)
	if one.Name != "Mill" {
		t.Errorf("%v", one)
	}
	ingredients, err := r.Ingredients(ctx, "")
	must(err)
	if len(ingredients) != 2 || ingredients[0] != butter || ingredients[1] != flour {
		t.Errorf("%v", ingredients)
	}
	ingredients, err = r.Ingredients(ctx, "a")
	must(err)
	if len(ingredients) != 1 || ingredients[0] != flour {
		t.Errorf("%v", ingredients)
	}
	flour.PriceMinor = 130
	must(r.UpdateIngredient(ctx, flour))
	got, err := r.Ingredient(ctx, "2")
	must(err)
	if got != flour {
		t.Errorf("%v", got)
	}

	for what, err := range map[string]error{
		"supplier":           second(r.Supplier(ctx, "x")),
		"ingredient":         second(r.Ingredient(ctx, "x")),
		"update":             r.UpdateIngredient(ctx, supply.Ingredient{ID: "x"}),
		"add to no supplier": r.AddIngredient(ctx, supply.Ingredient{ID: "3", SupplierID: "x"}),
	} {
		if !errors.Is(err, supply.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
