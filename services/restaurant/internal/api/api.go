// Package api is the HTTP side of the restaurant service. The contract is
// openapi.yaml; server.gen.go is made from it.
package api

import (
	"errors"
	"log/slog"
	"net/http"

	"delivery.example/kit/contract"
	"delivery.example/kit/problem"
	"delivery.example/kit/web"
	"delivery.example/restaurant/internal/feedback"
	"delivery.example/restaurant/internal/menu"
)

//go:generate go tool -modfile=../../../tools/go.mod oapi-codegen -config oapi-codegen.yaml ../../openapi.yaml

type api struct {
	log        *slog.Logger
	repository menu.Repository
	feedback   feedback.Repository
	costs      menu.Costs
}

var _ ServerInterface = api{}

// Routes adds the contract's routes to mux; requests that disagree with it are
// refused before they reach a handler, and so are routes that it does not have.
// A broken contract is an error.
func Routes(
	mux *http.ServeMux,
	log *slog.Logger,
	repository menu.Repository,
	said feedback.Repository,
	costs menu.Costs,
) error {
	return contract.Mount(mux, GetSpec, func(base *http.ServeMux) http.Handler {
		options := StdHTTPServerOptions{BaseRouter: base, ErrorHandlerFunc: contract.BindFault}
		return HandlerWithOptions(api{log, repository, said, costs}, options)
	})
}

// answer runs f and turns what it gives into the answer.
func (a api) answer(w http.ResponseWriter, r *http.Request, f func() error) {
	web.Handle(a.log, func(http.ResponseWriter, *http.Request) error { return known(f()) })(w, r)
}

// known turns the domain's errors into problems.
func known(err error) error {
	switch {
	case errors.Is(err, menu.ErrNotFound):
		return problem.New(http.StatusNotFound, "there is no such restaurant, menu or dish")
	case errors.Is(err, feedback.ErrNotFound):
		return problem.New(http.StatusNotFound, "there is no such feedback")
	case errors.Is(err, menu.ErrChanged), errors.Is(err, feedback.ErrChanged):
		return contract.Changed()
	case errors.Is(err, menu.ErrReused), errors.Is(err, feedback.ErrReused):
		return contract.Reused()
	}
	return err
}

// ListRestaurants implements ServerInterface.
func (a api) ListRestaurants(w http.ResponseWriter, r *http.Request, params ListRestaurantsParams) {
	a.answer(w, r, func() error {
		page := contract.PageOf(params.After, params.Limit)
		list, err := a.repository.Restaurants(r.Context(), contract.Page{After: page.After, Limit: page.Limit + 1})
		if err != nil {
			return err
		}
		list, next := contract.Cut(page, list, func(x menu.Restaurant) string { return x.ID })
		answer := RestaurantPage{Items: []Restaurant{}, Next: next}
		for _, x := range list {
			answer.Items = append(answer.Items, Restaurant{Id: x.ID, Name: x.Name})
		}
		web.WriteJSON(w, http.StatusOK, answer)
		return nil
	})
}

// AddRestaurant implements ServerInterface.
func (a api) AddRestaurant(w http.ResponseWriter, r *http.Request, params AddRestaurantParams) {
	a.answer(w, r, func() error {
		var body NewName
		if err := web.ReadJSON(w, r, &body); err != nil {
			return err
		}
		made := contract.Create("/restaurants", params.IdempotencyKey, body)
		x := menu.Restaurant{ID: made.ID, Fingerprint: made.Fingerprint, Name: body.Name}
		if faults := x.Check(); len(faults) > 0 {
			return problem.Invalid(faults...)
		}
		x, err := a.repository.AddRestaurant(r.Context(), x)
		if err != nil {
			return err
		}
		w.Header().Set("Location", "/restaurants/"+x.ID)
		web.WriteJSON(w, http.StatusCreated, Restaurant{Id: x.ID, Name: x.Name})
		return nil
	})
}

// GetRestaurant implements ServerInterface.
func (a api) GetRestaurant(w http.ResponseWriter, r *http.Request, id Id) {
	a.answer(w, r, func() error {
		x, err := a.repository.Restaurant(r.Context(), id)
		if err != nil {
			return err
		}
		web.WriteJSON(w, http.StatusOK, Restaurant{Id: x.ID, Name: x.Name})
		return nil
	})
}

// ListMenus implements ServerInterface.
func (a api) ListMenus(w http.ResponseWriter, r *http.Request, id Id, params ListMenusParams) {
	a.answer(w, r, func() error {
		page := contract.PageOf(params.After, params.Limit)
		list, err := a.repository.Menus(r.Context(), id, contract.Page{After: page.After, Limit: page.Limit + 1})
		if err != nil {
			return err
		}
		list, next := contract.Cut(page, list, func(x menu.Menu) string { return x.ID })
		answer := MenuPage{Items: []Menu{}, Next: next}
		for _, x := range list {
			answer.Items = append(answer.Items, Menu{Id: x.ID, RestaurantId: x.RestaurantID, Name: x.Name})
		}
		web.WriteJSON(w, http.StatusOK, answer)
		return nil
	})
}

