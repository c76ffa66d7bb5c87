package store

import (
	"context"
	"fmt"

	"delivery.example/recipes/internal/cook"
)

// AddDemo adds the demonstration's data, or leaves what is there of it, also when
// several processes do it at once; the ingredients are those of the suppliers
// service's demonstration data.
func AddDemo(ctx context.Context, r cook.Repository) error {
	of := func(ingredient int, quantity int64) cook.Line {
		return cook.Line{IngredientID: demoID(ingredient), Quantity: quantity}
	}
	const (
		flour, tomatoes, mozzarella, basil, eggs, cream = 201, 202, 203, 204, 205, 206
		salmon, prawns, cod, oil, parmesan, capers      = 207, 208, 209, 210, 211, 212
		saffron, chocolate, rice, sugar, polenta        = 213, 214, 215, 216, 217
		potatoes, lemons, butter                        = 218, 219, 220
	)
	for _, recipe := range []cook.Recipe{
		{
			ID: demoID(301), Name: "Pizza Margherita", Portions: 4,
			Lines: []cook.Line{of(flour, 600), of(tomatoes, 500), of(mozzarella, 500), of(basil, 10)},
		},
		{ID: demoID(302), Name: "Tomato Soup", Portions: 6, Lines: []cook.Line{of(tomatoes, 1500), of(cream, 200)}},
		{ID: demoID(303), Name: "Fresh Tagliatelle", Portions: 4, Lines: []cook.Line{of(flour, 400), of(eggs, 4), of(cream, 250)},
			Note: "Knead for ten minutes, and let the dough rest for half an hour before rolling it out."},
		{
			ID: demoID(304), Name: "Salmon with Lemon Butter", Portions: 4,
			Lines: []cook.Line{of(salmon, 800), of(butter, 120), of(lemons, 2), of(potatoes, 1000)},
		},
		{
			ID: demoID(305), Name: "Fish and Chips", Portions: 4,
			Lines: []cook.Line{of(cod, 800), of(flour, 200), of(potatoes, 1200), of(oil, 250)},
		},
		{
			ID: demoID(306), Name: "Saffron Risotto", Portions: 4,
			Lines: []cook.Line{of(rice, 360), of(saffron, 4), of(parmesan, 120), of(butter, 80)},
		},
		{
			ID: demoID(307), Name: "Prawn Linguine", Portions: 4,
			Lines: []cook.Line{of(flour, 400), of(eggs, 4), of(prawns, 500), of(oil, 60), of(capers, 20)},
		},
		{
			ID: demoID(308), Name: "Caprese Salad", Portions: 4,
			Lines: []cook.Line{of(tomatoes, 800), of(mozzarella, 500), of(basil, 20), of(oil, 60)},
		},
		{
			ID: demoID(309), Name: "Chocolate Mousse", Portions: 6,
			Lines: []cook.Line{of(chocolate, 300), of(eggs, 4), of(cream, 300), of(sugar, 60)},
		},
		{
			ID: demoID(310), Name: "Lemon Tart", Portions: 8,
			Lines: []cook.Line{of(flour, 250), of(butter, 180), of(sugar, 200), of(eggs, 5), of(lemons, 5)},
		},
		{ID: demoID(311), Name: "Potato Gratin", Portions: 6, Lines: []cook.Line{of(potatoes, 1500), of(cream, 500), of(parmesan, 100)}},
		{ID: demoID(312), Name: "Polenta with Parmesan", Portions: 4, Lines: []cook.Line{of(polenta, 300), of(parmesan, 100), of(butter, 60)}},
	} {
		recipe.Fingerprint = "demo"
		if _, err := r.AddRecipe(ctx, recipe); err != nil {
			return fmt.Errorf("demonstration data: %s: %w", recipe.Name, err)
		}
	}
	return nil
}

func demoID(n int) string { return fmt.Sprintf("00000000-0000-7000-8000-%012d", n) }
