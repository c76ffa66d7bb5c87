package store

import (
	"context"

	"delivery.example/recipes/internal/cook"
)

// AddDemo adds the demonstration's data; the ingredients are those of the
// suppliers service's demonstration data.
func AddDemo(ctx context.Context, r cook.Repository) error {
	const (
		flour      = "00000000-0000-7000-8000-000000000201"
		tomatoes   = "00000000-0000-7000-8000-000000000202"
		mozzarella = "00000000-0000-7000-8000-000000000203"
		basil      = "00000000-0000-7000-8000-000000000204"
		eggs       = "00000000-0000-7000-8000-000000000205"
		cream      = "00000000-0000-7000-8000-000000000206"
	)
	for _, recipe := range []cook.Recipe{
		{ID: "00000000-0000-7000-8000-000000000301", Name: "Pizza Margherita", Portions: 4,
			Lines: []cook.Line{{IngredientID: flour, Quantity: 600}, {IngredientID: tomatoes, Quantity: 500}, {IngredientID: mozzarella, Quantity: 500}, {IngredientID: basil, Quantity: 10}}},
		{ID: "00000000-0000-7000-8000-000000000302", Name: "Tomato Soup", Portions: 6,
			Lines: []cook.Line{{IngredientID: tomatoes, Quantity: 1500}, {IngredientID: cream, Quantity: 200}}},
		{ID: "00000000-0000-7000-8000-000000000303", Name: "Fresh Tagliatelle", Portions: 4,
			Lines: []cook.Line{{IngredientID: flour, Quantity: 400}, {IngredientID: eggs, Quantity: 4}, {IngredientID: cream, Quantity: 250}}},
	} {
		recipe.Fingerprint = "demo"
		if _, err := r.AddRecipe(ctx, recipe); err != nil {
			return err
		}
	}
	return nil
}
