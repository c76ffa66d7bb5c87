package env

import (
	"strings"
	"testing"
	"time"
)

// FuzzValues: whatever stands in a variable, what is given lies within the bounds,
// or there is a fault; a secret is never part of the message.
func FuzzValues(f *testing.F) {
	for _, seed := range []string{
		"", "5", "-1", "1e3", "NaN", "Inf", "5s", "250ms", "true", "http://host/", "redis://host",
		"a, b,,c", "\x00", "９",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		r := New(func(name string) string {
			if name == "V_FILE" {
				return ""
			}
			return value
		})
		if n := r.Int("V", 3, 1, 10); n < 1 || n > 10 {
			t.Errorf("Int(%q) = %d", value, n)
		}
		if n := r.Float("V", 0.5, 0, 1); !(n >= 0 && n <= 1) {
			t.Errorf("Float(%q) = %v", value, n)
		}
		if d := r.Duration("V", time.Second, time.Millisecond, time.Minute); d < time.Millisecond || d > time.Minute {
			t.Errorf("Duration(%q) = %s", value, d)
		}
		if u := r.URL("V", "http://x"); u != "" && !strings.HasPrefix(strings.ToLower(u), "http") {
			t.Errorf("URL(%q) = %q", value, u)
		}
		for _, one := range r.List("V", "a", "b") {
			if one != "a" && one != "b" {
				t.Errorf("List(%q) has %q", value, one)
			}
		}
		if one := r.OneOf("V", "a", "a", "b"); one != "a" && one != "b" {
			t.Errorf("OneOf(%q) = %q", value, one)
		}
		r.Bool("V", false)
		s := New(func(name string) string { return value })
		if got := s.Secret("V"); got != "" && got != value {
			t.Errorf("Secret(%q) = %q", value, got)
		}
		if value != "" && s.Err() == nil {
			t.Error("a value and a file together were taken")
		}
	})
}

func TestFloatAndList(t *testing.T) {
	read := func(value string) *Reader { return New(func(string) string { return value }) }
	if r := read("0.25"); r.Float("V", 1, 0, 1) != 0.25 || r.Err() != nil {
		t.Error(r.Err())
	}
	for _, wrong := range []string{"much", "2", "NaN", "-0.1"} {
		if r := read(wrong); r.Float("V", 1, 0, 1) != 1 || r.Err() == nil {
			t.Errorf("%q was taken", wrong)
		}
	}
	if r := read(" a,b, ,a"); strings.Join(r.List("V", "a", "b"), "") != "aba" || r.Err() != nil {
		t.Error(r.Err())
	}
	if r := read("a,c"); len(r.List("V", "a", "b")) != 1 || r.Err() == nil {
		t.Error("an unknown part was taken")
	}
}
