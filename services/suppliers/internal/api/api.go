// Package api is the HTTP side of the suppliers service. The contract is
// openapi.yaml; server.gen.go is made from it.
package api

import (
	"errors"
	"log/slog"
	"net/http"

	"delivery.example/kit/contract"
	"delivery.example/kit/problem"
	"delivery.example/kit/web"
	"delivery.example/suppliers/internal/supply"
)

//go:generate go tool -modfile=../../../tools/go.mod oapi-codegen -config oapi-codegen.yaml ../../openapi.yaml

type api struct {
	log        *slog.Logger
	repository supply.Repository
}

var _ ServerInterface = api{}

// Routes adds the contract's routes to mux; requests that disagree with it are
// refused before they reach a handler, and so are routes that it does not have. A broken contract is an error.
func Routes(mux *http.ServeMux, log *slog.Logger, repository supply.Repository) error {
	return contract.Mount(mux, GetSpec, func(base *http.ServeMux) http.Handler {
		options := StdHTTPServerOptions{BaseRouter: base, ErrorHandlerFunc: contract.BindFault}
		return HandlerWithOptions(api{log, repository}, options)
	})
}

// answer runs f and turns what it gives into the answer.
func (a api) answer(w http.ResponseWriter, r *http.Request, f func() error) {
	web.Handle(a.log, func(http.ResponseWriter, *http.Request) error { return known(f()) })(w, r)
}

// known turns the domain's errors into problems.
func known(err error) error {
	switch {
	case errors.Is(err, supply.ErrNotFound):
		return problem.New(http.StatusNotFound, "there is no such supplier or ingredient")
	case errors.Is(err, supply.ErrChanged):
		return contract.Changed()
	case errors.Is(err, supply.ErrReused):
		return contract.Reused()
	}
	return err
}

// ListSuppliers implements ServerInterface.
func (a api) ListSuppliers(w http.ResponseWriter, r *http.Request, params ListSuppliersParams) {
	a.answer(w, r, func() error {
		page := contract.PageOf(params.After, params.Limit)
		list, err := a.repository.Suppliers(r.Context(), contract.Page{After: page.After, Limit: page.Limit + 1})
		if err != nil {
			return err
		}
		list, next := contract.Cut(page, list, func(s supply.Supplier) string { return s.ID })
		answer := SupplierPage{Items: []Supplier{}, Next: next}
		for _, s := range list {
			answer.Items = append(answer.Items, Supplier{Id: s.ID, Name: s.Name})
		}
		web.WriteJSON(w, http.StatusOK, answer)
		return nil
	})
}

// AddSupplier implements ServerInterface.
func (a api) AddSupplier(w http.ResponseWriter, r *http.Request, params AddSupplierParams) {
	a.answer(w, r, func() error {
		var body NewSupplier
		if err := web.ReadJSON(w, r, &body); err != nil {
			return err
		}
		made := contract.Create("/suppliers", params.IdempotencyKey, body)
		s := supply.Supplier{ID: made.ID, Fingerprint: made.Fingerprint, Name: body.Name}
		if faults := s.Check(); len(faults) > 0 {
			return problem.Invalid(faults...)
		}
		s, err := a.repository.AddSupplier(r.Context(), s)
		if err != nil {
			return err
		}
		w.Header().Set("Location", "/suppliers/"+s.ID)
		web.WriteJSON(w, http.StatusCreated, Supplier{Id: s.ID, Name: s.Name})
		return nil
	})
}

// GetSupplier implements ServerInterface.
func (a api) GetSupplier(w http.ResponseWriter, r *http.Request, id Id) {
	a.answer(w, r, func() error {
		s, err := a.repository.Supplier(r.Context(), id)
		if err != nil {
			return err
		}
		web.WriteJSON(w, http.StatusOK, Supplier{Id: s.ID, Name: s.Name})
		return nil
	})
}

