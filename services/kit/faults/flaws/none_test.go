//go:build !seededflaws

package flaws

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"delivery.example/kit/env"
)

func TestANormalBuildRefusesFlawsAndHasNone(t *testing.T) {
	r := env.New(func(string) string { return "reflected-input" })
	if list := Read(r); list != nil || r.Err() == nil || !strings.Contains(r.Err().Error(), "build tag seededflaws") {
		t.Errorf("%v, %v", list, r.Err())
	}
	r = env.New(func(string) string { return "" })
	if Read(r); r.Err() != nil {
		t.Error(r.Err())
	}
	mux := http.NewServeMux()
	Routes(mux, []string{"reflected-input", "injectable-query"}, nil)
	w := httptest.NewRecorder()
	w.Header().Set("Referrer-Policy", "no-referrer")
	Wrap(mux, []string{"missing-headers"}).ServeHTTP(w, httptest.NewRequest("GET", "/flaws/greeting?name=a", nil))
	if w.Code != 404 || w.Header().Get("Referrer-Policy") == "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}
