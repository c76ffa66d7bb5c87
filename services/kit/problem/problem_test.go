package problem

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestWrite(t *testing.T) {
	w := httptest.NewRecorder()
	Write(w, Invalid(Field{"name", "is empty"}), "r1")
	if w.Code != 422 || w.Header().Get("Content-Type") != ContentType {
		t.Errorf("status %d, type %q", w.Code, w.Header().Get("Content-Type"))
	}
	var got Problem
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Status != 422 || got.Instance != "urn:request:r1" || len(got.Errors) != 1 || got.Errors[0].Field != "name" {
		t.Errorf("%+v", got)
	}
}

func TestErrorText(t *testing.T) {
	if got := New(404, "no such menu").Error(); got != "no such menu" {
		t.Error(got)
	}
	if got := New(404, "").Error(); got != "Not Found" {
		t.Error(got)
	}
}

func TestUnavailableSaysWhenToTryAgain(t *testing.T) {
	for wait, want := range map[time.Duration]string{0: "1", 2 * time.Second: "2"} {
		w := httptest.NewRecorder()
		Write(w, Unavailable("away", wait), "")
		if w.Code != 503 || w.Header().Get("Retry-After") != want || strings.Contains(w.Body.String(), "RetryAfter") {
			t.Errorf("%s: %d %v %s", wait, w.Code, w.Header(), w.Body)
		}
	}
}