// AddMenu implements ServerInterface.
func (a api) AddMenu(w http.ResponseWriter, r *http.Request, id Id, params AddMenuParams) {
	a.answer(w, r, func() error {
		var body NewName
		if err := web.ReadJSON(w, r, &body); err != nil {
			return err
		}
		made := contract.Create("/restaurants/"+id+"/menus", params.IdempotencyKey, body)
		x := menu.Menu{ID: made.ID, Fingerprint: made.Fingerprint, RestaurantID: id, Name: body.Name}
		if faults := x.Check(); len(faults) > 0 {
			return problem.Invalid(faults...)
		}
		x, err := a.repository.AddMenu(r.Context(), x)
		if err != nil {
			return err
		}
		w.Header().Set("Location", "/menus/"+x.ID)
		web.WriteJSON(w, http.StatusCreated, Menu{Id: x.ID, RestaurantId: x.RestaurantID, Name: x.Name})
		return nil
	})
}

// GetMenu implements ServerInterface: the dishes with their margins, asking for
// all costs in one call. When costs are not to be had, the answer says so
// ("degraded") and the margins are null.
func (a api) GetMenu(w http.ResponseWriter, r *http.Request, id Id) {
	a.answer(w, r, func() error {
		m, dishes, err := a.repository.Menu(r.Context(), id)
		if err != nil {
			return err
		}
		wanted, seen := []string{}, map[string]bool{}
		for _, d := range dishes {
			if !seen[d.RecipeID] {
				seen[d.RecipeID] = true
				wanted = append(wanted, d.RecipeID)
			}
		}
		answer := MenuWithDishes{Id: m.ID, RestaurantId: m.RestaurantID, Name: m.Name, Dishes: []DishWithMargin{}}
		costs := map[string]menu.Cost{}
		if len(wanted) > 0 {
			costs, answer.Degraded, err = a.costs.Costs(r.Context(), wanted)
			if err != nil {
				answer.Degraded = true
				a.log.WarnContext(
					r.Context(),
					"costs are not to be had",
					"request_id",
					web.RequestID(r.Context()),
					"error",
					err.Error(),
				)
			}
		}
		for _, d := range dishes {
			margin := menu.MarginOf(d, costs[d.RecipeID])
			answer.Dishes = append(answer.Dishes, DishWithMargin{
				Id: d.ID, MenuId: d.MenuID, Name: d.Name, RecipeId: d.RecipeID, PriceMinor: d.PriceMinor,
				CostMinor: margin.CostMinor, MarginMinor: margin.MarginMinor, MarginPercent: margin.MarginPercent,
				Orderable: margin.Orderable, Unavailable: margin.Unavailable,
			})
		}
		web.WriteJSON(w, http.StatusOK, answer)
		return nil
	})
}

// AddDish implements ServerInterface.
func (a api) AddDish(w http.ResponseWriter, r *http.Request, id Id, params AddDishParams) {
	a.answer(w, r, func() error {
		d, body, err := readDish(w, r)
		if err != nil {
			return err
		}
		made := contract.Create("/menus/"+id+"/dishes", params.IdempotencyKey, body)
		d.ID, d.Fingerprint, d.MenuID = made.ID, made.Fingerprint, id
		d, err = a.repository.AddDish(r.Context(), d)
		if err != nil {
			return err
		}
		w.Header().Set("Location", "/dishes/"+d.ID)
		writeDish(w, http.StatusCreated, d)
		return nil
	})
}

// GetDish implements ServerInterface.
func (a api) GetDish(w http.ResponseWriter, r *http.Request, id Id) {
	a.answer(w, r, func() error {
		d, err := a.repository.Dish(r.Context(), id)
		if err != nil {
			return err
		}
		writeDish(w, http.StatusOK, d)
		return nil
	})
}

// PutDish implements ServerInterface.
func (a api) PutDish(w http.ResponseWriter, r *http.Request, id Id, params PutDishParams) {
	a.answer(w, r, func() error {
		version, err := contract.Match(params.IfMatch)
		if err != nil {
			return err
		}
		d, _, err := readDish(w, r)
		if err != nil {
			return err
		}
		d.ID, d.Version = id, version
		d, err = a.repository.UpdateDish(r.Context(), d)
		if err != nil {
			return err
		}
		writeDish(w, http.StatusOK, d)
		return nil
	})
}

func readDish(w http.ResponseWriter, r *http.Request) (menu.Dish, NewDish, error) {
	var body NewDish
	if err := web.ReadJSON(w, r, &body); err != nil {
		return menu.Dish{}, body, err
	}
	d := menu.Dish{Name: body.Name, RecipeID: body.RecipeId, PriceMinor: body.PriceMinor}
	if faults := d.Check(); len(faults) > 0 {
		return d, body, problem.Invalid(faults...)
	}
	return d, body, nil
}

func writeDish(w http.ResponseWriter, status int, d menu.Dish) {
	w.Header().Set("ETag", contract.Tag(d.Version))
	web.WriteJSON(
		w,
		status,
		Dish{Id: d.ID, MenuId: d.MenuID, Name: d.Name, RecipeId: d.RecipeID, PriceMinor: d.PriceMinor},
	)
}
