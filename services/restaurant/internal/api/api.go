// Package api is the HTTP side of the restaurant service.
package api

import (
	"errors"
	"log/slog"
	"net/http"

	"delivery.example/kit/id"
	"delivery.example/kit/problem"
	"delivery.example/kit/web"
	"delivery.example/restaurant/internal/menu"
)

type api struct {
	log        *slog.Logger
	repository menu.Repository
	costs      menu.Costs
}

// Routes adds the service's routes to mux.
func Routes(mux *http.ServeMux, log *slog.Logger, repository menu.Repository, costs menu.Costs) {
	a := api{log, repository, costs}
	mux.Handle("GET /restaurants", web.Handle(log, a.listRestaurants))
	mux.Handle("POST /restaurants", web.Handle(log, a.addRestaurant))
	mux.Handle("GET /restaurants/{id}/menus", web.Handle(log, a.listMenus))
	mux.Handle("POST /restaurants/{id}/menus", web.Handle(log, a.addMenu))
	mux.Handle("GET /menus/{id}", web.Handle(log, a.getMenu))
	mux.Handle("POST /menus/{id}/dishes", web.Handle(log, a.addDish))
	mux.Handle("PUT /dishes/{id}", web.Handle(log, a.putDish))
}

func (a api) listRestaurants(w http.ResponseWriter, r *http.Request) error {
	all, err := a.repository.Restaurants(r.Context())
	if err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusOK, map[string]any{"items": all})
	return nil
}

func (a api) addRestaurant(w http.ResponseWriter, r *http.Request) error {
	var x menu.Restaurant
	if err := read(w, r, &x); err != nil {
		return err
	}
	x.ID = id.New()
	if err := a.repository.AddRestaurant(r.Context(), x); err != nil {
		return err
	}
	web.WriteJSON(w, http.StatusCreated, x)
	return nil
}

func (a api) listMenus(w http.ResponseWriter, r *http.Request) error {
	all, err := a.repository.Menus(r.Context(), r.PathValue("id"))
	if err != nil {
		return notFound(err, "restaurant")
	}
	web.WriteJSON(w, http.StatusOK, map[string]any{"items": all})
	return nil
}

func (a api) addMenu(w http.ResponseWriter, r *http.Request) error {
	var x menu.Menu
	if err := read(w, r, &x); err != nil {
		return err
	}
	x.ID, x.RestaurantID = id.New(), r.PathValue("id")
	if err := a.repository.AddMenu(r.Context(), x); err != nil {
		return notFound(err, "restaurant")
	}
	w.Header().Set("Location", "/menus/"+x.ID)
	web.WriteJSON(w, http.StatusCreated, x)
	return nil
}

// dishWithMargin is a dish as a menu shows it.
type dishWithMargin struct {
	menu.Dish
	menu.Margin
}

// getMenu gives a menu with its dishes and their margins, asking for all costs
// in one call. When costs are not to be had, the answer says so ("degraded") and
// the margins are null.
func (a api) getMenu(w http.ResponseWriter, r *http.Request) error {
	m, err := a.repository.Menu(r.Context(), r.PathValue("id"))
	if err != nil {
		return notFound(err, "menu")
	}
	dishes, err := a.repository.Dishes(r.Context(), m.ID)
	if err != nil {
		return notFound(err, "menu")
	}
	wanted, seen := []string{}, map[string]bool{}
	for _, d := range dishes {
		if !seen[d.RecipeID] {
			seen[d.RecipeID] = true
			wanted = append(wanted, d.RecipeID)
		}
	}
	costs, degraded := map[string]menu.Cost{}, false
	if len(wanted) > 0 {
		costs, degraded, err = a.costs.Costs(r.Context(), wanted)
		if err != nil {
			degraded = true
			a.log.WarnContext(r.Context(), "costs are not to be had", "request_id", web.RequestID(r.Context()), "error", err.Error())
		}
	}
	shown := []dishWithMargin{}
	for _, d := range dishes {
		shown = append(shown, dishWithMargin{d, menu.MarginOf(d, costs[d.RecipeID])})
	}
	web.WriteJSON(w, http.StatusOK, map[string]any{
		"id": m.ID, "restaurantId": m.RestaurantID, "name": m.Name, "dishes": shown, "degraded": degraded,
	})
	return nil
}

func (a api) addDish(w http.ResponseWriter, r *http.Request) error {
	var d menu.Dish
	if err := read(w, r, &d); err != nil {
		return err
	}
	d.ID, d.MenuID = id.New(), r.PathValue("id")
	if err := a.repository.AddDish(r.Context(), d); err != nil {
		return notFound(err, "menu")
	}
	web.WriteJSON(w, http.StatusCreated, d)
	return nil
}

func (a api) putDish(w http.ResponseWriter, r *http.Request) error {
	var d menu.Dish
	if err := read(w, r, &d); err != nil {
		return err
	}
	old, err := a.repository.Dish(r.Context(), r.PathValue("id"))
	if err != nil {
		return notFound(err, "dish")
	}
	d.ID, d.MenuID = old.ID, old.MenuID // neither can be changed
	if err := a.repository.UpdateDish(r.Context(), d); err != nil {
		return notFound(err, "dish")
	}
	web.WriteJSON(w, http.StatusOK, d)
	return nil
}

// read decodes and checks a request's body.
func read(w http.ResponseWriter, r *http.Request, x interface{ Check() []problem.Field }) error {
	if err := web.ReadJSON(w, r, x); err != nil {
		return err
	}
	if faults := x.Check(); len(faults) > 0 {
		return problem.Invalid(faults...)
	}
	return nil
}

func notFound(err error, what string) error {
	if errors.Is(err, menu.ErrNotFound) {
		return problem.New(http.StatusNotFound, "there is no such "+what)
	}
	return err
}
