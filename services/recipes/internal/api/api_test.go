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

	"github.com/jackc/pgx/v5/pgconn"

	"delivery.example/kit/contract"
	"delivery.example/recipes/internal/cook"
	"delivery.example/recipes/internal/store"
)

const (
	none  = "00000000-0000-7000-8000-000000000099"
	flour = "00000000-0000-7000-8000-000000000201"
)

type prices struct{ err error }

func (p prices) Prices(context.Context, []string) (map[string]cook.Price, error) {
	if p.err != nil {
		return nil, p.err
	}
	return map[string]cook.Price{flour: {PackSize: 1000, PriceMinor: 119, Available: true}}, nil
}

func server(t *testing.T, repository cook.Repository, p cook.Prices) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	if err := Routes(mux, slog.New(slog.DiscardHandler), repository, p); err != nil {
		t.Fatal(err)
	}
	return mux
}

// call sends one request, with headers as "Name: value", checks the status and
// decodes the answer into a map.
func call(
	t *testing.T,
	h http.Handler,
	want int,
	method, path, body string,
	headers ...string,
) (map[string]any, http.Header) {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body == "" {
		r = httptest.NewRequest(method, path, nil)
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != want {
		t.Fatalf("%s %s: %d, want %d: %s", method, path, w.Code, want, w.Body)
	}
	got := map[string]any{}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	if want >= 400 && (got["status"] != float64(want) || w.Header().Get("Content-Type") != "application/problem+json") {
		t.Errorf("%s %s: not a problem: %v", method, path, got)
	}
	return got, w.Header()
}

const dough = `{"name":"Dough","portions":4,"lines":[{"ingredientId":"` + flour + `","quantity":500}]}`

func TestRecipesAndCosts(t *testing.T) {
	h := server(t, store.NewMemory(), prices{})
	got, header := call(t, h, 201, "POST", "/recipes", dough, "Idempotency-Key: order-0001")
	recipe, tag := got["id"].(string), header.Get("ETag")
	if again, _ := call(t, h, 201, "POST", "/recipes", dough, "Idempotency-Key: order-0001"); again["id"] != recipe {
		t.Errorf("%v", again)
	}
	call(t, h, 409, "POST", "/recipes", strings.Replace(dough, "Dough", "Bread", 1), "Idempotency-Key: order-0001")
	call(t, h, 201, "POST", "/recipes", dough)
	page, _ := call(t, h, 200, "GET", "/recipes?limit=1", "")
	if len(page["items"].([]any)) != 1 || page["next"] == nil {
		t.Errorf("%v", page)
	}
	page, _ = call(t, h, 200, "GET", "/recipes?after="+page["next"].(string), "")
	if len(page["items"].([]any)) != 1 || page["next"] != nil {
		t.Errorf("%v", page)
	}
	costs, _ := call(t, h, 200, "GET", "/costs?recipe="+recipe+"&recipe="+none, "")
	first := costs["items"].([]any)[0].(map[string]any)
	if first["portionCostMinor"] != 15.0 || costs["unknown"].([]any)[0] != none || costs["degraded"] != false {
		t.Errorf("%v", costs)
	}
	more := strings.Replace(dough, "500", "1000", 1)
	call(t, h, 428, "PUT", "/recipes/"+recipe, more)
	if _, header := call(t, h, 200, "PUT", "/recipes/"+recipe, more, "If-Match: "+tag); header.Get("ETag") == tag {
		t.Error("the tag has not changed")
	}
	call(t, h, 412, "PUT", "/recipes/"+recipe, more, "If-Match: "+tag)
	got, _ = call(t, h, 200, "GET", "/recipes/"+recipe, "")
	if line := got["lines"].([]any)[0].(map[string]any); line["quantity"] != 1000.0 {
		t.Errorf("%v", got)
	}
}

func TestCostsAreDegradedWithoutSuppliers(t *testing.T) {
	h := server(t, store.NewMemory(), prices{errors.New("no route to suppliers")})
	got, _ := call(t, h, 201, "POST", "/recipes", dough)
	costs, _ := call(t, h, 200, "GET", "/costs?recipe="+got["id"].(string), "")
	first := costs["items"].([]any)[0].(map[string]any)
	if costs["degraded"] != true || first["portionCostMinor"] != nil {
		t.Errorf("%v", costs)
	}
}

func TestRefusals(t *testing.T) {
	h := server(t, store.NewMemory(), prices{})
	twice := `{"name":"Dough","portions":4,"lines":[{"ingredientId":"` + flour + `","quantity":5},{"ingredientId":"` + flour + `","quantity":5}]}`
	for _, c := range []struct {
		want               int
		method, path, body string
		field              string // that the problem names
	}{
		{400, "POST", "/recipes", `{`, ""},
		{422, "POST", "/recipes", `{"name":"Dough"}`, "portions"},
		{422, "POST", "/recipes", strings.Replace(dough, "500", "0", 1), "lines.0.quantity"},
		{422, "POST", "/recipes", strings.Replace(dough, "Dough", `a\u0000b`, 1), "name"}, // no database takes this one
		{422, "POST", "/recipes", twice, "lines[1].ingredientId"},
		{404, "GET", "/recipes/" + none, "", ""},
		{422, "GET", "/recipes/x", "", "id"},
		{422, "GET", "/costs", "", "recipe"},
		{405, "DELETE", "/recipes", "", ""},
	} {
		got, _ := call(t, h, c.want, c.method, c.path, c.body)
		fields, _ := json.Marshal(got["errors"])
		if !strings.Contains(string(fields), c.field) {
			t.Errorf("%s %s %s: %q is not named in %s", c.method, c.path, c.body, c.field, fields)
		}
	}
	call(t, h, 404, "PUT", "/recipes/"+none, dough, `If-Match: "1"`)
	call(t, h, 422, "PUT", "/recipes/"+none, twice, `If-Match: "1"`)
}

// broken fails every call.
type broken struct{ cook.Repository }

var errBroken = errors.New("the disk is gone")

func (broken) Recipes(context.Context, contract.Page) ([]cook.Recipe, error) { return nil, errBroken }
func (broken) RecipesByID(context.Context, []string) ([]cook.Recipe, error)  { return nil, errBroken }
func (broken) AddRecipe(context.Context, cook.Recipe) (cook.Recipe, error) {
	return cook.Recipe{}, errBroken
}

func TestAFailingRepositoryGives500WithoutDetails(t *testing.T) {
	h := server(t, broken{}, prices{})
	for _, path := range []string{"/recipes", "/costs?recipe=" + none} {
		if got, _ := call(t, h, 500, "GET", path, ""); strings.Contains(got["detail"].(string), "disk") {
			t.Errorf("%s: %v", path, got)
		}
	}
	call(t, h, 500, "POST", "/recipes", dough)
}

// The generated code has to refuse what it cannot read also when no check
// stands before it.
func TestGeneratedCodeRefusesParameters(t *testing.T) {
	h := HandlerWithOptions(
		api{slog.New(slog.DiscardHandler), store.NewMemory(), prices{}},
		StdHTTPServerOptions{BaseRouter: http.NewServeMux(), ErrorHandlerFunc: contract.BindFault},
	)
	for _, path := range []string{"/recipes?limit=x", "/costs"} {
		call(t, h, 422, "GET", path, "")
	}
	for _, c := range [][3]string{{"POST", "/recipes", "Idempotency-Key"}, {"PUT", "/recipes/" + none, "If-Match"}} {
		r := httptest.NewRequest(c[0], c[1], nil)
		r.Header[c[2]] = []string{"first-one", "second-one"}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 422 {
			t.Errorf("%v: %d", c, w.Code)
		}
	}
}

// away is a repository whose database is shutting down.
type away struct{ cook.Repository }

func (away) Recipe(context.Context, string) (cook.Recipe, error) {
	return cook.Recipe{}, &pgconn.PgError{Code: "57P01", Message: "terminating connection"}
}

func TestADatabaseThatIsAwayGives503(t *testing.T) {
	got, header := call(t, server(t, away{}, prices{}), 503, "GET", "/recipes/"+none, "")
	if header.Get("Retry-After") != "2" || strings.Contains(got["detail"].(string), "terminating") {
		t.Errorf("%v %v", got, header)
	}
}
