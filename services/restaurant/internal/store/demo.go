package store

import (
	"context"

	"delivery.example/restaurant/internal/menu"
)

// AddDemo adds the demonstration's data; the recipes are those of the recipes
// service's demonstration data.
func AddDemo(ctx context.Context, r menu.Repository) error {
	harbour := menu.Restaurant{ID: "00000000-0000-7000-8000-000000000401", Name: "Harbour Kitchen", Fingerprint: "demo"}
	if _, err := r.AddRestaurant(ctx, harbour); err != nil {
		return err
	}
	lunch := menu.Menu{ID: "00000000-0000-7000-8000-000000000501", RestaurantID: harbour.ID, Name: "Lunch"}
	dinner := menu.Menu{ID: "00000000-0000-7000-8000-000000000502", RestaurantID: harbour.ID, Name: "Dinner"}
	for _, m := range []menu.Menu{lunch, dinner} {
		m.Fingerprint = "demo"
		if _, err := r.AddMenu(ctx, m); err != nil {
			return err
		}
	}
	for _, d := range []menu.Dish{
		{ID: "00000000-0000-7000-8000-000000000601", MenuID: lunch.ID, Name: "Tomato Soup", RecipeID: "00000000-0000-7000-8000-000000000302", PriceMinor: 590},
		{ID: "00000000-0000-7000-8000-000000000602", MenuID: lunch.ID, Name: "Fresh Tagliatelle", RecipeID: "00000000-0000-7000-8000-000000000303", PriceMinor: 990},
		{ID: "00000000-0000-7000-8000-000000000603", MenuID: dinner.ID, Name: "Pizza Margherita", RecipeID: "00000000-0000-7000-8000-000000000301", PriceMinor: 1150},
	} {
		d.Fingerprint = "demo"
		if _, err := r.AddDish(ctx, d); err != nil {
			return err
		}
	}
	return nil
}
