package api

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"delivery.example/recipes/internal/store"
)

func FuzzAddRecipe(f *testing.F) {
	for _, seed := range []string{
		dough, `{"name":1}`, `[]`, ``, "\x00", dough + dough, strings.Replace(dough, "500", "1e3", 1),
		strings.Replace(dough, "500", "9223372036854775808", 1), strings.Replace(dough, "500", "0.5", 1),
	} {
		f.Add(seed)
	}
	mux := http.NewServeMux()
	if err := Routes(mux, slog.New(slog.DiscardHandler), store.NewMemory(), prices{}); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest("POST", "/recipes", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != 201 && (w.Code < 400 || w.Code >= 500) {
			b, _ := io.ReadAll(w.Body)
			t.Errorf("%q: %d %s", body, w.Code, b)
		}
	})
}
