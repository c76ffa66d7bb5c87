package api

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"delivery.example/restaurant/internal/store"
)

const slow = `{"text":"The page is slow","severity":"minor","version":"1.2.0"}`

func TestFeedback(t *testing.T) {
	h := server(t, store.NewMemory(), costs{})
	before := time.Now().Add(-time.Second)
	got, header := call(t, h, 201, "POST", "/feedback", slow, keyOne)
	path, tag := header.Get("Location"), header.Get("ETag")
	if path != "/feedback/"+got["id"].(string) || got["status"] != "open" || got["text"] != "The page is slow" ||
		got["severity"] != "minor" ||
		got["version"] != "1.2.0" {
		t.Errorf("%v %v", got, header)
	}
	if at, err := time.Parse(time.RFC3339, got["createdAt"].(string)); err != nil || at.Before(before) ||
		at.After(time.Now()) {
		t.Errorf("createdAt %v: %v", got["createdAt"], err)
	}
	if again, _ := call(t, h, 201, "POST", "/feedback", slow, keyOne); again["id"] != got["id"] ||
		again["createdAt"] != got["createdAt"] {
		t.Errorf("%v", again)
	}
	call(t, h, 409, "POST", "/feedback", strings.Replace(slow, "minor", "major", 1), keyOne)
	if read, header := call(t, h, 200, "GET", path, ""); read["createdAt"] != got["createdAt"] ||
		header.Get("ETag") != tag {
		t.Errorf("%v %v", read, header)
	}

	const resolve = `{"status":"resolved","severity":"critical"}`
	call(t, h, 428, "PUT", path, resolve)
	judged, header := call(t, h, 200, "PUT", path, resolve, "If-Match: "+tag)
	if judged["status"] != "resolved" || judged["severity"] != "critical" || judged["text"] != got["text"] ||
		header.Get("ETag") == tag {
		t.Errorf("%v %v", judged, header)
	}
	call(t, h, 412, "PUT", path, resolve, "If-Match: "+tag)
}

func TestFeedbackIsFilteredAndPaged(t *testing.T) {
	h := server(t, store.NewMemory(), costs{})
	for _, change := range [][2]string{{"1.2.0", "1.2.0"}, {"1.2.0", "1.3.0"}, {"minor", "blocker"}} {
		call(t, h, 201, "POST", "/feedback", strings.Replace(slow, change[0], change[1], 1))
	}
	for query, want := range map[string]int{
		"": 3, "?version=1.2.0": 2, "?version=1.2.0&severity=blocker": 1, "?status=open": 3,
		"?status=resolved": 0, "?severity=minor&status=open&version=1.3.0": 1,
	} {
		if got, _ := call(t, h, 200, "GET", "/feedback"+query, ""); len(got["items"].([]any)) != want ||
			got["next"] != nil {
			t.Errorf("%s: %v", query, got)
		}
	}
	page, _ := call(t, h, 200, "GET", "/feedback?limit=2", "")
	if page, _ := call(t, h, 200, "GET", "/feedback?limit=2&after="+page["next"].(string), ""); len(
		page["items"].([]any),
	) != 1 ||
		page["next"] != nil {
		t.Errorf("%v", page)
	}
}

func TestFeedbackRefusals(t *testing.T) {
	h := server(t, store.NewMemory(), costs{})
	for _, c := range []struct {
		want               int
		method, path, body string
		field              string // that the problem names
	}{
		{400, "POST", "/feedback", `{`, ""},
		{422, "POST", "/feedback", strings.Replace(slow, "The page is slow", "", 1), "text"},
		{422, "POST", "/feedback", strings.Replace(slow, "The page is slow", strings.Repeat("a", 2001), 1), "text"},
		{422, "POST", "/feedback", strings.Replace(slow, "The page", `a\u0000b`, 1), "text"},
		{422, "POST", "/feedback", strings.Replace(slow, "minor", "bad", 1), "severity"},
		{422, "POST", "/feedback", strings.Replace(slow, "1.2.0", "1.2 beta", 1), "version"},
		{422, "POST", "/feedback", strings.Replace(slow, "{", `{"status":"resolved",`, 1), "status"},
		{422, "GET", "/feedback?status=gone", "", "status"},
		{422, "GET", "/feedback?severity=", "", "severity"},
		{422, "GET", "/feedback?version=a%20b", "", "version"},
		{404, "GET", "/feedback/" + none, "", ""},
		{422, "GET", "/feedback/x", "", "id"},
		{405, "DELETE", "/feedback/" + none, "", ""},
	} {
		got, _ := call(t, h, c.want, c.method, c.path, c.body)
		fields, _ := json.Marshal(got["errors"])
		if !strings.Contains(string(fields), c.field) {
			t.Errorf("%s %s %.80s: %q is not named in %s", c.method, c.path, c.body, c.field, fields)
		}
	}
	call(t, h, 404, "PUT", "/feedback/"+none, `{"status":"open","severity":"minor"}`, `If-Match: "1"`)
	call(t, h, 422, "PUT", "/feedback/"+none, `{"status":"closed","severity":"minor"}`, `If-Match: "1"`)
}

func FuzzAddFeedback(f *testing.F) {
	for _, seed := range []string{
		slow, `{"text":1}`, `[]`, ``, "\x00", slow + slow,
		`{"text":"\u0000","severity":"minor","version":"1"}`, strings.Replace(slow, "1.2.0", "../..", 1),
	} {
		f.Add(seed)
	}
	mux := http.NewServeMux()
	if err := Routes(mux, slog.New(slog.DiscardHandler), store.NewMemory(), store.NewMemoryFeedback(), costs{}); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest("POST", "/feedback", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != 201 && (w.Code < 400 || w.Code >= 500) {
			b, _ := io.ReadAll(w.Body)
			t.Errorf("%q: %d %s", body, w.Code, b)
		}
	})
}
