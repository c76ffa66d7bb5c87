package recipes

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"delivery.example/kit/client"
)

const (
	soup  = "00000000-0000-7000-8000-000000000001"
	pizza = "00000000-0000-7000-8000-000000000002"
	basil = "00000000-0000-7000-8000-000000000003"
)

func list(t *testing.T, base string, timeout time.Duration) CostList {
	t.Helper()
	l, err := New(base, client.New("recipes", timeout, slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestCosts(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.URL.Query()["recipe"]; len(got) != 2 || r.URL.Path != "/costs" {
			t.Errorf("%s", r.URL)
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(
			w,
			`{"items":[{"recipeId":"`+soup+`","portionCostMinor":119,"unpriced":[],"unavailable":["`+basil+`"]}],"unknown":["`+pizza+`"],"degraded":true}`,
		)
	}))
	defer server.Close()
	got, degraded, err := list(t, server.URL, time.Second).Costs(t.Context(), []string{soup, pizza})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || *got[soup].PortionMinor != 119 || got[soup].Unavailable[0] != basil || !degraded {
		t.Errorf("%v %t", got, degraded)
	}
}

func TestCostsAsksInParts(t *testing.T) {
	sizes := []int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sizes = append(sizes, len(r.URL.Query()["recipe"]))
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"items":[],"unknown":[],"degraded":%t}`, len(sizes) == 2) // a part is enough
	}))
	defer server.Close()
	many := []string{}
	for n := range 201 {
		many = append(many, fmt.Sprintf("00000000-0000-7000-8000-%012d", n))
	}
	_, degraded, err := list(t, server.URL, time.Second).Costs(t.Context(), many)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(sizes) != "[100 100 1]" || !degraded {
		t.Errorf("%v %t", sizes, degraded)
	}
}

func TestCostsFails(t *testing.T) {
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
		if _, _, err := list(t, server.URL, 100*time.Millisecond).Costs(t.Context(), []string{soup}); err == nil {
			t.Errorf("%s: an error was expected", name)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s: took %s", name, took)
		}
		server.Close()
	}
	if _, _, err := list(t, "http://127.0.0.1:1", time.Second).Costs(t.Context(), []string{soup}); err == nil {
		t.Error("no server: an error was expected")
	}
}
