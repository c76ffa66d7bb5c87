package store

import (
	"errors"
	"reflect"
	"testing"

	"delivery.example/recipes/internal/cook"
)

// TestRepository is the suite that every cook.Repository has to pass.
func TestRepository(t *testing.T) {
	for name, open := range map[string]func() cook.Repository{
		"memory": func() cook.Repository { return NewMemory() },
	} {
		t.Run(name, func(t *testing.T) { testRepository(t, open()) })
	}
}

func testRepository(t *testing.T, r cook.Repository) {
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	soup := cook.Recipe{ID: "2", Name: "Soup", Portions: 6, Lines: []cook.Line{{IngredientID: "tomato", Quantity: 1500}}}
	dough := cook.Recipe{ID: "1", Name: "Dough", Portions: 4, Lines: []cook.Line{{IngredientID: "flour", Quantity: 500}}}
	must(r.AddRecipe(ctx, soup))
	must(r.AddRecipe(ctx, dough))
	all, err := r.Recipes(ctx)
	must(err)
	if !reflect.DeepEqual(all, []cook.Recipe{dough, soup}) {
		t.Errorf("%v", all)
	}
	all[0].Lines[0].Quantity = 1 // a caller's change must not reach the store
	got, err := r.Recipe(ctx, "1")
	must(err)
	if !reflect.DeepEqual(got, dough) {
		t.Errorf("%v", got)
	}
	dough.Portions = 5
	must(r.UpdateRecipe(ctx, dough))
	got, err = r.Recipe(ctx, "1")
	must(err)
	if got.Portions != 5 {
		t.Errorf("%v", got)
	}
	if _, err := r.Recipe(ctx, "x"); !errors.Is(err, cook.ErrNotFound) {
		t.Errorf("%v", err)
	}
	if err := r.UpdateRecipe(ctx, cook.Recipe{ID: "x"}); !errors.Is(err, cook.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

func TestDemoRecipesAreValid(t *testing.T) {
	r := NewMemory()
	if err := AddDemo(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	all, _ := r.Recipes(t.Context())
	for _, recipe := range all {
		if faults := recipe.Check(); len(faults) > 0 {
			t.Errorf("%s: %v", recipe.Name, faults)
		}
	}
}
