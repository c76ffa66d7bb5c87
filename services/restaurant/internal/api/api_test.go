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
	"delivery.example/restaurant/internal/menu"
	"delivery.example/restaurant/internal/store"
)

type costs struct {
	err      error
	degraded bool
}

func (c costs) Costs(context.Context, []string) (map[string]menu.Cost, bool, error) {
	portion := int64(150)
	return map[string]menu.Cost{
		soupID:  {PortionMinor: &portion},
		pizzaID: {PortionMinor: &portion, Unavailable: []string{basilID}},
	}, c.degraded, c.err
}

func server(t *testing.T, repository menu.Repository, c menu.Costs) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	if err := Routes(mux, slog.New(slog.DiscardHandler), repository, store.NewMemoryFeedback(), c); err != nil {
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

const (
	none    = "00000000-0000-7000-8000-000000000099"
	soupID  = "00000000-0000-7000-8000-000000000302"
	pizzaID = "00000000-0000-7000-8000-000000000301"
	basilID = "00000000-0000-7000-8000-000000000204"
	soup    = `{"name":"Soup","recipeId":"` + soupID + `","priceMinor":600}`
	keyOne  = "Idempotency-Key: order-0001"
)

func TestMenuShowsMargins(t *testing.T) {
	h := server(t, store.NewMemory(), costs{})
	got, header := call(t, h, 201, "POST", "/restaurants", `{"name":"Harbour"}`, keyOne)
	harbour := got["id"].(string)
	if got, _ := call(t, h, 200, "GET", header.Get("Location"), ""); got["id"] != harbour || got["name"] != "Harbour" {
		t.Errorf("%v", got)
	}
	if again, _ := call(t, h, 201, "POST", "/restaurants", `{"name":"Harbour"}`, keyOne); again["id"] != harbour {
		t.Errorf("%v", again)
	}
	call(t, h, 409, "POST", "/restaurants", `{"name":"Garden"}`, keyOne)
	call(t, h, 201, "POST", "/restaurants", `{"name":"Garden"}`)
	page, _ := call(t, h, 200, "GET", "/restaurants?limit=1", "")
	if len(page["items"].([]any)) != 1 || page["next"] == nil {
		t.Errorf("%v", page)
	}
	got, header = call(t, h, 201, "POST", "/restaurants/"+harbour+"/menus", `{"name":"Lunch"}`, keyOne)
	lunch := got["id"].(string)
	if header.Get("Location") != "/menus/"+lunch {
		t.Errorf("%v", header)
	}
	if again, _ := call(t, h, 201, "POST", "/restaurants/"+harbour+"/menus", `{"name":"Lunch"}`, keyOne); again["id"] != lunch {
		t.Errorf("%v", again)
	}
	if got, _ := call(t, h, 200, "GET", "/restaurants/"+harbour+"/menus", ""); len(got["items"].([]any)) != 1 {
		t.Errorf("%v", got)
	}
	if got, _ := call(t, h, 200, "GET", "/menus/"+lunch, ""); got["degraded"] != false ||
		len(got["dishes"].([]any)) != 0 {
		t.Errorf("%v", got)
	}
	dishes := "/menus/" + lunch + "/dishes"
	got, header = call(t, h, 201, "POST", dishes, soup, keyOne)
	first, tag := got["id"].(string), header.Get("ETag")
	call(t, h, 201, "POST", dishes, soup, keyOne)
	call(t, h, 201, "POST", dishes, `{"name":"Pizza","recipeId":"`+pizzaID+`","priceMinor":900}`)
	call(t, h, 201, "POST", dishes, `{"name":"Secret","recipeId":"`+none+`","priceMinor":900}`)
	dearer := strings.Replace(soup, "600", "750", 1)
	call(t, h, 428, "PUT", "/dishes/"+first, dearer)
	call(t, h, 200, "PUT", "/dishes/"+first, dearer, "If-Match: "+tag)
	call(t, h, 412, "PUT", "/dishes/"+first, dearer, "If-Match: "+tag)
	if got, header := call(t, h, 200, "GET", "/dishes/"+first, ""); got["priceMinor"] != 750.0 ||
		header.Get("ETag") == tag {
		t.Errorf("%v", got)
	}

	byName := map[string]map[string]any{}
	got, _ = call(t, h, 200, "GET", "/menus/"+lunch, "")
	for _, d := range got["dishes"].([]any) {
		dish := d.(map[string]any)
		byName[dish["name"].(string)] = dish
	}
	if len(byName) != 3 {
		t.Errorf("%v", byName)
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
		got, _ := call(t, server(t, repository, c), 200, "GET", "/menus/00000000-0000-7000-8000-000000000501", "")
		if got["degraded"] != true || len(got["dishes"].([]any)) != 5 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestRefusals(t *testing.T) {
	h := server(t, store.NewMemory(), costs{})
	for _, c := range []struct {
		want               int
		method, path, body string
		field              string // that the problem names
	}{
		{400, "POST", "/restaurants", `{`, ""},
		{422, "POST", "/restaurants", `{"name":" "}`, "name"},
		{422, "POST", "/restaurants", `{"name":"a\u0000b"}`, "name"},
		{404, "GET", "/restaurants/" + none, "", ""},
		{404, "GET", "/restaurants/" + none + "/menus", "", ""},
		{404, "POST", "/restaurants/" + none + "/menus", `{"name":"Lunch"}`, ""},
		{422, "POST", "/restaurants/" + none + "/menus", `{}`, "name"},
		{422, "POST", "/restaurants/" + none + "/menus", `{"name":"a\u0000b"}`, "name"},
		{404, "GET", "/menus/" + none, "", ""},
		{422, "GET", "/menus/x", "", "id"},
		{404, "POST", "/menus/" + none + "/dishes", soup, ""},
		{422, "POST", "/menus/" + none + "/dishes", strings.Replace(soup, "600", "0", 1), "priceMinor"},
		{404, "GET", "/dishes/" + none, "", ""},
		{405, "DELETE", "/restaurants", "", ""},
	} {
		got, _ := call(t, h, c.want, c.method, c.path, c.body)
		fields, _ := json.Marshal(got["errors"])
		if !strings.Contains(string(fields), c.field) {
			t.Errorf("%s %s %s: %q is not named in %s", c.method, c.path, c.body, c.field, fields)
		}
	}
	call(t, h, 404, "PUT", "/dishes/"+none, soup, `If-Match: "1"`)
}

// The generated code has to refuse what it cannot read also when no check
// stands before it.
func TestGeneratedCodeRefusesParameters(t *testing.T) {
	h := HandlerWithOptions(
		api{slog.New(slog.DiscardHandler), store.NewMemory(), store.NewMemoryFeedback(), costs{}},
		StdHTTPServerOptions{BaseRouter: http.NewServeMux(), ErrorHandlerFunc: contract.BindFault},
	)
	for _, path := range []string{"/restaurants?limit=x", "/restaurants/" + none + "/menus?limit=x", "/feedback?limit=x"} {
		call(t, h, 422, "GET", path, "")
	}
	for _, c := range [][3]string{
		{"POST", "/restaurants", "Idempotency-Key"}, {"POST", "/restaurants/" + none + "/menus", "Idempotency-Key"},
		{"POST", "/menus/" + none + "/dishes", "Idempotency-Key"}, {"PUT", "/dishes/" + none, "If-Match"},
		{"POST", "/feedback", "Idempotency-Key"}, {"PUT", "/feedback/" + none, "If-Match"},
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

// broken fails every call that the test below makes.
type broken struct{ menu.Repository }

var errBroken = errors.New("the disk is gone")

func (broken) Restaurants(context.Context, contract.Page) ([]menu.Restaurant, error) {
	return nil, errBroken
}
func (broken) AddRestaurant(context.Context, menu.Restaurant) (menu.Restaurant, error) {
	return menu.Restaurant{}, errBroken
}
func (broken) Menu(context.Context, string) (menu.Menu, []menu.Dish, error) {
	return menu.Menu{}, nil, errBroken
}

func TestAFailingRepositoryGives500WithoutDetails(t *testing.T) {
	h := server(t, broken{}, costs{})
	for _, path := range []string{"/restaurants", "/menus/" + none} {
		if got, _ := call(t, h, 500, "GET", path, ""); strings.Contains(got["detail"].(string), "disk") {
			t.Errorf("%s: %v", path, got)
		}
	}
	call(t, h, 500, "POST", "/restaurants", `{"name":"Harbour"}`)
}

// away is a repository whose database is shutting down.
type away struct{ menu.Repository }

func (away) Dish(context.Context, string) (menu.Dish, error) {
	return menu.Dish{}, &pgconn.PgError{Code: "57P01", Message: "terminating connection"}
}

func TestADatabaseThatIsAwayGives503(t *testing.T) {
	got, header := call(t, server(t, away{}, costs{}), 503, "GET", "/dishes/"+none, "")
	if header.Get("Retry-After") != "2" || strings.Contains(got["detail"].(string), "terminating") {
		t.Errorf("%v %v", got, header)
	}
}
