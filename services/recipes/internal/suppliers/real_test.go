package suppliers

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"delivery.example/recipes/internal/cook"
)

// TestAgainstTheRealService holds this client to the service that it will meet.
func TestAgainstTheRealService(t *testing.T) {
	prices := list(t, start(t, "../../../suppliers", "STORE=memory", "DEMO_DATA=true"), 5*time.Second)
	id := func(n int) string { return fmt.Sprintf("00000000-0000-7000-8000-%012d", n) }
	wanted := []string{id(204), id(999)}
	for n := range 200 { // more than one call may ask for
		wanted = append(wanted, id(1000+n))
	}
	wanted = append(wanted, id(201))
	got, err := prices.Prices(t.Context(), wanted)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[id(201)] != (cook.Price{PackSize: 1000, PriceMinor: 119, Available: true}) ||
		got[id(204)] != (cook.Price{PackSize: 30, PriceMinor: 149}) {
		t.Errorf("%v", got)
	}
	if _, err := prices.Prices(t.Context(), []string{"not an identifier"}); err == nil {
		t.Error("a refusal was expected")
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
