package menu

import (
	"strings"
	"testing"
)

func TestChecks(t *testing.T) {
	dish := Dish{Name: "Soup", RecipeID: "r", PriceMinor: 650}
	cases := map[string]int{}
	cases["good dish"] = len(dish.Check())
	cases["good menu"] = len(Menu{Name: "Lunch"}.Check())
	cases["good restaurant"] = len(Restaurant{Name: "Harbour"}.Check())
	for name, faults := range cases {
		if faults != 0 {
			t.Errorf("%s: %d faults", name, faults)
		}
	}
	if faults := (Dish{}).Check(); len(faults) != 3 {
		t.Errorf("%v", faults)
	}
	for _, name := range []string{"", " ", "a\x00b", "two\nlines", strings.Repeat("a", 201)} {
		if len(Menu{Name: name}.Check()) != 1 || len(Restaurant{Name: name}.Check()) != 1 {
			t.Errorf("%q was accepted", name)
		}
	}
	if faults := (Menu{Name: strings.Repeat("ü", 200)}).Check(); len(faults) != 0 {
		t.Errorf("200 characters: %v", faults)
	}
}

func TestMarginOf(t *testing.T) {
	cost := func(n int64) *int64 { return &n }
	cases := []struct {
		name    string
		price   int64
		cost    *int64
		margin  int64
		percent float64
	}{
		{"profit", 1000, cost(300), 700, 70},
		{"loss", 200, cost(300), -100, -50},
		{"rounded to a tenth", 900, cost(300), 600, 66.7},
		{"free to make", 900, cost(0), 900, 100},
	}
	for _, c := range cases {
		got := MarginOf(Dish{PriceMinor: c.price}, Cost{PortionMinor: c.cost})
		if got.MarginMinor == nil || *got.MarginMinor != c.margin || *got.MarginPercent != c.percent || !got.Orderable {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestMarginOfUnknownCostAndUnavailableIngredient(t *testing.T) {
	got := MarginOf(Dish{PriceMinor: 900}, Cost{Unavailable: []string{"basil"}})
	if got.CostMinor != nil || got.MarginMinor != nil || got.MarginPercent != nil || got.Orderable || got.Unavailable[0] != "basil" {
		t.Errorf("%+v", got)
	}
	if got := MarginOf(Dish{}, Cost{PortionMinor: new(int64)}); got.MarginPercent != nil {
		t.Errorf("a price of nothing has no percentage: %+v", got)
	}
}
