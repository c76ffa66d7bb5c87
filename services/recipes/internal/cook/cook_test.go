package cook

import (
	"slices"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	good := Recipe{Name: "Dough", Portions: 4, Lines: []Line{{"flour", 500}}}
	if faults := good.Check(); len(faults) != 0 {
		t.Errorf("%v", faults)
	}
	cases := map[string]Recipe{
		"name":                  {Name: strings.Repeat("a", 201), Portions: 4, Lines: good.Lines},
		"portions":              {Name: "Dough", Portions: 0, Lines: good.Lines},
		"lines":                 {Name: "Dough", Portions: 4},
		"lines[1].ingredientId": {Name: "Dough", Portions: 4, Lines: []Line{{"flour", 1}, {"flour", 1}}},
		"lines[0].quantity":     {Name: "Dough", Portions: 4, Lines: []Line{{"flour", 0}}},
	}
	if faults := (Recipe{Name: "a\x00b", Portions: 4, Lines: good.Lines}).Check(); len(faults) != 1 ||
		faults[0].Field != "name" {
		t.Errorf("a control character: %v", faults)
	}
	noted := good
	for note, want := range map[string]int{
		"": 0, "Let it rest.\n\tThen knead.": 0, strings.Repeat("ü", 2000): 0, strings.Repeat("a", 2001): 1,
		"a\x00b": 1,
	} {
		noted.Note = note
		if faults := noted.Check(); len(faults) != want || want == 1 && faults[0].Field != "note" {
			t.Errorf("note %.20q: %v", note, faults)
		}
	}
	for field, r := range cases {
		if faults := r.Check(); len(faults) != 1 || faults[0].Field != field {
			t.Errorf("%s: %v", field, faults)
		}
	}
}

func TestCostOf(t *testing.T) {
	prices := map[string]Price{
		"flour": {PackSize: 1000, PriceMinor: 119, Available: true},
		"basil": {PackSize: 30, PriceMinor: 149, Available: false},
		"salt":  {PackSize: 1000, PriceMinor: 100, Available: true},
	}
	cases := []struct {
		name        string
		recipe      Recipe
		cost        int64 // -1: unknown
		unpriced    []string
		unavailable []string
	}{
		{"part of a pack", Recipe{Portions: 4, Lines: []Line{{"flour", 500}}}, 15, []string{}, []string{}},
		{"half a cent is rounded up", Recipe{Portions: 1, Lines: []Line{{"salt", 5}}}, 1, []string{}, []string{}},
		{"less than half is rounded down", Recipe{Portions: 1, Lines: []Line{{"salt", 4}}}, 0, []string{}, []string{}},
		{
			"rounded once, not a line at a time",
			Recipe{Portions: 1, Lines: []Line{{"salt", 4}, {"flour", 4}}},
			1,
			[]string{},
			[]string{},
		},
		{
			"unavailable still has a price",
			Recipe{Portions: 1, Lines: []Line{{"basil", 30}}},
			149,
			[]string{},
			[]string{"basil"},
		},
		{
			"a missing price makes the cost unknown",
			Recipe{Portions: 1, Lines: []Line{{"flour", 1000}, {"gold", 1}}},
			-1,
			[]string{"gold"},
			[]string{},
		},
		{
			"the largest recipe",
			Recipe{Portions: 1, Lines: []Line{{"flour", 1_000_000}}},
			119_000,
			[]string{},
			[]string{},
		},
	}
	for _, c := range cases {
		got := CostOf(c.recipe, prices)
		cost := int64(-1)
		if got.PortionCost != nil {
			cost = *got.PortionCost
		}
		if cost != c.cost || !slices.Equal(got.Unpriced, c.unpriced) || !slices.Equal(got.Unavailable, c.unavailable) {
			t.Errorf("%s: cost %d, %+v", c.name, cost, got)
		}
	}
}
