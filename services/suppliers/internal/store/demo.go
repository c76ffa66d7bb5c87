package store

import (
	"context"
	"fmt"

	"delivery.example/suppliers/internal/supply"
)

// AddDemo adds the demonstration's data, or leaves what is there of it, also when
// several processes do it at once. The other services' demonstration data refers
// to these identifiers.
func AddDemo(ctx context.Context, r supply.Repository) error {
	mill, farm, fish, pantry := demoID(101), demoID(102), demoID(103), demoID(104)
	for _, s := range []supply.Supplier{
		{ID: mill, Name: "Stone Mill"}, {ID: farm, Name: "Green Valley Farm"},
		{ID: fish, Name: "Harbour Fish Market"}, {ID: pantry, Name: "Southern Pantry"},
	} {
		s.Fingerprint = "demo"
		if _, err := r.AddSupplier(ctx, s); err != nil {
			return fmt.Errorf("demonstration data: %s: %w", s.Name, err)
		}
	}
	for _, i := range []supply.Ingredient{
		{ID: demoID(201), SupplierID: mill, Name: "Flour", Unit: "g", PackSize: 1000, PriceMinor: 119, Available: true},
		{ID: demoID(202), SupplierID: farm, Name: "Tomatoes", Unit: "g", PackSize: 1000, PriceMinor: 329, Available: true},
		{ID: demoID(203), SupplierID: farm, Name: "Mozzarella", Unit: "g", PackSize: 125, PriceMinor: 139, Available: true},
		{ID: demoID(204), SupplierID: farm, Name: "Basil", Unit: "g", PackSize: 30, PriceMinor: 149, Available: false},
		{ID: demoID(205), SupplierID: farm, Name: "Eggs", Unit: "piece", PackSize: 10, PriceMinor: 349, Available: true},
		{ID: demoID(206), SupplierID: farm, Name: "Cream", Unit: "ml", PackSize: 500, PriceMinor: 229, Available: true},
		{ID: demoID(207), SupplierID: fish, Name: "Salmon Fillet", Unit: "g", PackSize: 1000, PriceMinor: 2890, Available: true},
		{ID: demoID(208), SupplierID: fish, Name: "Prawns", Unit: "g", PackSize: 500, PriceMinor: 1290, Available: true},
		{ID: demoID(209), SupplierID: fish, Name: "Cod Fillet", Unit: "g", PackSize: 1000, PriceMinor: 2190, Available: true},
		{ID: demoID(210), SupplierID: pantry, Name: "Olive Oil", Unit: "ml", PackSize: 1000, PriceMinor: 899, Available: true},
		{ID: demoID(211), SupplierID: pantry, Name: "Parmesan", Unit: "g", PackSize: 1000, PriceMinor: 1990, Available: true},
		{ID: demoID(212), SupplierID: pantry, Name: "Capers", Unit: "g", PackSize: 100, PriceMinor: 219, Available: true},
		{ID: demoID(213), SupplierID: pantry, Name: "Saffron", Unit: "g", PackSize: 1, PriceMinor: 690, Available: true},
		{ID: demoID(214), SupplierID: pantry, Name: "Dark Chocolate", Unit: "g", PackSize: 1000, PriceMinor: 1190, Available: true},
		{ID: demoID(215), SupplierID: mill, Name: "Risotto Rice", Unit: "g", PackSize: 1000, PriceMinor: 399, Available: true},
		{ID: demoID(216), SupplierID: mill, Name: "Sugar", Unit: "g", PackSize: 1000, PriceMinor: 139, Available: true},
		{ID: demoID(217), SupplierID: mill, Name: "Polenta", Unit: "g", PackSize: 1000, PriceMinor: 249, Available: true},
		{ID: demoID(218), SupplierID: farm, Name: "Potatoes", Unit: "g", PackSize: 2500, PriceMinor: 399, Available: true},
		{ID: demoID(219), SupplierID: farm, Name: "Lemons", Unit: "piece", PackSize: 6, PriceMinor: 199, Available: true},
		{ID: demoID(220), SupplierID: farm, Name: "Butter", Unit: "g", PackSize: 250, PriceMinor: 289, Available: true},
	} {
		i.Fingerprint = "demo"
		if _, err := r.AddIngredient(ctx, i); err != nil {
			return fmt.Errorf("demonstration data: %s: %w", i.Name, err)
		}
	}
	return nil
}

func demoID(n int) string { return fmt.Sprintf("00000000-0000-7000-8000-%012d", n) }
