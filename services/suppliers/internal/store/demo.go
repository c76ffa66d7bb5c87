package store

import (
	"context"

	"delivery.example/suppliers/internal/supply"
)

// AddDemo adds the demonstration's data. The other services' demonstration data
// refers to these identifiers.
func AddDemo(ctx context.Context, r supply.Repository) error {
	mill := supply.Supplier{ID: "00000000-0000-7000-8000-000000000101", Name: "Stone Mill"}
	farm := supply.Supplier{ID: "00000000-0000-7000-8000-000000000102", Name: "Green Valley Farm"}
	for _, s := range []supply.Supplier{mill, farm} {
		s.Fingerprint = "demo"
		if _, err := r.AddSupplier(ctx, s); err != nil {
			return err
		}
	}
	for _, i := range []supply.Ingredient{
		{ID: "00000000-0000-7000-8000-000000000201", SupplierID: mill.ID, Name: "Flour", Unit: "g", PackSize: 1000, PriceMinor: 119, Available: true},
		{ID: "00000000-0000-7000-8000-000000000202", SupplierID: farm.ID, Name: "Tomatoes", Unit: "g", PackSize: 1000, PriceMinor: 329, Available: true},
		{ID: "00000000-0000-7000-8000-000000000203", SupplierID: farm.ID, Name: "Mozzarella", Unit: "g", PackSize: 125, PriceMinor: 139, Available: true},
		{ID: "00000000-0000-7000-8000-000000000204", SupplierID: farm.ID, Name: "Basil", Unit: "g", PackSize: 30, PriceMinor: 149, Available: false},
		{ID: "00000000-0000-7000-8000-000000000205", SupplierID: farm.ID, Name: "Eggs", Unit: "piece", PackSize: 10, PriceMinor: 349, Available: true},
		{ID: "00000000-0000-7000-8000-000000000206", SupplierID: farm.ID, Name: "Cream", Unit: "ml", PackSize: 500, PriceMinor: 229, Available: true},
	} {
		i.Fingerprint = "demo"
		if _, err := r.AddIngredient(ctx, i); err != nil {
			return err
		}
	}
	return nil
}
