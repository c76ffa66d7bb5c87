package store

import (
	"errors"
	"reflect"
	"testing"

	"delivery.example/kit/contract"
	"delivery.example/kit/dbtest"
	"delivery.example/recipes/internal/cook"
	"delivery.example/recipes/internal/store/migrations"
)

// TestRepository is the suite that every cook.Repository has to pass.
func TestRepository(t *testing.T) {
	t.Run("memory", func(t *testing.T) { testRepository(t, NewMemory()) })
	t.Run("postgres", func(t *testing.T) {
		testRepository(t, NewPostgres(dbtest.New(t, "recipes", migrations.Files).Pool(t)))
	})
}

func testRepository(t *testing.T, r cook.Repository) {
	ctx := t.Context()
	same := func(got, want any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	fails := func(want, err error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	all := contract.Page{Limit: 10}
	soup := cook.Recipe{
		ID:       testID("02"),
		Name:     "Soup",
		Portions: 6,
		Lines:    []cook.Line{{IngredientID: testID("12"), Quantity: 1500}, {IngredientID: testID("11"), Quantity: 2}},
		Version:  1,
	}
	dough := cook.Recipe{
		ID:          testID("01"),
		Name:        "Dough",
		Portions:    4,
		Lines:       []cook.Line{{IngredientID: testID("11"), Quantity: 500}},
		Note:        "Let it rest.\nThen knead.",
		Version:     1,
		Fingerprint: "f",
	}
	none, err := r.Recipes(ctx, all)
	same(none, []cook.Recipe{}, err)
	for range 2 {
		for _, recipe := range []cook.Recipe{soup, dough} {
			if _, err := r.Recipe(ctx, recipe.ID); err == nil && recipe.Fingerprint == "" {
				fails(cook.ErrReused, second(r.AddRecipe(ctx, recipe))) // no key was sent: a clash, not a repetition
				continue
			}
			added, err := r.AddRecipe(ctx, recipe)
			same(added, recipe, err)
		}
	}
	other := dough
	other.Fingerprint = "g"
	fails(cook.ErrReused, second(r.AddRecipe(ctx, other)))

	list, err := r.Recipes(ctx, all)
	same(list, []cook.Recipe{dough, soup}, err)
	list[0].Lines[0].Quantity = 1 // a caller's change must not reach the store
	list, err = r.Recipes(ctx, contract.Page{Limit: 1})
	same(list, []cook.Recipe{dough}, err)
	list, err = r.Recipes(ctx, contract.Page{After: dough.ID, Limit: 1})
	same(list, []cook.Recipe{soup}, err)
	list, err = r.RecipesByID(ctx, []string{soup.ID, testID("99"), soup.ID})
	same(list, []cook.Recipe{soup}, err)
	got, err := r.Recipe(ctx, dough.ID)
	same(got, dough, err)

	change := dough
	change.Note, change.Portions, change.Lines = "Knead at once.", 5, []cook.Line{
		{IngredientID: testID("13"), Quantity: 7},
	}
	want := change
	want.Version = 2
	changed, err := r.UpdateRecipe(ctx, change)
	same(changed, want, err)
	got, err = r.Recipe(ctx, dough.ID)
	same(got, want, err)
	fails(cook.ErrChanged, second(r.UpdateRecipe(ctx, change)))
	change.Version, change.Note, want.Version, want.Note = 2, "", 3, ""
	changed, err = r.UpdateRecipe(ctx, change)
	same(changed, want, err)
	change.ID = testID("99")
	fails(cook.ErrNotFound, second(r.UpdateRecipe(ctx, change)))
	fails(cook.ErrNotFound, second(r.Recipe(ctx, change.ID)))

	racy := cook.Recipe{ID: testID("03"), Name: "Bread", Portions: 8, Lines: dough.Lines, Version: 1, Fingerprint: "f"}
	if failed := atOnce(func() error { return second(r.AddRecipe(ctx, racy)) }); len(failed) > 0 {
		t.Errorf("the same creation at once: %v", failed)
	}
	failed := atOnce(func() error { return second(r.UpdateRecipe(ctx, racy)) })
	if len(failed) != 7 {
		t.Errorf("one of 8 changes to the same version was to succeed: %v", failed)
	}
	for _, err := range failed {
		fails(cook.ErrChanged, err)
	}
	racy.Version = 2
	got, err = r.Recipe(ctx, racy.ID)
	same(got, racy, err)
}

// atOnce calls f 8 times at once and gives the errors.
func atOnce(f func() error) (failed []error) {
	results := make(chan error)
	for range 8 {
		go func() { results <- f() }()
	}
	for range 8 {
		if err := <-results; err != nil {
			failed = append(failed, err)
		}
	}
	return failed
}

func testID(last string) string { return "00000000-0000-7000-8000-0000000000" + last }

func second[T any](_ T, err error) error { return err }

func TestDemoRecipesAreValid(t *testing.T) {
	r := NewMemory()
	if err := AddDemo(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	all, _ := r.Recipes(t.Context(), contract.Page{Limit: 100})
	for _, recipe := range all {
		if faults := recipe.Check(); len(faults) > 0 {
			t.Errorf("%s: %v", recipe.Name, faults)
		}
	}
}

// TestPostgresWithoutTables: every call gives the error, none something that is not there.
func TestPostgresWithoutTables(t *testing.T) {
	d := dbtest.New(t, "recipes", nil)
	r, ctx := NewPostgres(d.Pool(t)), t.Context()
	for n, err := range []error{
		second(r.Recipes(ctx, contract.Page{Limit: 1})), second(r.RecipesByID(ctx, []string{testID("01")})), second(r.Recipe(ctx, testID("01"))),
		second(r.AddRecipe(ctx, cook.Recipe{ID: testID("01")})), second(r.UpdateRecipe(ctx, cook.Recipe{ID: testID("01")})), AddDemo(ctx, r),
	} {
		if err == nil || errors.Is(err, cook.ErrNotFound) || errors.Is(err, cook.ErrChanged) {
			t.Errorf("%d: %v", n, err)
		}
	}
}

// TestTheReleaseBeforeNotesWorksOnThisSchema: its statements still run, and leave
// notes alone.
func TestTheReleaseBeforeNotesWorksOnThisSchema(t *testing.T) {
	ctx, pool := t.Context(), dbtest.New(t, "recipes", migrations.Files).Pool(t)
	r := NewPostgres(pool)
	noted := cook.Recipe{
		ID:       testID("01"),
		Name:     "Dough",
		Portions: 4,
		Lines:    []cook.Line{{IngredientID: testID("11"), Quantity: 500}},
		Note:     "Knead.",
	}
	if _, err := r.AddRecipe(ctx, noted); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"INSERT INTO recipe (id, name, portions, version, fingerprint) VALUES ('" + testID("02") + "', 'Soup', 6, 1, '') ON CONFLICT (id) DO NOTHING",
		"UPDATE recipe SET name = 'Bread', portions = 8, version = version + 1 WHERE id = '" + testID("01") + "' AND version = 1",
		"SELECT r.id, r.name, r.portions, r.version, r.fingerprint FROM recipe r",
	} {
		if tag, err := pool.Exec(ctx, statement); err != nil || tag.RowsAffected() == 0 {
			t.Errorf("%s: %v", statement, err)
		}
	}
	list, err := r.Recipes(ctx, contract.Page{Limit: 10})
	if err != nil || len(list) != 2 || list[0].Name != "Bread" || list[0].Note != "Knead." || list[1].Note != "" {
		t.Errorf("%+v: %v", list, err)
	}
}
