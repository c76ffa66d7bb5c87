package resilience

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestOneRequestCanBeFollowed: it is one line of JSON in each service's log, with
// the same request id and trace.
func TestOneRequestCanBeFollowed(t *testing.T) {
	t.Parallel()
	suppliers, recipes, restaurant := stack(t, nil)
	const trace = "0af7651916cd43dd8448eb211c80319c"
	a := ask(
		"GET",
		restaurant.url+menu,
		"",
		"X-Request-Id",
		"follow-me",
		"Traceparent",
		"00-"+trace+"-b7ad6b7169203331-01",
		"Cache-Control",
		"no-cache",
	)
	if degraded(t, a) || a.header.Get("X-Request-Id") != "follow-me" || a.header.Get("Traceparent") != "" {
		t.Errorf("%s %v", a, a.header)
	}
	routes := map[string]bool{}
	for _, p := range []*process{suppliers, recipes, restaurant} {
		eventually(
			t,
			5*time.Second,
			p.name+" logs the request",
			func() bool { return strings.Contains(p.out.String(), "follow-me") },
		)
		time.Sleep(50 * time.Millisecond)
		if n := strings.Count(p.out.String(), "follow-me"); n != 1 {
			t.Errorf("%s has %d lines of the request", p.name, n)
		}
		for line := range strings.Lines(p.out.String()) {
			var m map[string]any
			if err := json.Unmarshal([]byte(line), &m); err != nil {
				t.Errorf("%s: not JSON: %s", p.name, line)
				continue
			}
			if m["service"] != p.name || m["time"] == nil || m["level"] == nil {
				t.Errorf("%s: %s", p.name, line)
			}
			if m["request_id"] == "follow-me" {
				if m["trace_id"] != trace || m["status"] != 200.0 {
					t.Errorf("%s: %s", p.name, line)
				}
				routes[m["route"].(string)] = true
			}
		}
	}
	if len(routes) != 3 {
		t.Errorf("%v", routes)
	}
	begun := ask("GET", restaurant.url+"/restaurants", "").header.Get("X-Request-Id")
	if len(begun) != 36 {
		t.Errorf("a request without an id got %q", begun)
	}
}

// TestNoSecretIsPrinted: neither a right password nor a wrong one, whatever fails.
func TestNoSecretIsPrinted(t *testing.T) {
	t.Parallel()
	d := needDatabase(t)
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(d.password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const redis = "canary-of-redis"
	fromFile := d.variables("restaurant")
	delete(fromFile, "DB_PASSWORD")
	fromFile["DB_PASSWORD_FILE"], fromFile["REDIS_URL"] = file, "redis://:"+redis+"@127.0.0.1:1/0"
	right := start(t, "restaurant", fromFile)
	for range 4 {
		if a := ask("GET", right.url+menu, "", "Authorization", "Bearer canary-of-the-caller"); a.status != 200 {
			t.Errorf("%s", a)
		}
	}
	wrong := d.variables("restaurant")
	wrong["DB_PASSWORD"], wrong["DEMO_DATA"] = "canary-that-is-wrong", "false"
	refused := launch(t, "restaurant", wrong, map[string]string{"ADDRESS": "127.0.0.1:0"})
	migrating := launch(t, "restaurant", wrong, map[string]string{"DB_PORT": "canary-that-is-no-port"})
	if code := migrating.wait(t); code != 1 {
		t.Errorf("exit code %d", code)
	}
	both := launch(
		t,
		"restaurant",
		d.variables("restaurant"),
		map[string]string{"DB_PASSWORD_FILE": file, "REDIS_URL": "http://" + redis},
	)
	if code := both.wait(t); code != 1 {
		t.Errorf("exit code %d", code)
	}
	eventually(t, 10*time.Second, "the refused service says why it is not ready", func() bool {
		return strings.Contains(refused.out.String(), "waiting for the schema") &&
			strings.Contains(refused.out.String(), "password authentication failed")
	})
	for _, p := range []*process{right, refused, both} {
		for _, secret := range []string{d.password, redis, "canary-that-is-wrong", "canary-of-the-caller"} {
			if strings.Contains(p.out.String(), secret) {
				t.Errorf("%s is in the output:\n%s", secret, p.out)
			}
		}
	}
	right.signal(t, 15)
	right.wait(t)
	if strings.Contains(right.out.String(), d.password) {
		t.Error("the password is in the output of the end")
	}
}
