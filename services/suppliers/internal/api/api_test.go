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

	"delivery.example/suppliers/internal/store"
	"delivery.example/suppliers/internal/supply"
)

func server(repository supply.Repository) http.Handler {
	mux := http.NewServeMux()
	Routes(mux, slog.New(slog.DiscardHandler), repository)
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

func TestSuppliersAndIngredients(t *testing.T) {
	h := server(store.NewMemory())
	mill := call(t, h, "POST", "/suppliers", `{"name":"Mill"}`, 201)["id"].(string)
	call(t, h, "GET", "/suppliers/"+mill, "", 200)
	if got := call(t, h, "GET", "/suppliers", "", 200)["items"].([]any); len(got) != 1 {
		t.Errorf("%v", got)
	}
	body := `{"name":"Flour","unit":"g","packSize":1000,"priceMinor":120,"available":true}`
	flour := call(t, h, "POST", "/suppliers/"+mill+"/ingredients", body, 201)["id"].(string)
	changed := call(t, h, "PUT", "/ingredients/"+flour, strings.Replace(body, "120", "130", 1), 200)
	if changed["priceMinor"] != 130.0 || changed["supplierId"] != mill {
		t.Errorf("%v", changed)
	}
	if got := call(t, h, "GET", "/ingredients/"+flour, "", 200); got["priceMinor"] != 130.0 {
		t.Errorf("%v", got)
	}
	if got := call(t, h, "GET", "/ingredients?supplier=other", "", 200)["items"].([]any); len(got) != 0 {
		t.Errorf("%v", got)
	}
	prices := call(t, h, "GET", "/prices?ingredient="+flour+"&ingredient=none", "", 200)
	if len(prices["items"].([]any)) != 1 || prices["unknown"].([]any)[0] != "none" {
		t.Errorf("%v", prices)
	}
}

func TestRefusals(t *testing.T) {
	h := server(store.NewMemory())
	good := `{"name":"Flour","unit":"g","packSize":1000,"priceMinor":120}`
	for _, c := range []struct {
		method, path, body string
		want               int
	}{
		{"POST", "/suppliers", `{`, 400},
		{"POST", "/suppliers", `{"name":""}`, 422},
		{"GET", "/suppliers/x", "", 404},
		{"POST", "/suppliers/x/ingredients", good, 404},
		{"POST", "/suppliers/x/ingredients", `{"name":"Flour","unit":"bag"}`, 422},
		{"POST", "/suppliers/x/ingredients", `[]`, 400},
		{"GET", "/ingredients/x", "", 404},
		{"PUT", "/ingredients/x", good, 404},
		{"PUT", "/ingredients/x", `{}`, 422},
		{"GET", "/prices", "", 422},
	} {
		if got := call(t, h, c.method, c.path, c.body, c.want); got["status"] != float64(c.want) {
			t.Errorf("%s %s: not a problem: %v", c.method, c.path, got)
		}
	}
}

// broken fails every call that the tests below make.
type broken struct{ supply.Repository }

var errBroken = errors.New("the disk is gone")

func (broken) Suppliers(context.Context) ([]supply.Supplier, error) { return nil, errBroken }
func (broken) Supplier(context.Context, string) (supply.Supplier, error) {
	return supply.Supplier{}, errBroken
}
func (broken) AddSupplier(context.Context, supply.Supplier) error { return errBroken }
func (broken) Ingredients(context.Context, string) ([]supply.Ingredient, error) {
	return nil, errBroken
}
func (broken) Ingredient(context.Context, string) (supply.Ingredient, error) {
	return supply.Ingredient{}, errBroken
}

func TestAFailingRepositoryGives500WithoutDetails(t *testing.T) {
	h := server(broken{})
	for _, c := range [][2]string{
		{"GET", "/suppliers"}, {"GET", "/suppliers/x"}, {"POST", "/suppliers"}, {"GET", "/ingredients"}, {"GET", "/ingredients/x"}, {"GET", "/prices?ingredient=x"},
	} {
		got := call(t, h, c[0], c[1], `{"name":"a"}`, 500)
		if strings.Contains(got["detail"].(string), "disk") {
			t.Errorf("%v: %v", c, got)
		}
	}
}
