package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"delivery.example/kit/contract"
	"delivery.example/recipes/internal/cook"
	"delivery.example/recipes/internal/store"
)

var noted = strings.Replace(dough, "{", `{"note":"Let it rest.\nThen knead.",`, 1)

func TestNotes(t *testing.T) {
	h := server(t, store.NewMemory(), prices{})
	got, header := call(t, h, 201, "POST", "/recipes", noted, "Idempotency-Key: order-0001")
	path := header.Get("Location")
	if got["note"] != "Let it rest.\nThen knead." {
		t.Errorf("%v", got)
	}
	if again, _ := call(t, h, 201, "POST", "/recipes", noted, "Idempotency-Key: order-0001"); again["id"] != got["id"] {
		t.Errorf("%v", again)
	}
	call(t, h, 409, "POST", "/recipes", strings.Replace(noted, "knead", "bake", 1), "Idempotency-Key: order-0001")
	call(t, h, 409, "POST", "/recipes", dough, "Idempotency-Key: order-0001")
	changed, _ := call(t, h, 200, "PUT", path, dough, "If-Match: "+header.Get("ETag"))
	if _, has := changed["note"]; has {
		t.Errorf("a recipe without a note has none: %v", changed)
	}
	for _, note := range []string{strings.Repeat("a", 2001), `a\u0000b`} {
		got, _ := call(t, h, 422, "POST", "/recipes", strings.Replace(dough, "{", `{"note":"`+note+`",`, 1))
		if fields, _ := json.Marshal(got["errors"]); !strings.Contains(string(fields), "note") {
			t.Errorf("%.20q: %s", note, fields)
		}
	}
	call(t, h, 201, "POST", "/recipes", strings.Replace(dough, "{", `{"note":"",`, 1), "Idempotency-Key: order-0002")
	call(t, h, 201, "POST", "/recipes", dough, "Idempotency-Key: order-0002") // the same content
}

// What a release that printed the content has stored, and what is sent again to this one.
func TestAKeyOfAnEarlierReleaseIsKnown(t *testing.T) {
	printed := sha256.Sum256([]byte("{Lines:[{IngredientId:" + flour + " Quantity:500}] Name:Dough Portions:4}"))
	key, repository := "order-0001", store.NewMemory()
	made := contract.Create("/recipes", &key, nil)
	stored := cook.Recipe{ID: made.ID, Fingerprint: hex.EncodeToString(printed[:]), Name: "Dough", Portions: 4}
	if _, err := repository.AddRecipe(t.Context(), stored); err != nil {
		t.Fatal(err)
	}
	h := server(t, repository, prices{})
	if got, _ := call(t, h, 201, "POST", "/recipes", dough, "Idempotency-Key: "+key); got["id"] != made.ID {
		t.Errorf("%v", got)
	}
	call(t, h, 409, "POST", "/recipes", noted, "Idempotency-Key: "+key)
}

// A key that was sent before recipes had notes has to be known again: what its
// fingerprint is made of stays.
func TestContentWithoutANoteIsWhatItWas(t *testing.T) {
	var body NewRecipe
	if err := json.Unmarshal([]byte(dough), &body); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%+v", printed(body)); got != "{Lines:[{IngredientId:"+flour+" Quantity:500}] Name:Dough Portions:4}" {
		t.Error(got)
	}
}
