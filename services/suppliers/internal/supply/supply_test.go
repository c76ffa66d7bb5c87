package supply

import (
	"strings"
	"testing"
)

func TestIngredientCheck(t *testing.T) {
	good := Ingredient{Name: "Flour", Unit: "g", PackSize: 1000, PriceMinor: 120}
	if faults := good.Check(); len(faults) != 0 {
		t.Errorf("%v", faults)
	}
	cases := map[string]func(*Ingredient){
		"name":       func(i *Ingredient) { i.Name = " \t" },
		"unit":       func(i *Ingredient) { i.Unit = "pound" },
		"packSize":   func(i *Ingredient) { i.PackSize = 0 },
		"priceMinor": func(i *Ingredient) { i.PriceMinor = -1 },
	}
	for field, spoil := range cases {
		bad := good
		spoil(&bad)
		if faults := bad.Check(); len(faults) != 1 || faults[0].Field != field {
			t.Errorf("%s: %v", field, faults)
		}
	}
}

func TestSupplierCheck(t *testing.T) {
	if faults := (Supplier{Name: "Mill"}).Check(); len(faults) != 0 {
		t.Errorf("%v", faults)
	}
	if faults := (Supplier{Name: strings.Repeat("ü", 200)}).Check(); len(faults) != 0 {
		t.Errorf("200 characters: %v", faults)
	}
	for _, name := range []string{"", strings.Repeat("a", 201), "a\x00b", "two\nlines"} {
		if faults := (Supplier{Name: name}).Check(); len(faults) != 1 {
			t.Errorf("%q: %v", name, faults)
		}
	}
}
