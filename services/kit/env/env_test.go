package env

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func from(m map[string]string) *Reader {
	return New(func(name string) string { return m[name] })
}

func TestValuesAndFallbacks(t *testing.T) {
	r := from(map[string]string{"S": "s", "I": "7", "B": "true", "D": "2s", "U": "http://suppliers:8080/", "M": "qa"})
	if got := r.String("S", "x"); got != "s" {
		t.Errorf("String: %q", got)
	}
	if got := r.String("NONE", "x"); got != "x" {
		t.Errorf("String fallback: %q", got)
	}
	if got := r.Required("S"); got != "s" {
		t.Errorf("Required: %q", got)
	}
	if got := r.Int("I", 1, 0, 9); got != 7 {
		t.Errorf("Int: %d", got)
	}
	if got := r.Int("NONE", 1, 0, 9); got != 1 {
		t.Errorf("Int fallback: %d", got)
	}
	if got := r.Bool("B", false); !got {
		t.Error("Bool: false")
	}
	if got := r.Bool("NONE", true); !got {
		t.Error("Bool fallback: false")
	}
	if got := r.Duration("D", time.Second, 0, time.Minute); got != 2*time.Second {
		t.Errorf("Duration: %s", got)
	}
	if got := r.Duration("NONE", time.Second, 0, time.Minute); got != time.Second {
		t.Errorf("Duration fallback: %s", got)
	}
	if got := r.URL("U", ""); got != "http://suppliers:8080" {
		t.Errorf("URL: %q", got)
	}
	if got := r.OneOf("M", "production", "qa", "production"); got != "qa" {
		t.Errorf("OneOf: %q", got)
	}
	if err := r.Err(); err != nil {
		t.Errorf("no fault was expected: %v", err)
	}
}

func TestAllFaultsAreListedAtOnce(t *testing.T) {
	r := from(map[string]string{"I": "seven", "J": "70", "B": "perhaps", "D": "2", "E": "2h", "U": "suppliers", "M": "beta"})
	r.Required("R")
	r.Int("I", 1, 0, 9)
	r.Int("J", 1, 0, 9)
	r.Bool("B", false)
	r.Duration("D", time.Second, 0, time.Minute)
	r.Duration("E", time.Second, 0, time.Minute)
	r.URL("U", "")
	r.URL("V", "")
	r.OneOf("M", "qa", "qa", "production")
	err := r.Err()
	if err == nil {
		t.Fatal("faults were expected")
	}
	for _, name := range []string{"R: is required", "I: ", "J: ", "B: ", "D: ", "E: ", "U: ", "V: is required", "M: "} {
		if !strings.Contains(err.Error(), "\n  "+name) {
			t.Errorf("%q is not listed in:\n%s", name, err)
		}
	}
}

func TestSecret(t *testing.T) {
	file := filepath.Join(t.TempDir(), "value")
	if err := os.WriteFile(file, []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := from(map[string]string{"A": "plain", "B_FILE": file, "C": "hidden", "C_FILE": file, "D_FILE": file + ".missing"})
	if got := r.Secret("A"); got != "plain" {
		t.Errorf("plain: %q", got)
	}
	if got := r.Secret("B"); got != "from a file" {
		t.Errorf("file: %q", got)
	}
	if got := r.Secret("NONE"); got != "" {
		t.Errorf("unset: %q", got)
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	r.Secret("C")
	r.Secret("D")
	err := r.Err()
	if err == nil || !strings.Contains(err.Error(), "C: ") || !strings.Contains(err.Error(), "D_FILE: ") {
		t.Errorf("both faults were expected: %v", err)
	}
	if strings.Contains(err.Error(), "hidden") {
		t.Error("the message shows the secret")
	}
}
