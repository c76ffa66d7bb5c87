package suppliers

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"delivery.example/kit/client"
	"delivery.example/recipes/internal/cook"
)

const (
	flour = "00000000-0000-7000-8000-000000000001"
	basil = "00000000-0000-7000-8000-000000000002"
)

func list(t *testing.T, base string, timeout time.Duration) PriceList {
	t.Helper()
	p, err := New(base, client.New("suppliers", timeout, slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPrices(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.URL.Query()["ingredient"]; len(got) != 2 || r.URL.Path != "/prices" {
			t.Errorf("%s", r.URL)
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(
			w,
			`{"items":[{"id":"`+flour+`","supplierId":"`+basil+`","name":"Flour","unit":"g","packSize":1000,"priceMinor":119,`+
				`"available":true}],"unknown":["`+basil+`"]}`,
		)
	}))
	defer server.Close()
	got, err := list(t, server.URL, time.Second).Prices(t.Context(), []string{flour, basil})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[flour] != (cook.Price{PackSize: 1000, PriceMinor: 119, Available: true}) {
		t.Errorf("%v", got)
	}
}

func TestPricesAsksInParts(t *testing.T) {
	sizes := []int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sizes = append(sizes, len(r.URL.Query()["ingredient"]))
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"items":[],"unknown":[]}`)
	}))
	defer server.Close()
	many := []string{}
	for n := range 401 {
		many = append(many, fmt.Sprintf("00000000-0000-7000-8000-%012d", n))
	}
	if _, err := list(t, server.URL, time.Second).Prices(t.Context(), many); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(sizes) != "[200 200 1]" {
		t.Errorf("%v", sizes)
	}
}

func TestPricesFails(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"status":   func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(503) },
		"no media": func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<html>") },
		"problem": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(500)
			io.WriteString(w, `{"type":"about:blank","title":"x","status":500}`)
		},
		"not JSON": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, "{")
		},
		"hangs": func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		server := httptest.NewServer(handler)
		start := time.Now()
		if _, err := list(t, server.URL, 100*time.Millisecond).Prices(t.Context(), []string{flour}); err == nil {
			t.Errorf("%s: an error was expected", name)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s: took %s", name, took)
		}
		server.Close()
	}
	if _, err := list(t, "http://127.0.0.1:1", time.Second).Prices(t.Context(), []string{flour}); err == nil {
		t.Error("no server: an error was expected")
	}
}
