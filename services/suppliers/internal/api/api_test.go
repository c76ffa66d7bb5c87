package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"delivery.example/kit/contract"
	"delivery.example/suppliers/internal/store"
	"delivery.example/suppliers/internal/supply"
)

const none = "00000000-0000-7000-8000-000000000099"

func server(t *testing.T, repository supply.Repository) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	if err := Routes(mux, slog.New(slog.DiscardHandler), repository); err != nil {
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

const flourBody = `{"name":"Flour","unit":"g","packSize":1000,"priceMinor":120,"available":true}`

func TestSuppliersAndIngredients(t *testing.T) {
	h := server(t, store.NewMemory())
	got, header := call(t, h, 201, "POST", "/suppliers", `{"name":"Mill"}`)
	mill := got["id"].(string)
	if header.Get("Location") != "/suppliers/"+mill {
		t.Errorf("%v", header)
	}
	if got, _ := call(t, h, 200, "GET", "/suppliers/"+mill, ""); got["name"] != "Mill" {
		t.Errorf("%v", got)
	}
	got, header = call(t, h, 201, "POST", "/suppliers/"+mill+"/ingredients", flourBody)
	flour, tag := got["id"].(string), header.Get("ETag")
	changed, header := call(
		t,
		h,
		200,
		"PUT",
		"/ingredients/"+flour,
		strings.Replace(flourBody, "120", "130", 1),
		"If-Match: "+tag,
	)
	if changed["priceMinor"] != 130.0 || changed["supplierId"] != mill || header.Get("ETag") == tag {
		t.Errorf("%v %v", changed, header)
	}
	call(t, h, 412, "PUT", "/ingredients/"+flour, flourBody, "If-Match: "+tag)
	call(t, h, 412, "PUT", "/ingredients/"+flour, flourBody, "If-Match: nonsense")
	call(t, h, 428, "PUT", "/ingredients/"+flour, flourBody)
	if got, header := call(t, h, 200, "GET", "/ingredients/"+flour, ""); got["priceMinor"] != 130.0 ||
		header.Get("ETag") != `"2"` {
		t.Errorf("%v", got)
	}
	if got, _ := call(t, h, 200, "GET", "/ingredients?supplier="+none, ""); len(got["items"].([]any)) != 0 {
		t.Errorf("%v", got)
	}
	prices, _ := call(t, h, 200, "GET", "/prices?ingredient="+flour+"&ingredient="+none, "")
	if len(prices["items"].([]any)) != 1 || prices["unknown"].([]any)[0] != none {
		t.Errorf("%v", prices)
	}
}

func TestTheSameKeyMakesOneThing(t *testing.T) {
	h := server(t, store.NewMemory())
	first, _ := call(t, h, 201, "POST", "/suppliers", `{"name":"Mill"}`, "Idempotency-Key: order-0001")
	again, _ := call(t, h, 201, "POST", "/suppliers", `{"name":"Mill"}`, "Idempotency-Key: order-0001")
	if first["id"] != again["id"] {
		t.Errorf("%v %v", first, again)
	}
	call(t, h, 409, "POST", "/suppliers", `{"name":"Dairy"}`, "Idempotency-Key: order-0001")
	path := "/suppliers/" + first["id"].(string) + "/ingredients"
	flour, _ := call(t, h, 201, "POST", path, flourBody, "Idempotency-Key: order-0001")
	repeated, _ := call(t, h, 201, "POST", path, flourBody, "Idempotency-Key: order-0001")
	if flour["id"] != repeated["id"] || flour["id"] == first["id"] {
		t.Errorf("%v %v", flour, repeated)
	}
}

func TestPages(t *testing.T) {
	h := server(t, store.NewMemory())
	for _, name := range []string{"a", "b", "c"} {
		call(t, h, 201, "POST", "/suppliers", `{"name":"`+name+`"}`)
	}
	seen, path := 0, "/suppliers?limit=2"
	for pages := 1; ; pages++ {
		got, _ := call(t, h, 200, "GET", path, "")
		seen += len(got["items"].([]any))
		next, more := got["next"].(string)
		if !more {
			if pages != 2 || seen != 3 {
				t.Errorf("%d pages with %d suppliers", pages, seen)
			}
			return
		}
		path = "/suppliers?limit=2&after=" + next
	}
}

func TestRefusals(t *testing.T) {
	h := server(t, store.NewMemory())
	for _, c := range []struct {
		want               int
		method, path, body string
		field              string // that the problem names
	}{
		{400, "POST", "/suppliers", `{`, ""},
		{422, "POST", "/suppliers", `{"name":""}`, "name"},
		{422, "POST", "/suppliers", `{"name":"Mill","owner":"x"}`, "owner"},
		{422, "POST", "/suppliers", `{"name":"a\u0000b"}`, "name"}, // no database takes this one
		{422, "GET", "/suppliers/x", "", "id"},
		{404, "GET", "/suppliers/" + none, "", ""},
		{404, "POST", "/suppliers/" + none + "/ingredients", flourBody, ""},
		{422, "POST", "/suppliers/" + none + "/ingredients", strings.Replace(flourBody, `"g"`, `"bag"`, 1), "unit"},
		{404, "GET", "/ingredients/" + none, "", ""},
		{422, "GET", "/ingredients?limit=0", "", "limit"},
		{422, "GET", "/ingredients?after=x", "", "after"},
		{422, "GET", "/prices", "", "ingredient"},
		{404, "GET", "/nothing", "", ""},
		{405, "DELETE", "/suppliers", "", ""},
	} {
		got, _ := call(t, h, c.want, c.method, c.path, c.body)
		if c.field == "" {
			continue
		}
		fields, _ := json.Marshal(got["errors"])
		if !strings.Contains(string(fields), c.field) {
			t.Errorf("%s %s %s: %q is not named in %s", c.method, c.path, c.body, c.field, fields)
		}
	}
	call(t, h, 404, "PUT", "/ingredients/"+none, flourBody, `If-Match: "1"`)
	call(t, h, 422, "POST", "/suppliers", `{"name":"Mill"}`, "Idempotency-Key: short")
	call(t, h, 415, "POST", "/suppliers", `name=Mill`, "Content-Type: text/csv")
}

// broken fails every call that the test below makes.
type broken struct{ supply.Repository }

var errBroken = errors.New("the disk is gone")

func (broken) Suppliers(context.Context, contract.Page) ([]supply.Supplier, error) {
	return nil, errBroken
}
func (broken) AddSupplier(context.Context, supply.Supplier) (supply.Supplier, error) {
	return supply.Supplier{}, errBroken
}
func (broken) Ingredients(context.Context, string, contract.Page) ([]supply.Ingredient, error) {
	return nil, errBroken
}
func (broken) IngredientsByID(context.Context, []string) ([]supply.Ingredient, error) {
	return nil, errBroken
}

func TestAFailingRepositoryGives500WithoutDetails(t *testing.T) {
	h := server(t, broken{})
	for _, path := range []string{"/suppliers", "/ingredients", "/prices?ingredient=" + none} {
		if got, _ := call(t, h, 500, "GET", path, ""); strings.Contains(got["detail"].(string), "disk") {
			t.Errorf("%s: %v", path, got)
		}
	}
	call(t, h, 500, "POST", "/suppliers", `{"name":"Mill"}`)
}

func FuzzAddSupplier(f *testing.F) {
	for _, seed := range []string{`{"name":"Mill"}`, `{"name":1}`, `[]`, ``, "\x00", `{"name":"a"}{"name":"b"}`} {
		f.Add(seed)
	}
	mux := http.NewServeMux()
	if err := Routes(mux, slog.New(slog.DiscardHandler), store.NewMemory()); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest("POST", "/suppliers", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code >= 500 || w.Code == 200 {
			b, _ := io.ReadAll(w.Body)
			t.Errorf("%q: %d %s", body, w.Code, b)
		}
	})
}

