// Package api is the HTTP side of the recipes service.
package api

import (
	"errors"
	"log/slog"
	"net/http"

	"delivery.example/kit/id"
	"delivery.example/kit/problem"
	"delivery.example/kit/web"
	"delivery.example/recipes/internal/cook"
)

// CostLimit is the largest number of recipes that one cost request may name.
const CostLimit = 100

type api struct {
	log        *slog.Logger
	repository cook.Repository
	prices     cook.Prices
}

// Routes adds the service's routes to mux.
func Routes(mux *http.ServeMux, log *slog.Logger, repository cook.Repository, prices cook.Prices) {
	a := api{log, repository, prices}
	mux.Handle("GET /recipes", web.Handle(log, a.list))
	mux.Handle("POST /recipes", web.Handle(log, a.add))
	mux.Handle("GET /recipes/{id}", web.Handle(log, a.get))
	mux.Handle("PUT /recipes/{id}", web.Handle(log, a.put))
	mux.Handle("GET /costs", web.Handle(log, a.costs))
}

func (a api) list(w http.ResponseWriter, r *http.Request) error {
	all, err := a.repository.Recipes(r.Context())
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, map[string]any{"items": all})
	return nil
}

func (a api) add(w http.ResponseWriter, r *http.Request) error {
	recipe, err := read(w, r)
	if err != nil {
		return err
	}
	recipe.ID = id.New()
	if err := a.repository.AddRecipe(r.Context(), recipe); err != nil {
		return err
	}
	w.Header().Set("Location", "/recipes/"+recipe.ID)
	web.WriteJSON(w, http.StatusCreated, recipe)
	return nil
}

func (a api) get(w http.ResponseWriter, r *http.Request) error {
	recipe, err := a.repository.Recipe(r.Context(), r.PathValue("id"))
	if err != nil {
		return notFound(err)
	}
	web.WriteJSON(w, http.StatusOK, recipe)
	return nil
}

func (a api) put(w http.ResponseWriter, r *http.Request) error {
	recipe, err := read(w, r)
	if err != nil {
		return err
	}
	recipe.ID = r.PathValue("id")
	if err := a.repository.UpdateRecipe(r.Context(), recipe); err != nil {
		return notFound(err)
	}
	web.WriteJSON(w, http.StatusOK, recipe)
	return nil
}

// costs answers for many recipes with one price request. When the suppliers
// service cannot be asked, the answer says so ("degraded") and no cost is known.
func (a api) costs(w http.ResponseWriter, r *http.Request) error {
	wanted := r.URL.Query()["recipe"]
	if len(wanted) == 0 || len(wanted) > CostLimit {
		return problem.Invalid(problem.Field{Field: "recipe", Detail: "must be given 1 to 100 times"})
	}
	recipes, unknown := []cook.Recipe{}, []string{}
	ingredients, seen := []string{}, map[string]bool{}
	for _, recipeID := range wanted {
		recipe, err := a.repository.Recipe(r.Context(), recipeID)
		if errors.Is(err, cook.ErrNotFound) {
			unknown = append(unknown, recipeID)
			continue
		}
		if err != nil {
			return err
		}
		recipes = append(recipes, recipe)
		for _, line := range recipe.Lines {
			if !seen[line.IngredientID] {
				seen[line.IngredientID] = true
				ingredients = append(ingredients, line.IngredientID)
			}
		}
	}
	degraded, prices := false, map[string]cook.Price{}
	if len(ingredients) > 0 {
		var err error
		prices, err = a.prices.Prices(r.Context(), ingredients)
		if err != nil {
			degraded = true
			a.log.WarnContext(r.Context(), "prices are not to be had", "request_id", web.RequestID(r.Context()), "error", err.Error())
		}
	}
	costs := []cook.Cost{}
	for _, recipe := range recipes {
		costs = append(costs, cook.CostOf(recipe, prices))
	}
	web.WriteJSON(w, http.StatusOK, map[string]any{"items": costs, "unknown": unknown, "degraded": degraded})
	return nil
}

func read(w http.ResponseWriter, r *http.Request) (cook.Recipe, error) {
	recipe := cook.Recipe{}
	if err := web.ReadJSON(w, r, &recipe); err != nil {
		return recipe, err
	}
	if faults := recipe.Check(); len(faults) > 0 {
		return recipe, problem.Invalid(faults...)
	}
	return recipe, nil
}

func notFound(err error) error {
	if errors.Is(err, cook.ErrNotFound) {
		return problem.New(http.StatusNotFound, "there is no such recipe")
	}
	return err
}
