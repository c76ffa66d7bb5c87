package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"delivery.example/restaurant/internal/menu"
	"delivery.example/restaurant/internal/store"
)

type costs struct {
	err      error
	degraded bool
}

func (c costs) Costs(context.Context, []string) (map[string]menu.Cost, bool, error) {
	portion := int64(150)
	return map[string]menu.Cost{"soup": {PortionMinor: &portion}, "pizza": {PortionMinor: &portion, Unavailable: []string{"basil"}}}, c.degraded, c.err
}

func server(repository menu.Repository, c menu.Costs) http.Handler {
	mux := http.NewServeMux()
	Routes(mux, slog.New(slog.DiscardHandler), repository, c)
	return mux
}

// call sends one request and decodes the answer into a map.
func call(t *testing.T, h http.Handler, method, path, body string, want int) map[string]any {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	if w.Code != want {
		t.Fatalf("%s %s: %d, want %d: %s", method, path, w.Code, want, w.Body)
	}
	got := map[string]any{}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return got
}

const soup = `{"name":"Soup","recipeId":"soup","priceMinor":600}`

func TestMenuShowsMargins(t *testing.T) {
	h := server(store.NewMemory(), costs{})
	harbour := call(t, h, "POST", "/restaurants", `{"name":"Harbour"}`, 201)["id"].(string)
	if got := call(t, h, "GET", "/restaurants", "", 200)["items"].([]any); len(got) != 1 {
		t.Errorf("%v", got)
	}
	lunch := call(t, h, "POST", "/restaurants/"+harbour+"/menus", `{"name":"Lunch"}`, 201)["id"].(string)
	if got := call(t, h, "GET", "/restaurants/"+harbour+"/menus", "", 200)["items"].([]any); len(got) != 1 {
		t.Errorf("%v", got)
	}
	if got := call(t, h, "GET", "/menus/"+lunch, "", 200); got["degraded"] != false || len(got["dishes"].([]any)) != 0 {
		t.Errorf("%v", got)
	}
	first := call(t, h, "POST", "/menus/"+lunch+"/dishes", soup, 201)["id"].(string)
	call(t, h, "POST", "/menus/"+lunch+"/dishes", `{"name":"Pizza","recipeId":"pizza","priceMinor":900}`, 201)
	call(t, h, "POST", "/menus/"+lunch+"/dishes", `{"name":"Secret","recipeId":"unknown","priceMinor":900}`, 201)
	call(t, h, "PUT", "/dishes/"+first, strings.Replace(soup, "600", "750", 1), 200)

	byName := map[string]map[string]any{}
	for _, d := range call(t, h, "GET", "/menus/"+lunch, "", 200)["dishes"].([]any) {
		dish := d.(map[string]any)
		byName[dish["name"].(string)] = dish
	}
	if d := byName["Soup"]; d["marginMinor"] != 600.0 || d["marginPercent"] != 80.0 || d["orderable"] != true {
		t.Errorf("%v", d)
	}
	if d := byName["Pizza"]; d["orderable"] != false || d["marginMinor"] != 750.0 {
		t.Errorf("%v", d)
	}
	if d := byName["Secret"]; d["marginMinor"] != nil {
		t.Errorf("%v", d)
	}
}

func TestMenuIsDegradedWithoutCosts(t *testing.T) {
	for name, c := range map[string]costs{"no answer": {err: errors.New("no route to recipes")}, "a degraded answer": {degraded: true}} {
		repository := store.NewMemory()
		if err := store.AddDemo(t.Context(), repository); err != nil {
			t.Fatal(err)
		}
		got := call(t, server(repository, c), "GET", "/menus/00000000-0000-7000-8000-000000000501", "", 200)
		if got["degraded"] != true || len(got["dishes"].([]any)) != 2 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestRefusals(t *testing.T) {
	h := server(store.NewMemory(), costs{})
	for _, c := range []struct {
		method, path, body string
		want               int
	}{
		{"POST", "/restaurants", `{`, 400},
		{"POST", "/restaurants", `{"name":""}`, 422},
		{"GET", "/restaurants/x/menus", "", 404},
		{"POST", "/restaurants/x/menus", `{"name":"Lunch"}`, 404},
		{"POST", "/restaurants/x/menus", `{}`, 422},
		{"GET", "/menus/x", "", 404},
		{"POST", "/menus/x/dishes", soup, 404},
		{"POST", "/menus/x/dishes", `{}`, 422},
		{"PUT", "/dishes/x", soup, 404},
		{"PUT", "/dishes/x", `{}`, 422},
	} {
		if got := call(t, h, c.method, c.path, c.body, c.want); got["status"] != float64(c.want) {
			t.Errorf("%s %s: not a problem: %v", c.method, c.path, got)
		}
	}
}

// broken fails every call that the test below makes.
type broken struct{ menu.Repository }

var errBroken = errors.New("the disk is gone")

func (broken) Restaurants(context.Context) ([]menu.Restaurant, error) { return nil, errBroken }
func (broken) AddRestaurant(context.Context, menu.Restaurant) error   { return errBroken }
func (broken) Menus(context.Context, string) ([]menu.Menu, error)     { return nil, errBroken }
func (broken) Menu(context.Context, string) (menu.Menu, error)        { return menu.Menu{}, errBroken }
func (broken) Dish(context.Context, string) (menu.Dish, error)        { return menu.Dish{}, errBroken }
func (broken) AddDish(context.Context, menu.Dish) error               { return errBroken }

func TestAFailingRepositoryGives500WithoutDetails(t *testing.T) {
	h := server(broken{}, costs{})
	for _, c := range [][2]string{
		{"GET", "/restaurants"}, {"POST", "/restaurants"}, {"GET", "/restaurants/x/menus"}, {"GET", "/menus/x"},
		{"POST", "/menus/x/dishes"}, {"PUT", "/dishes/x"},
	} {
		body := soup
		if c[1] == "/restaurants" {
			body = `{"name":"Harbour"}`
		}
		if got := call(t, h, c[0], c[1], body, 500); strings.Contains(got["detail"].(string), "disk") {
			t.Errorf("%v: %v", c, got)
		}
	}
}
