package resilience

import (
	"bytes"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestProductionRefusesFaults: without the second key the process does not start.
func TestProductionRefusesFaults(t *testing.T) {
	t.Parallel()
	d := needDatabase(t)
	production := d.variables("restaurant")
	production["APP_MODE"] = "production"
	for name, value := range map[string]string{
		"FAULT_LATENCY": "200ms", "FAULT_ERROR_RATE": "0.1", "FAULT_UNREADY": "true",
		"FAULT_UNHEALTHY": "true", "FAULT_CRASH_AFTER": "30s", "FAULT_MEMORY_GROWTH": "1",
	} {
		p := launch(t, "restaurant", production, map[string]string{name: value})
		if code := p.wait(t); code != 1 || !strings.Contains(p.out.String(), "production refuses faults") {
			t.Errorf("%s: exit code %d\n%s", name, code, p.out)
		}
	}
	p := start(
		t,
		"restaurant",
		production,
		map[string]string{"FAULT_ERROR_RATE": "1", "FAULTS_IN_PRODUCTION": "rehearsal"},
	)
	if a := ask("GET", p.url+"/restaurants", ""); !a.problem(500) || !strings.Contains(a.body, "injected fault") {
		t.Errorf("the fault: %s", a)
	}
	if !strings.Contains(p.out.String(), "FAULTS ARE INJECTED") {
		t.Errorf("the log does not say so:\n%s", p.out)
	}
	if p := launch(t, "restaurant", production, map[string]string{"STORE": "memory"}); p.wait(t) != 1 {
		t.Errorf("production keeps its data in memory:\n%s", p.out)
	}
}

func TestFaultsThatProbesSee(t *testing.T) {
	t.Parallel()
	memory := map[string]string{"STORE": "memory"}
	p := start(t, "restaurant", memory, map[string]string{"FAULT_UNREADY": "true", "FAULT_UNHEALTHY": "true"})
	if ready, live := ask("GET", p.url+"/readyz", ""), ask("GET", p.url+"/livez", ""); !ready.problem(503) ||
		!live.problem(503) {
		t.Errorf("%s\n%s", ready, live)
	}
	crashing := launch(t, "restaurant", memory, map[string]string{"FAULT_CRASH_AFTER": "300ms"})
	if code := crashing.wait(t); code == 0 {
		t.Error("a crash is not a clean end")
	}
}

// scan sends what a security scanner sends, and gives the flaws that it found.
func scan(t *testing.T, address string) []string {
	t.Helper()
	found := map[string]bool{}
	get := func(path, query string) answer {
		t.Helper()
		a := ask("GET", address+path+query, "")
		if a.err != nil {
			t.Fatal(a.err)
		}
		if a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Referrer-Policy") == "" ||
			a.header.Get("Content-Security-Policy") == "" && !strings.Contains(a.header.Get("Content-Type"), "html") {
			found["missing-headers"] = true
		}
		return a
	}
	script := `<script>alert(1)</script>`
	for _, path := range []string{"/", "/restaurants", menu, "/feedback", "/version", "/flaws/greeting", "/flaws/search"} {
		for _, parameter := range []string{"name", "version", "after"} {
			if a := get(path, "?"+parameter+"="+url.QueryEscape(script)); strings.Contains(a.body, script) {
				found["reflected-input"] = true
			}
			without := func(value string) (status int, body string) { // what does not come from reflecting the value
				a := get(path, "?"+parameter+"="+url.QueryEscape(value))
				return a.status, strings.ReplaceAll(a.body, value, "")
			}
			quoted, _ := without("soup'")
			never, nothing := without("soup' AND '1'='2")
			always, all := without("soup' OR '1'='1")
			if quoted == 500 || never == 200 && always == 200 && nothing != all {
				found["injectable-query"] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// TestAReleaseHasNoSeededFlaw: neither in its binary, nor for a scanner; and what
// looks for them does find them in a build that has them.
func TestAReleaseHasNoSeededFlaw(t *testing.T) {
	t.Parallel()
	d := needDatabase(t)
	has := func(binary string) bool {
		if err := built[binary](); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(binaries, binary))
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(b, []byte("seededFlaw")) || bytes.Contains(b, []byte("-tags=seededflaws"))
	}
	for _, s := range services {
		if has(s) {
			t.Errorf("%s has seeded flaws", s)
		}
	}
	if !has("restaurant-flawed") {
		t.Error("the search does not find the flaws of a build that has them")
	}
	variables := d.variables("restaurant")
	flaws := map[string]string{"FAULT_FLAWS": "missing-headers,reflected-input,injectable-query"}
	if p := launch(t, "restaurant", variables, flaws); p.wait(t) != 1 ||
		!strings.Contains(p.out.String(), "FAULT_FLAWS") {
		t.Errorf("a release takes FAULT_FLAWS:\n%s", p.out)
	}
	if found := scan(t, start(t, "restaurant", variables).url); len(found) != 0 {
		t.Errorf("the release: %v", found)
	}
	for _, flaw := range []string{"missing-headers", "reflected-input", "injectable-query"} {
		p := start(t, "restaurant-flawed", variables, map[string]string{"FAULT_FLAWS": flaw})
		if found := scan(t, p.url); !slices.Equal(found, []string{flaw}) {
			t.Errorf("with %s the scan finds %v", flaw, found)
		}
	}
	if found := scan(t, start(t, "restaurant-flawed", variables).url); len(found) != 0 {
		t.Errorf("with no flaw on: %v", found)
	}
}

// TestStart: how long a release takes to be ready, and what it needs idle.
func TestStart(t *testing.T) {
	t.Parallel()
	d := needAll(t)
	for _, s := range services { // all are built: needAll has run them
		began := time.Now()
		p := start(t, s, d.variables(s))
		ready := time.Since(began)
		ask("GET", p.url+"/version", "")
		memory := p.figure(t, "process_resident_memory_bytes") / (1 << 20)
		b, err := os.Stat(filepath.Join(binaries, s))
		if err != nil {
			t.Fatal(err)
		}
		size := float64(b.Size()) / 1e6
		t.Logf("%s: ready after %s, %.1f MiB resident, binary %.1f MB", s, ready.Round(time.Millisecond), memory, size)
		if size > 20 || memory > 40 || memory == 0 || ready > 10*time.Second {
			t.Errorf("%s is too big or too slow", s)
		}
	}
}
