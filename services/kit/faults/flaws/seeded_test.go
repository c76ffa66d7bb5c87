//go:build seededflaws

package flaws

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5/pgxpool"

	"delivery.example/kit/dbtest"
	"delivery.example/kit/env"
)

func TestReadChecksTheNames(t *testing.T) {
	r := env.New(func(string) string { return "missing-headers, injectable-query" })
	if list := Read(r); len(list) != 2 || r.Err() != nil {
		t.Errorf("%v, %v", list, r.Err())
	}
	r = env.New(func(string) string { return "open-door" })
	if Read(r); r.Err() == nil {
		t.Error("an unknown flaw was taken")
	}
}

func ask(pool *pgxpool.Pool, path string, on ...string) *httptest.ResponseRecorder {
	mux := http.NewServeMux()
	Routes(mux, on, pool)
	w := httptest.NewRecorder()
	w.Header().Set("X-Content-Type-Options", "nosniff")
	Wrap(mux, on).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w
}

func TestEachFlawIsThereWhenItIsOn(t *testing.T) {
	script := "<script>alert(1)</script>"
	greeting := "/flaws/greeting?name=" + url.QueryEscape(script)
	if w := ask(nil, greeting, seededFlawReflected); !strings.Contains(w.Body.String(), script) ||
		w.Header().Get("X-Content-Type-Options") == "" {
		t.Errorf("%s %v", w.Body, w.Header())
	}
	if w := ask(nil, greeting, seededFlawReflected, seededFlawHeaders); w.Header().Get("X-Content-Type-Options") != "" {
		t.Errorf("%v", w.Header())
	}
	if w := ask(nil, greeting, seededFlawHeaders); w.Code != 404 {
		t.Errorf("%d", w.Code)
	}
	files := fstest.MapFS{"expand/00001_dish.sql": {Data: []byte("-- +goose Up\nCREATE TABLE dish (id bigint);")}}
	pool := dbtest.New(t, "suppliers", files).Pool(t)
	search := func(name string) *httptest.ResponseRecorder {
		return ask(pool, "/flaws/search?name="+url.QueryEscape(name), seededFlawInjection)
	}
	if w := search("soup"); w.Code != 200 || w.Body.String() != "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := search("' OR '1'='1"); !strings.Contains(w.Body.String(), "dish") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := search("'"); w.Code != 500 ||
		!strings.Contains(w.Body.String(), "syntax") && !strings.Contains(w.Body.String(), "unterminated") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
