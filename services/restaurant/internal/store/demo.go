package store

import (
	"context"
	"fmt"

	"delivery.example/restaurant/internal/menu"
)

// AddDemo adds the demonstration's data, or leaves what is there of it, also when
// several processes do it at once; the recipes are those of the recipes service's
// demonstration data. A pizza lacks its basil, and the risotto of the dinner at
// the tavern costs more than it brings.
func AddDemo(ctx context.Context, r menu.Repository) error {
	harbour, tavern, terrace := demoID(401), demoID(402), demoID(403)
	for _, x := range []menu.Restaurant{
		{ID: harbour, Name: "Harbour Kitchen"}, {ID: tavern, Name: "Old Mill Tavern"},
		{ID: terrace, Name: "Garden Terrace"},
	} {
		x.Fingerprint = "demo"
		if _, err := r.AddRestaurant(ctx, x); err != nil {
			return fmt.Errorf("demonstration data: %s: %w", x.Name, err)
		}
	}
	for _, m := range []menu.Menu{
		{ID: demoID(501), RestaurantID: harbour, Name: "Lunch"}, {ID: demoID(502), RestaurantID: harbour, Name: "Dinner"},
		{ID: demoID(503), RestaurantID: tavern, Name: "Lunch"}, {ID: demoID(504), RestaurantID: tavern, Name: "Dinner"},
		{ID: demoID(505), RestaurantID: terrace, Name: "Brunch"}, {ID: demoID(506), RestaurantID: terrace, Name: "Summer Evening"},
	} {
		m.Fingerprint = "demo"
		if _, err := r.AddMenu(ctx, m); err != nil {
			return fmt.Errorf("demonstration data: %s: %w", m.Name, err)
		}
	}
	for _, d := range []struct {
		id, menu int
		name     string
		recipe   int
		price    int64
	}{
		{601, 501, "Tomato Soup", 302, 590},
		{602, 501, "Fresh Tagliatelle", 303, 990},
		{603, 502, "Pizza Margherita", 301, 1150},
		{604, 501, "Fish and Chips", 305, 1390},
		{605, 501, "Caprese Salad", 308, 890},
		{606, 501, "Lemon Tart", 310, 490},
		{607, 502, "Salmon with Lemon Butter", 304, 2290},
		{608, 502, "Prawn Linguine", 307, 1690},
		{609, 502, "Potato Gratin", 311, 690},
		{610, 502, "Chocolate Mousse", 309, 650},
		{611, 503, "Tomato Soup", 302, 550},
		{612, 503, "Polenta with Parmesan", 312, 890},
		{613, 503, "Pizza Margherita", 301, 1050},
		{614, 503, "Potato Gratin", 311, 750},
		{615, 503, "Lemon Tart", 310, 450},
		{616, 504, "Saffron Risotto", 306, 790},
		{617, 504, "Fresh Tagliatelle", 303, 1190},
		{618, 504, "Fish and Chips", 305, 1590},
		{619, 504, "Polenta with Parmesan", 312, 990},
		{620, 504, "Chocolate Mousse", 309, 690},
		{621, 505, "Caprese Salad", 308, 950},
		{622, 505, "Salmon with Lemon Butter", 304, 1990},
		{623, 505, "Potato Gratin", 311, 690},
		{624, 505, "Lemon Tart", 310, 520},
		{625, 505, "Chocolate Mousse", 309, 590},
		{626, 506, "Saffron Risotto", 306, 1890},
		{627, 506, "Prawn Linguine", 307, 1790},
		{628, 506, "Pizza Margherita", 301, 1250},
		{629, 506, "Tomato Soup", 302, 650},
		{630, 506, "Chocolate Mousse", 309, 720},
	} {
		dish := menu.Dish{
			ID:          demoID(d.id),
			MenuID:      demoID(d.menu),
			Name:        d.name,
			RecipeID:    demoID(d.recipe),
			PriceMinor:  d.price,
			Fingerprint: "demo",
		}
		if _, err := r.AddDish(ctx, dish); err != nil {
			return fmt.Errorf("demonstration data: %s: %w", d.name, err)
		}
	}
	return nil
}

func demoID(n int) string { return fmt.Sprintf("00000000-0000-7000-8000-%012d", n) }
