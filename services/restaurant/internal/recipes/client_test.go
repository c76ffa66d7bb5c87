package recipes

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestCosts(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.URL.Query()["recipe"]; len(got) != 2 || r.URL.Path != "/costs" {
			t.Errorf("%s", r.URL)
		}
		io.WriteString(w, `{"items":[{"recipeId":"a","portionCostMinor":119,"unpriced":[],"unavailable":["basil"]}],"unknown":["b"],"degraded":true}`)
	}))
	defer server.Close()
	got, degraded, err := New(server.URL, time.Second).Costs(t.Context(), []string{"a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || *got["a"].PortionMinor != 119 || got["a"].Unavailable[0] != "basil" || !degraded {
		t.Errorf("%v %t", got, degraded)
	}
}

func TestCostsFails(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"status":   func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(503) },
		"not JSON": func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<html>") },
		"hangs":    func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		server := httptest.NewServer(handler)
		start := time.Now()
		if _, _, err := New(server.URL, 100*time.Millisecond).Costs(t.Context(), []string{"a"}); err == nil {
			t.Errorf("%s: an error was expected", name)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s: took %s", name, took)
		}
		server.Close()
	}
	if _, _, err := New("://", time.Second).Costs(t.Context(), []string{"a"}); err == nil {
		t.Error("a wrong address: an error was expected")
	}
}
