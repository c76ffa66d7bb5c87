// Package api is the HTTP side of the recipes service. The contract is
// openapi.yaml; server.gen.go is made from it.
package api

import (
	"errors"
	"log/slog"
	"net/http"

	"delivery.example/kit/contract"
	"delivery.example/kit/problem"
	"delivery.example/kit/web"
	"delivery.example/recipes/internal/cook"
)

//go:generate go tool -modfile=../../../tools/go.mod oapi-codegen -config oapi-codegen.yaml ../../openapi.yaml

type api struct {
	log        *slog.Logger
	repository cook.Repository
	prices     cook.Prices
}

var _ ServerInterface = api{}

// Routes adds the contract's routes to mux; requests that disagree with it are
// refused before they reach a handler, and so are routes that it does not have.
// A broken contract is an error.
func Routes(mux *http.ServeMux, log *slog.Logger, repository cook.Repository, prices cook.Prices) error {
	return contract.Mount(mux, GetSpec, func(base *http.ServeMux) http.Handler {
		options := StdHTTPServerOptions{BaseRouter: base, ErrorHandlerFunc: contract.BindFault}
		return HandlerWithOptions(api{log, repository, prices}, options)
	})
}

// answer runs f and turns what it gives into the answer.
func (a api) answer(w http.ResponseWriter, r *http.Request, f func() error) {
	web.Handle(a.log, func(http.ResponseWriter, *http.Request) error { return known(f()) })(w, r)
}

// known turns the domain's errors into problems.
func known(err error) error {
	switch {
	case errors.Is(err, cook.ErrNotFound):
		return problem.New(http.StatusNotFound, "there is no such recipe")
	case errors.Is(err, cook.ErrChanged):
		return contract.Changed()
	case errors.Is(err, cook.ErrReused):
		return contract.Reused()
	}
	return err
}

// ListRecipes implements ServerInterface.
func (a api) ListRecipes(w http.ResponseWriter, r *http.Request, params ListRecipesParams) {
	a.answer(w, r, func() error {
		page := contract.PageOf(params.After, params.Limit)
		list, err := a.repository.Recipes(r.Context(), contract.Page{After: page.After, Limit: page.Limit + 1})
		if err != nil {
			return err
		}
		list, next := contract.Cut(page, list, func(r cook.Recipe) string { return r.ID })
		answer := RecipePage{Items: []Recipe{}, Next: next}
		for _, recipe := range list {
			answer.Items = append(answer.Items, shown(recipe))
		}
		web.WriteJSON(w, http.StatusOK, answer)
		return nil
	})
}

// AddRecipe implements ServerInterface.
func (a api) AddRecipe(w http.ResponseWriter, r *http.Request, params AddRecipeParams) {
	a.answer(w, r, func() error {
		recipe, body, err := read(w, r)
		if err != nil {
			return err
		}
		made := contract.Create("/recipes", params.IdempotencyKey, body, printed(body))
		recipe.ID, recipe.Fingerprint = made.ID, made.Fingerprint
		recipe, err = a.repository.AddRecipe(r.Context(), recipe)
		if err != nil {
			return err
		}
		w.Header().Set("Location", "/recipes/"+recipe.ID)
		write(w, http.StatusCreated, recipe)
		return nil
	})
}

// GetRecipe implements ServerInterface.
func (a api) GetRecipe(w http.ResponseWriter, r *http.Request, id Id) {
	a.answer(w, r, func() error {
		recipe, err := a.repository.Recipe(r.Context(), id)
		if err != nil {
			return err
		}
		write(w, http.StatusOK, recipe)
		return nil
	})
}

// PutRecipe implements ServerInterface.
func (a api) PutRecipe(w http.ResponseWriter, r *http.Request, id Id, params PutRecipeParams) {
	a.answer(w, r, func() error {
		version, err := contract.Match(params.IfMatch)
		if err != nil {
			return err
		}
		recipe, _, err := read(w, r)
		if err != nil {
			return err
		}
		recipe.ID, recipe.Version = id, version
		recipe, err = a.repository.UpdateRecipe(r.Context(), recipe)
		if err != nil {
			return err
		}
		write(w, http.StatusOK, recipe)
		return nil
	})
}

// GetCosts implements ServerInterface: many recipes with one price request. When
// the suppliers service cannot be asked, the answer says so ("degraded") and no
// cost is known.
func (a api) GetCosts(w http.ResponseWriter, r *http.Request, params GetCostsParams) {
	a.answer(w, r, func() error {
		recipes, err := a.repository.RecipesByID(r.Context(), params.Recipe)
		if err != nil {
			return err
		}
		here, ingredients, seen := map[string]bool{}, []string{}, map[string]bool{}
		for _, recipe := range recipes {
			here[recipe.ID] = true
			for _, line := range recipe.Lines {
				if !seen[line.IngredientID] {
					seen[line.IngredientID] = true
					ingredients = append(ingredients, line.IngredientID)
				}
			}
		}
		answer := Costs{Items: []Cost{}, Unknown: []Identifier{}}
		for _, wanted := range params.Recipe {
			if !here[wanted] {
				answer.Unknown = append(answer.Unknown, wanted)
			}
		}
		prices := map[string]cook.Price{}
		if len(ingredients) > 0 {
			prices, err = a.prices.Prices(r.Context(), ingredients)
			if err != nil {
				answer.Degraded = true
				a.log.WarnContext(
					r.Context(),
					"prices are not to be had",
					"request_id",
					web.RequestID(r.Context()),
					"error",
					err.Error(),
				)
			}
		}
		for _, recipe := range recipes {
			c := cook.CostOf(recipe, prices)
			answer.Items = append(
				answer.Items,
				Cost{
					RecipeId:         c.RecipeID,
					PortionCostMinor: c.PortionCost,
					Unpriced:         c.Unpriced,
					Unavailable:      c.Unavailable,
				},
			)
		}
		web.WriteJSON(w, http.StatusOK, answer)
		return nil
	})
}

func read(w http.ResponseWriter, r *http.Request) (cook.Recipe, NewRecipe, error) {
	var body NewRecipe
	if err := web.ReadJSON(w, r, &body); err != nil {
		return cook.Recipe{}, body, err
	}
	recipe := cook.Recipe{Name: body.Name, Portions: body.Portions, Note: body.Note}
	for _, line := range body.Lines {
		recipe.Lines = append(recipe.Lines, cook.Line{IngredientID: line.IngredientId, Quantity: line.Quantity})
	}
	if faults := recipe.Check(); len(faults) > 0 {
		return recipe, body, problem.Invalid(faults...)
	}
	return recipe, body, nil
}

// printed gives the content as earlier releases printed it for an Idempotency-Key.
// Without a note it is what it was before recipes had notes.
func printed(body NewRecipe) any {
	if body.Note != "" {
		return body
	}
	return struct {
		Lines    []Line
		Name     Name
		Portions int64
	}{body.Lines, body.Name, body.Portions}
}

func write(w http.ResponseWriter, status int, recipe cook.Recipe) {
	w.Header().Set("ETag", contract.Tag(recipe.Version))
	web.WriteJSON(w, status, shown(recipe))
}

func shown(r cook.Recipe) Recipe {
	answer := Recipe{Id: r.ID, Name: r.Name, Portions: r.Portions, Lines: []Line{}, Note: r.Note}
	for _, line := range r.Lines {
		answer.Lines = append(answer.Lines, Line{IngredientId: line.IngredientID, Quantity: line.Quantity})
	}
	return answer
}