// The generated code has to refuse what it cannot read also when no check
// stands before it.
func TestGeneratedCodeRefusesParameters(t *testing.T) {
	h := HandlerWithOptions(
		api{slog.New(slog.DiscardHandler), store.NewMemory()},
		StdHTTPServerOptions{BaseRouter: http.NewServeMux(), ErrorHandlerFunc: contract.BindFault},
	)
	for _, path := range []string{"/suppliers?limit=x", "/ingredients?limit=x", "/prices", "/ingredients?supplier=a&limit=1.5"} {
		call(t, h, 422, "GET", path, "")
	}
	for _, c := range [][3]string{
		{"POST", "/suppliers", "Idempotency-Key"}, {
			"POST", "/suppliers/" + none + "/ingredients", "Idempotency-Key",
		}, {"PUT", "/ingredients/" + none, "If-Match"},
	} {
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
type away struct{ supply.Repository }

func (away) Supplier(context.Context, string) (supply.Supplier, error) {
	return supply.Supplier{}, &pgconn.PgError{Code: "57P01", Message: "terminating connection"}
}

func TestADatabaseThatIsAwayGives503(t *testing.T) {
	got, header := call(t, server(t, away{}), 503, "GET", "/suppliers/"+none, "")
	if header.Get("Retry-After") != "2" || strings.Contains(got["detail"].(string), "terminating") {
		t.Errorf("%v %v", got, header)
	}
}
