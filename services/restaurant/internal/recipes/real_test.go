package recipes

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestAgainstTheRealService holds this client to the service that it will meet,
// with prices and without.
func TestAgainstTheRealService(t *testing.T) {
	id := func(n int) string { return fmt.Sprintf("00000000-0000-7000-8000-%012d", n) }
	suppliers := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		items := []map[string]any{}
		for _, ingredient := range r.URL.Query()["ingredient"] {
			items = append(
				items,
				map[string]any{
					"id":         ingredient,
					"supplierId": id(101),
					"name":       "x",
					"unit":       "g",
					"packSize":   100,
					"priceMinor": 100,
					"available":  ingredient != id(204),
				},
			)
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{"items": items, "unknown": []string{}})
	}))
	t.Cleanup(suppliers.Close) // after the service, which keeps connections to it
	costs := list(
		t,
		start(t, "../../../recipes", "STORE=memory", "DEMO_DATA=true", "SUPPLIERS_URL="+suppliers.URL),
		5*time.Second,
	)
	wanted := []string{id(301), id(999)}
	for n := range 100 { // more than one call may ask for
		wanted = append(wanted, id(1000+n))
	}
	wanted = append(wanted, id(302))
	got, degraded, err := costs.Costs(t.Context(), wanted)
	if err != nil || degraded {
		t.Fatalf("degraded %t: %v", degraded, err)
	}
	pizza, soup := got[id(301)], got[id(302)]
	if len(got) != 2 || *pizza.PortionMinor != 403 || len(pizza.Unavailable) != 1 || pizza.Unavailable[0] != id(204) ||
		*soup.PortionMinor != 283 ||
		len(soup.Unavailable) != 0 {
		t.Errorf("%+v", got)
	}
	if _, _, err := costs.Costs(t.Context(), []string{"not an identifier"}); err == nil {
		t.Error("a refusal was expected")
	}

	costs = list(
		t,
		start(t, "../../../recipes", "STORE=memory", "DEMO_DATA=true", "SUPPLIERS_URL=http://127.0.0.1:1"),
		5*time.Second,
	)
	got, degraded, err = costs.Costs(t.Context(), []string{id(301)})
	if err != nil || !degraded || len(got) != 1 || got[id(301)].PortionMinor != nil {
		t.Errorf("%+v degraded %t: %v", got, degraded, err)
	}
}

// start builds the service whose module is at folder, runs it with the variables
// until the test ends, and gives its address once it is ready.
func start(t *testing.T, folder string, variables ...string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "service")
	// With the flags that the pipeline uses: what is asked is what is delivered.
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, ".")
	build.Dir = folder
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s (it is an input of this test): %v\n%s", folder, err, out)
	}
	service := exec.Command(program)
	service.Env = append([]string{"ADDRESS=127.0.0.1:0", "METRICS_ADDRESS=127.0.0.1:0", "DRAIN_DELAY=0s"}, variables...)
	service.Stderr = os.Stderr
	log, err := service.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := service.Start(); err != nil {
		t.Fatal(err)
	}
	ready, ended := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(log); lines.Scan(); {
			var line struct{ Msg, Address string }
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "ready" {
				ready <- line.Address
			}
		}
	}()
	t.Cleanup(func() {
		service.Process.Signal(syscall.SIGTERM)
		<-ended
		if err := service.Wait(); err != nil {
			t.Errorf("%s: %v", folder, err)
		}
	})
	select {
	case address := <-ready:
		return "http://" + address
	case <-ended:
	case <-time.After(20 * time.Second):
	}
	t.Fatalf("%s did not become ready", folder)
	return ""
}
