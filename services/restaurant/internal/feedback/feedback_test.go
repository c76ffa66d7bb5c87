package feedback

import (
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	good := Feedback{Text: "The total\nis wrong", Severity: "major", Status: Open, Version: "1.2.3-rc.1+abc_d"}
	if faults := good.Check(); len(faults) != 0 {
		t.Errorf("%v", faults)
	}
	long := good
	long.Text = strings.Repeat("ü", 2000) // characters, not bytes
	if faults := long.Check(); len(faults) != 0 {
		t.Errorf("%v", faults)
	}
	cases := []struct {
		field string
		spoil func(*Feedback)
	}{
		{"text", func(f *Feedback) { f.Text = " \n" }},
		{"text", func(f *Feedback) { f.Text = strings.Repeat("a", 2001) }},
		{"text", func(f *Feedback) { f.Text = "a\x00b" }},
		{"severity", func(f *Feedback) { f.Severity = "bad" }},
		{"status", func(f *Feedback) { f.Status = "" }},
		{"version", func(f *Feedback) { f.Version = "1.0 beta" }},
		{"version", func(f *Feedback) { f.Version = strings.Repeat("1", 65) }},
	}
	for _, c := range cases {
		bad := good
		c.spoil(&bad)
		if faults := bad.Check(); len(faults) != 1 || faults[0].Field != c.field {
			t.Errorf("%s: %v", c.field, faults)
		}
	}
}
