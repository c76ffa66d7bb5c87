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

	"delivery.example/recipes/internal/cook"
	"delivery.example/recipes/internal/store"
)

type prices struct{ err error }

func (p prices) Prices(context.Context, []string) (map[string]cook.Price, error) {
	if p.err != nil {
		return nil, p.err
	}
	return map[string]cook.Price{"flour": {PackSize: 1000, PriceMinor: 119, Available: true}}, nil
}

func server(repository cook.Repository, p cook.Prices) http.Handler {
	mux := http.NewServeMux()
	Routes(mux, slog.New(slog.DiscardHandler), repository, p)
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

const dough = `{"name":"Dough","portions":4,"lines":[{"ingredientId":"flour","quantity":500}]}`

func TestRecipesAndCosts(t *testing.T) {
	h := server(store.NewMemory(), prices{})
	recipe := call(t, h, "POST", "/recipes", dough, 201)["id"].(string)
	if got := call(t, h, "GET", "/recipes", "", 200)["items"].([]any); len(got) != 1 {
		t.Errorf("%v", got)
	}
	costs := call(t, h, "GET", "/costs?recipe="+recipe+"&recipe=none", "", 200)
	first := costs["items"].([]any)[0].(map[string]any)
	if first["portionCostMinor"] != 15.0 || costs["unknown"].([]any)[0] != "none" || costs["degraded"] != false {
		t.Errorf("%v", costs)
	}
	call(t, h, "PUT", "/recipes/"+recipe, strings.Replace(dough, "500", "1000", 1), 200)
	if got := call(t, h, "GET", "/recipes/"+recipe, "", 200)["lines"].([]any)[0].(map[string]any); got["quantity"] != 1000.0 {
		t.Errorf("%v", got)
	}
}

func TestCostsAreDegradedWithoutSuppliers(t *testing.T) {
	h := server(store.NewMemory(), prices{errors.New("no route to suppliers")})
	recipe := call(t, h, "POST", "/recipes", dough, 201)["id"].(string)
	costs := call(t, h, "GET", "/costs?recipe="+recipe, "", 200)
	first := costs["items"].([]any)[0].(map[string]any)
	if costs["degraded"] != true || first["portionCostMinor"] != nil {
		t.Errorf("%v", costs)
	}
}

func TestRefusals(t *testing.T) {
	h := server(store.NewMemory(), prices{})
	for _, c := range []struct {
		method, path, body string
		want               int
	}{
		{"POST", "/recipes", `{`, 400},
		{"POST", "/recipes", `{"name":"Dough"}`, 422},
		{"GET", "/recipes/x", "", 404},
		{"PUT", "/recipes/x", dough, 404},
		{"PUT", "/recipes/x", `{}`, 422},
		{"GET", "/costs", "", 422},
	} {
		if got := call(t, h, c.method, c.path, c.body, c.want); got["status"] != float64(c.want) {
			t.Errorf("%s %s: not a problem: %v", c.method, c.path, got)
		}
	}
}

// broken fails every call.
type broken struct{}

var errBroken = errors.New("the disk is gone")

func (broken) Recipes(context.Context) ([]cook.Recipe, error)      { return nil, errBroken }
func (broken) Recipe(context.Context, string) (cook.Recipe, error) { return cook.Recipe{}, errBroken }
func (broken) AddRecipe(context.Context, cook.Recipe) error        { return errBroken }
func (broken) UpdateRecipe(context.Context, cook.Recipe) error     { return errBroken }

func TestAFailingRepositoryGives500WithoutDetails(t *testing.T) {
	h := server(broken{}, prices{})
	for _, c := range [][2]string{{"GET", "/recipes"}, {"POST", "/recipes"}, {"GET", "/recipes/x"}, {"PUT", "/recipes/x"}, {"GET", "/costs?recipe=x"}} {
		if got := call(t, h, c[0], c[1], dough, 500); strings.Contains(got["detail"].(string), "disk") {
			t.Errorf("%v: %v", c, got)
		}
	}
}
