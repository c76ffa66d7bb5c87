package suppliers

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"delivery.example/recipes/internal/cook"
)

func TestPrices(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.URL.Query()["ingredient"]; len(got) != 2 || r.URL.Path != "/prices" {
			t.Errorf("%s", r.URL)
		}
		io.WriteString(w, `{"items":[{"id":"a","packSize":1000,"priceMinor":119,"available":true}],"unknown":["b"]}`)
	}))
	defer server.Close()
	got, err := New(server.URL, time.Second).Prices(t.Context(), []string{"a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got["a"] != (cook.Price{PackSize: 1000, PriceMinor: 119, Available: true}) {
		t.Errorf("%v", got)
	}
}

func TestPricesFails(t *testing.T) {
	wait := make(chan struct{})
	defer close(wait)
	for name, handler := range map[string]http.HandlerFunc{
		"status":   func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(503) },
		"not JSON": func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<html>") },
		"hangs": func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-wait:
			case <-r.Context().Done():
			}
		},
	} {
		server := httptest.NewServer(handler)
		start := time.Now()
		if _, err := New(server.URL, 100*time.Millisecond).Prices(t.Context(), []string{"a"}); err == nil {
			t.Errorf("%s: an error was expected", name)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s: took %s", name, took)
		}
		server.Close()
	}
	if _, err := New("://", time.Second).Prices(t.Context(), []string{"a"}); err == nil {
		t.Error("a wrong address: an error was expected")
	}
}