// ListIngredients implements ServerInterface.
func (a api) ListIngredients(w http.ResponseWriter, r *http.Request, params ListIngredientsParams) {
	a.answer(w, r, func() error {
		supplierID := ""
		if params.Supplier != nil {
			supplierID = *params.Supplier
		}
		page := contract.PageOf(params.After, params.Limit)
		list, err := a.repository.Ingredients(
			r.Context(),
			supplierID,
			contract.Page{After: page.After, Limit: page.Limit + 1},
		)
		if err != nil {
			return err
		}
		list, next := contract.Cut(page, list, func(i supply.Ingredient) string { return i.ID })
		web.WriteJSON(w, http.StatusOK, IngredientPage{Items: shownAll(list), Next: next})
		return nil
	})
}

// AddIngredient implements ServerInterface.
func (a api) AddIngredient(w http.ResponseWriter, r *http.Request, id Id, params AddIngredientParams) {
	a.answer(w, r, func() error {
		body, i, err := readIngredient(w, r)
		if err != nil {
			return err
		}
		made := contract.Create("/suppliers/"+id+"/ingredients", params.IdempotencyKey, body)
		i.ID, i.Fingerprint, i.SupplierID = made.ID, made.Fingerprint, id
		i, err = a.repository.AddIngredient(r.Context(), i)
		if err != nil {
			return err
		}
		w.Header().Set("Location", "/ingredients/"+i.ID)
		writeIngredient(w, http.StatusCreated, i)
		return nil
	})
}

// GetIngredient implements ServerInterface.
func (a api) GetIngredient(w http.ResponseWriter, r *http.Request, id Id) {
	a.answer(w, r, func() error {
		i, err := a.repository.Ingredient(r.Context(), id)
		if err != nil {
			return err
		}
		writeIngredient(w, http.StatusOK, i)
		return nil
	})
}

// PutIngredient implements ServerInterface.
func (a api) PutIngredient(w http.ResponseWriter, r *http.Request, id Id, params PutIngredientParams) {
	a.answer(w, r, func() error {
		version, err := contract.Match(params.IfMatch)
		if err != nil {
			return err
		}
		_, i, err := readIngredient(w, r)
		if err != nil {
			return err
		}
		i.ID, i.Version = id, version
		i, err = a.repository.UpdateIngredient(r.Context(), i)
		if err != nil {
			return err
		}
		writeIngredient(w, http.StatusOK, i)
		return nil
	})
}

// GetPrices implements ServerInterface: many ingredients at once, so that a
// recipe costs one call.
func (a api) GetPrices(w http.ResponseWriter, r *http.Request, params GetPricesParams) {
	a.answer(w, r, func() error {
		list, err := a.repository.IngredientsByID(r.Context(), params.Ingredient)
		if err != nil {
			return err
		}
		known := map[string]bool{}
		for _, i := range list {
			known[i.ID] = true
		}
		answer := Prices{Items: shownAll(list), Unknown: []Identifier{}}
		for _, wanted := range params.Ingredient {
			if !known[wanted] {
				answer.Unknown = append(answer.Unknown, wanted)
			}
		}
		web.WriteJSON(w, http.StatusOK, answer)
		return nil
	})
}

func readIngredient(w http.ResponseWriter, r *http.Request) (NewIngredient, supply.Ingredient, error) {
	var body NewIngredient
	if err := web.ReadJSON(w, r, &body); err != nil {
		return body, supply.Ingredient{}, err
	}
	i := supply.Ingredient{
		Name:       body.Name,
		Unit:       string(body.Unit),
		PackSize:   body.PackSize,
		PriceMinor: body.PriceMinor,
		Available:  body.Available,
	}
	if faults := i.Check(); len(faults) > 0 {
		return body, i, problem.Invalid(faults...)
	}
	return body, i, nil
}

func writeIngredient(w http.ResponseWriter, status int, i supply.Ingredient) {
	w.Header().Set("ETag", contract.Tag(i.Version))
	web.WriteJSON(w, status, shown(i))
}

func shown(i supply.Ingredient) Ingredient {
	return Ingredient{
		Id:         i.ID,
		SupplierId: i.SupplierID,
		Name:       i.Name,
		Unit:       Unit(i.Unit),
		PackSize:   i.PackSize,
		PriceMinor: i.PriceMinor,
		Available:  i.Available,
	}
}

func shownAll(list []supply.Ingredient) []Ingredient {
	all := []Ingredient{}
	for _, i := range list {
		all = append(all, shown(i))
	}
	return all
}
