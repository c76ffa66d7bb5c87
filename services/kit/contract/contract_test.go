package contract

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"delivery.example/kit/problem"
	"delivery.example/kit/web"
)

const document = `
openapi: 3.0.3
info: { title: test, version: "1" }
paths:
  /things:
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              additionalProperties: false
              required: [name]
              properties: { name: { type: string, maxLength: 5 }, sizes: { type: array, items: { type: integer } } }
      responses: { "200": { description: ok } }
`

func load(t *testing.T, text string) *openapi3.T {
	t.Helper()
	d, err := openapi3.NewLoader().LoadFromData([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestMountChecksRequestsBeforeTheRoutes(t *testing.T) {
	mux, sound := http.NewServeMux(), func() (*openapi3.T, error) { return load(t, document), nil }
	err := Mount(mux, sound, func(base *http.ServeMux) http.Handler {
		base.HandleFunc("POST /things", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
		return base
	})
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]int{`{"name":"a"}`: 204, `{"name":"abcdefg"}`: 422} {
		r := httptest.NewRequest("POST", "/things", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	unread := errors.New("cannot be read")
	for name, broken := range map[string]func() (*openapi3.T, error){
		"unread":  func() (*openapi3.T, error) { return nil, unread },
		"unsound": func() (*openapi3.T, error) { return &openapi3.T{}, nil },
	} {
		if err := Mount(http.NewServeMux(), broken, func(base *http.ServeMux) http.Handler { return base }); err == nil {
			t.Errorf("%s: an error was expected", name)
		}
	}
}

func TestCheck(t *testing.T) {
	check, err := Check(load(t, document))
	if err != nil {
		t.Fatal(err)
	}
	h := check(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for _, c := range []struct {
		method, path, kind, body string
		want                     int
		text                     string
	}{
		{"POST", "/things", "application/json", `{"name":"a"}`, 204, ""},
		{"POST", "/things", "application/json", `{"name":"abcdefg"}`, 422, `"field":"name"`},
		{"POST", "/things", "application/json", `{"name":"a","sizes":[1,"x"]}`, 422, `"field":"sizes.1"`},
		{"POST", "/things", "application/json", `{}`, 422, `name`},
		{"POST", "/things", "application/json", `[]`, 422, `"field":"body"`},
		{"POST", "/things", "application/json", `{`, 400, "not the expected JSON"},
		{"POST", "/things", "application/json", ``, 400, "not the expected JSON"},
		{"POST", "/things", "text/csv", `a`, 415, ""},
		{"POST", "/things", "application/json", `{"name":"` + strings.Repeat("a", web.BodyLimit) + `"}`, 413, ""},
		{"PUT", "/things", "application/json", `{}`, 405, ""},
		{"GET", "/nothing", "", ``, 404, ""},
	} {
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.kind)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.want || !strings.Contains(w.Body.String(), c.text) {
			t.Errorf("%s %s %.40s: %d %s", c.method, c.path, c.body, w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), "abcdefg") {
			t.Errorf("the answer echoes the input: %s", w.Body)
		}
	}
}

func TestBindFault(t *testing.T) {
	w := httptest.NewRecorder()
	BindFault(w, httptest.NewRequest("GET", "/", nil), errors.New("limit is no number"))
	if w.Code != 422 || w.Header().Get("Content-Type") != problem.ContentType {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestCheckRefusesAnUnsoundDocument(t *testing.T) {
	if _, err := Check(&openapi3.T{OpenAPI: "3.0.3"}); err == nil {
		t.Error("an error was expected")
	}
}

func TestPageOfAndCut(t *testing.T) {
	if p := PageOf(nil, nil); p != (Page{Limit: 50}) {
		t.Errorf("%v", p)
	}
	after, limit := "b", 2
	p := PageOf(&after, &limit)
	itself := func(s string) string { return s }
	if list, next := Cut(p, []string{"c", "d", "e"}, itself); len(list) != 2 || next == nil || *next != "d" {
		t.Errorf("%v %v", list, next)
	}
	if list, next := Cut(p, []string{"c", "d"}, itself); len(list) != 2 || next != nil {
		t.Errorf("%v %v", list, next)
	}
}

func TestMatch(t *testing.T) {
	text := func(s string) *string { return &s }
	if version, err := Match(text(Tag(7))); version != 7 || err != nil {
		t.Errorf("%d %v", version, err)
	}
	for header, want := range map[*string]int{
		nil: 428, text(""): 428, text("7"): 412, text(`"07"`): 412, text(`W/"7"`): 412, text("*"): 412,
	} {
		_, err := Match(header)
		var p *problem.Problem
		if !errors.As(err, &p) || p.Status != want {
			t.Errorf("%v: %v, want %d", header, err, want)
		}
	}
}

func TestContentIsTheSameThoughAFieldIsAdded(t *testing.T) {
	type before struct {
		Name  string `json:"name"`
		Lines []int  `json:"lines"`
	}
	type after struct {
		Lines   []int  `json:"lines"` // elsewhere, as the generator sorts them
		Comment string `json:"comment,omitempty"`
		Name    string `json:"name"`
		Vegan   *bool  `json:"vegan,omitempty"`
	}
	key, vegan := "key-00001", true
	of := func(content any) string { return Create("/things", &key, content).Fingerprint }
	old := of(before{"a", []int{1, 2}})
	if !SameContent(old, of(after{Name: "a", Lines: []int{1, 2}})) {
		t.Error("the same content, of a type with more fields")
	}
	other := true // the same value at another address
	if !SameContent(of(after{Vegan: &vegan}), of(after{Vegan: &other})) {
		t.Error("the same content, behind another pointer")
	}
	for _, changed := range []after{
		{Name: "b", Lines: []int{1, 2}}, {Name: "a", Lines: []int{2, 1}}, {Name: "a", Lines: []int{1, 2}, Comment: "c"},
		{Name: "a", Lines: []int{1, 2}, Vegan: &vegan}, {Name: "a", Lines: []int{12}}, {Name: "a"},
	} {
		if SameContent(old, of(changed)) {
			t.Errorf("%+v is other content", changed)
		}
	}
}

// What the releases until 2026-11 have stored: the hash of how Go prints the content.
func TestContentOfAnEarlierReleaseIsKnown(t *testing.T) {
	type dish struct {
		Name string `json:"name"`
	}
	const printed = "0aa42baa04b3e8aafe2d61b3d74d68e10ff9da5baffab0a9878b8f32e0373a3c"
	key := "key-00001"
	if sent := Create("/things", &key, dish{"a"}).Fingerprint; !SameContent(printed, sent) {
		t.Errorf("%s is not known to %s", printed, sent)
	}
	if SameContent(printed, Create("/things", &key, dish{"b"}).Fingerprint) {
		t.Error("other content")
	}
	type wider struct {
		Name    string `json:"name"`
		Comment string `json:"comment,omitempty"`
	}
	if sent := Create("/things", &key, wider{Name: "a"}, dish{"a"}).Fingerprint; !SameContent(printed, sent) {
		t.Error("content of a type that has grown since, with what it was before")
	}
}

func TestWithoutAKeyNoContentIsTheSame(t *testing.T) {
	for _, pair := range [][2]string{{"", ""}, {"f", ""}, {"", "f"}, {"", "f.g"}, {"f.g", ""}, {"g", "f."}, {"", "f."}} {
		if SameContent(pair[0], pair[1]) {
			t.Errorf("%q", pair)
		}
	}
	if !SameContent("demo", "demo") || SameContent("f", "g") || !SameContent("f.g", "f.h") {
		t.Error("equal is the same")
	}
}

func TestCreate(t *testing.T) {
	key, other := "key-00001", "key-00002"
	a, b := Create("/things", &key, "content"), Create("/things", &key, "content")
	if a != b || a.Fingerprint == "" || a.ID[14] != '8' {
		t.Errorf("%v %v", a, b)
	}
	if c := Create("/things", &key, "changed"); c.ID != a.ID || c.Fingerprint == a.Fingerprint {
		t.Errorf("%v", c)
	}
	if Create("/others", &key, "content").ID == a.ID || Create("/things", &other, "content").ID == a.ID {
		t.Error("another route or key must make another thing")
	}
	if c := Create("/things", nil, "content"); c.Fingerprint != "" || c.ID[14] != '7' {
		t.Errorf("%v", c)
	}
	if Reused().Status != 409 {
		t.Error(Reused().Status)
	}
}
