// Package api is the HTTP side of the suppliers service.
package api

import (
	"errors"
	"log/slog"
	"net/http"

	"delivery.example/kit/id"
	"delivery.example/kit/problem"
	"delivery.example/kit/web"
	"delivery.example/suppliers/internal/supply"
)

// PriceLimit is the largest number of ingredients that one price request may name.
const PriceLimit = 200

type api struct{ repository supply.Repository }

// Routes adds the service's routes to mux.
func Routes(mux *http.ServeMux, log *slog.Logger, repository supply.Repository) {
	a := api{repository}
	mux.Handle("GET /suppliers", web.Handle(log, a.listSuppliers))
	mux.Handle("POST /suppliers", web.Handle(log, a.addSupplier))
	mux.Handle("GET /suppliers/{id}", web.Handle(log, a.getSupplier))
	mux.Handle("POST /suppliers/{id}/ingredients", web.Handle(log, a.addIngredient))
	mux.Handle("GET /ingredients", web.Handle(log, a.listIngredients))
	mux.Handle("GET /ingredients/{id}", web.Handle(log, a.getIngredient))
	mux.Handle("PUT /ingredients/{id}", web.Handle(log, a.putIngredient))
	mux.Handle("GET /prices", web.Handle(log, a.prices))
}

func (a api) listSuppliers(w http.ResponseWriter, r *http.Request) error {
	all, err := a.repository.Suppliers(r.Context())
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, map[string]any{"items": all})
	return nil
}

func (a api) addSupplier(w http.ResponseWriter, r *http.Request) error {
	var s supply.Supplier
	if err := web.ReadJSON(w, r, &s); err != nil {
		return err
	}
	if faults := s.Check(); len(faults) > 0 {
		return problem.Invalid(faults...)
	}
	s.ID = id.New()
	if err := a.repository.AddSupplier(r.Context(), s); err != nil {
		return err
	}
	w.Header().Set("Location", "/suppliers/"+s.ID)
	web.WriteJSON(w, http.StatusCreated, s)
	return nil
}

func (a api) getSupplier(w http.ResponseWriter, r *http.Request) error {
	s, err := a.repository.Supplier(r.Context(), r.PathValue("id"))
	if err != nil {
		return notFound(err, "supplier")
	}
	web.WriteJSON(w, http.StatusOK, s)
	return nil
}

func (a api) listIngredients(w http.ResponseWriter, r *http.Request) error {
	all, err := a.repository.Ingredients(r.Context(), r.URL.Query().Get("supplier"))
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, map[string]any{"items": all})
	return nil
}

func (a api) addIngredient(w http.ResponseWriter, r *http.Request) error {
	i, err := readIngredient(w, r)
	if err != nil {
		return err
	}
	i.ID, i.SupplierID = id.New(), r.PathValue("id")
	if err := a.repository.AddIngredient(r.Context(), i); err != nil {
		return notFound(err, "supplier")
	}
	w.Header().Set("Location", "/ingredients/"+i.ID)
	web.WriteJSON(w, http.StatusCreated, i)
	return nil
}

func (a api) getIngredient(w http.ResponseWriter, r *http.Request) error {
	i, err := a.repository.Ingredient(r.Context(), r.PathValue("id"))
	if err != nil {
		return notFound(err, "ingredient")
	}
	web.WriteJSON(w, http.StatusOK, i)
	return nil
}

func (a api) putIngredient(w http.ResponseWriter, r *http.Request) error {
	i, err := readIngredient(w, r)
	if err != nil {
		return err
	}
	old, err := a.repository.Ingredient(r.Context(), r.PathValue("id"))
	if err != nil {
		return notFound(err, "ingredient")
	}
	i.ID, i.SupplierID = old.ID, old.SupplierID // neither can be changed
	if err := a.repository.UpdateIngredient(r.Context(), i); err != nil {
		return notFound(err, "ingredient")
	}
	web.WriteJSON(w, http.StatusOK, i)
	return nil
}

// prices answers for many ingredients at once, so that a recipe costs one call.
// Ingredients that do not exist are named in "unknown".
func (a api) prices(w http.ResponseWriter, r *http.Request) error {
	wanted := r.URL.Query()["ingredient"]
	if len(wanted) == 0 || len(wanted) > PriceLimit {
		return problem.Invalid(problem.Field{Field: "ingredient", Detail: "must be given 1 to 200 times"})
	}
	known, unknown := []supply.Ingredient{}, []string{}
	for _, ingredientID := range wanted {
		i, err := a.repository.Ingredient(r.Context(), ingredientID)
		switch {
		case errors.Is(err, supply.ErrNotFound):
			unknown = append(unknown, ingredientID)
		case err != nil:
			return err
		default:
			known = append(known, i)
		}
	}
	web.WriteJSON(w, http.StatusOK, map[string]any{"items": known, "unknown": unknown})
	return nil
}

func readIngredient(w http.ResponseWriter, r *http.Request) (supply.Ingredient, error) {
	i := supply.Ingredient{}
	if err := web.ReadJSON(w, r, &i); err != nil {
		return i, err
	}
	if faults := i.Check(); len(faults) > 0 {
		return i, problem.Invalid(faults...)
	}
	return i, nil
}

func notFound(err error, what string) error {
	if errors.Is(err, supply.ErrNotFound) {
		return problem.New(http.StatusNotFound, "there is no such "+what)
	}
	return err
}
