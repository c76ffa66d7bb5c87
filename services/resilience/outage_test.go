package resilience

import (
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// bound is the longest that an answer may take while something is away: what the
// services promise is 3 s, the rest is for a busy machine. What waits for the end
// of an outage must take longer.
const bound = 5 * time.Second

const menu = "/menus/00000000-0000-7000-8000-000000000501"

// stack starts the three services, each asking the next, with the variables.
func stack(t *testing.T, variables map[string]string) (suppliers, recipes, restaurant *process) {
	t.Helper()
	d := needAll(t)
	suppliers = start(t, "suppliers", d.variables("suppliers"), variables)
	recipes = start(t, "recipes", d.variables("recipes"), map[string]string{"SUPPLIERS_URL": suppliers.url}, variables)
	restaurant = start(
		t,
		"restaurant",
		d.variables("restaurant"),
		map[string]string{"RECIPES_URL": recipes.url},
		variables,
	)
	return suppliers, recipes, restaurant
}

// degraded tells what a menu's answer says about itself; anything but a menu is an error.
func degraded(t *testing.T, a answer) bool {
	t.Helper()
	var m struct {
		Degraded *bool
		Dishes   []any
	}
	if a.err != nil || a.status != 200 || json.Unmarshal([]byte(a.body), &m) != nil || m.Degraded == nil ||
		len(m.Dishes) == 0 {
		t.Errorf("a menu was expected: %s", a)
		return false
	}
	return *m.Degraded
}

// TestPostgresCutOffForTenSeconds: connections are refused for 3 s and then lead
// nowhere for 7 s, under load. Every answer is a problem detail in time, the
// service stays alive, and recovers by itself.
func TestPostgresCutOffForTenSeconds(t *testing.T) {
	t.Parallel()
	d := needDatabase(t)
	proxy := newProxy(t, d.address())
	variables := d.variables("restaurant")
	variables["DB_HOST"], variables["DB_PORT"], _ = net.SplitHostPort(proxy.address())
	p := start(t, "restaurant", variables)
	stop := load(20*time.Millisecond, func(n int) answer {
		if n%10 == 0 {
			return ask("POST", p.url+"/feedback", `{"text":"said","severity":"minor","version":"1.0"}`)
		}
		return ask("GET", p.url+"/restaurants", "")
	})
	time.Sleep(500 * time.Millisecond)
	cut := time.Now()
	proxy.sever()
	time.Sleep(3 * time.Second)
	if live := ask("GET", p.url+"/livez", ""); live.status != 200 {
		t.Errorf("a restart would not help, yet /livez says %s", live)
	}
	proxy.stall()
	time.Sleep(7 * time.Second)
	restored := time.Now()
	proxy.restore()
	eventually(
		t,
		6*time.Second,
		"the service answers again",
		func() bool { return ask("GET", p.url+"/restaurants", "").status == 200 },
	)
	recovered := time.Now()
	time.Sleep(time.Second)
	all := stop()
	during, after, longest := 0, 0, time.Duration(0)
	faults := 0
	fault := func(what string, a answer) {
		if faults++; faults <= 5 {
			t.Errorf("%s, begun %s after the cut: %s", what, a.began.Sub(cut), a)
		}
	}
	for _, a := range all {
		ended := a.began.Add(a.took)
		longest = max(longest, a.took)
		good := a.err == nil && (a.status == 200 || a.status == 201)
		switch {
		case a.err != nil || a.took > bound:
			fault("no answer in time", a)
		case ended.Before(cut):
			if !good {
				fault("before the cut", a)
			}
		case a.began.After(cut) && ended.Before(restored):
			during++
			if !a.problem(503) || a.header.Get("Retry-After") == "" {
				fault("during the cut", a)
			}
		case a.began.After(recovered.Add(300 * time.Millisecond)):
			after++
			if !good {
				fault("after the recovery", a)
			}
		default: // across an edge: it may have gone either way
			if !good && !a.problem(503) {
				fault("at an edge", a)
			}
		}
	}
	if faults > 0 || during < 200 || after < 10 {
		t.Errorf("%d faults in %d requests, %d during the cut, %d after the recovery", faults, len(all), during, after)
	}
	if p.ended() {
		t.Error("the process ended")
	}
	t.Logf(
		"%d requests, %d during the cut; the longest took %s; recovered after %s",
		len(all),
		during,
		longest.Round(time.Millisecond),
		recovered.Sub(restored).Round(time.Millisecond),
	)
}

// TestRedisStopped: answers go on, whole and soon, and the cache is used again when it is back.
func TestRedisStopped(t *testing.T) {
	t.Parallel()
	proxy := newProxy(t, needRedis(t))
	_, recipes, restaurant := stack(t, map[string]string{"REDIS_URL": "redis://" + proxy.address() + "/0"})
	check := func(when string) {
		t.Helper()
		var answered atomic.Int64
		stop := load(20*time.Millisecond, func(int) answer {
			defer answered.Add(1)
			return ask("GET", restaurant.url+menu, "")
		})
		eventually(t, patience, "requests "+when, func() bool { return answered.Load() >= 60 })
		all := stop()
		for _, a := range all {
			if degraded(t, a) || a.took > 2*time.Second {
				t.Errorf("%s: %s", when, a)
			}
		}
	}
	cached := func() bool {
		before := restaurant.hits(t)
		ask("GET", restaurant.url+menu, "")
		return restaurant.hits(t) > before
	}
	eventually(t, 5*time.Second, "costs come from the cache", cached)
	check("with Redis")
	proxy.sever()
	check("without Redis")
	if cached() {
		t.Error("without Redis, costs come from the cache")
	}
	proxy.restore()
	eventually(t, 10*time.Second, "costs come from the cache again", cached)
	for _, p := range []*process{recipes, restaurant} {
		if n := strings.Count(p.out.String(), `"level":"WARN"`); n > 1 {
			t.Errorf("%s warned %d times", p.name, n)
		}
	}
	if !strings.Contains(restaurant.out.String(), "Redis does not answer") {
		t.Error("nobody was told of the outage")
	}
}

// hits is how many values the process took from its cache.
func (p *process) hits(t *testing.T) float64 {
	t.Helper()
	a := ask("GET", p.metrics+"/metrics", "")
	if a.status != 200 {
		t.Fatal(a)
	}
	sum := 0.0
	for line := range strings.Lines(a.body) {
		if strings.HasPrefix(line, "cache_requests_total{") && strings.Contains(line, `result="hit"`) {
			var n float64
			if json.Unmarshal([]byte(line[strings.LastIndexByte(line, ' ')+1:]), &n) != nil {
				t.Fatal(line)
			}
			sum += n
		}
	}
	return sum
}

// TestSuppliersAway: suppliers freezes, and is killed; menus say that they are
// degraded, in time and soon at once, and are whole again when it is back.
func TestSuppliersAway(t *testing.T) {
	t.Parallel()
	suppliers, recipes, restaurant := stack(t, map[string]string{"REDIS_URL": ""})
	state := `circuit_breaker_state{target="suppliers"`
	whole := func() bool { return !degraded(t, ask("GET", restaurant.url+menu, "")) }
	if !whole() {
		t.Fatal("degraded from the start")
	}
	away := func(when string) {
		t.Helper()
		for n := range 8 {
			a := ask("GET", restaurant.url+menu, "")
			if !degraded(t, a) {
				t.Errorf("%s: it is not degraded: %s", when, a)
			}
			if a.took > bound {
				t.Errorf("%s, request %d: %s", when, n, a)
			}
		}
		if got := recipes.figure(t, state); got == 0 {
			t.Errorf("%s: the breaker is closed", when)
		}
		if a := ask("GET", restaurant.url+menu, ""); a.took > 2*time.Second {
			t.Errorf("%s, with the breaker open: %s", when, a)
		}
	}
	suppliers.freeze(t)
	away("frozen")
	suppliers.signal(t, syscall.SIGCONT)
	eventually(t, 10*time.Second, "menus are whole after suppliers woke up", whole)
	if got := recipes.figure(t, state); got != 0 {
		t.Errorf("the breaker's state is %v", got)
	}
	suppliers.signal(t, syscall.SIGKILL)
	suppliers.wait(t)
	away("killed")
	again := start(
		t,
		"suppliers",
		suppliers.set,
		map[string]string{"ADDRESS": strings.TrimPrefix(suppliers.url, "http://")},
	)
	eventually(t, 10*time.Second, "menus are whole after suppliers came back", whole)
	if again.figure(t, "http_requests_total{") == 0 {
		t.Error("the new suppliers was not asked")
	}
	if recipes.ended() || restaurant.ended() {
		t.Error("a service ended")
	}
}

// TestAServiceStartsBeforeItsDatabase: it is alive, not ready, and becomes ready
// by itself.
func TestAServiceStartsBeforeItsDatabase(t *testing.T) {
	t.Parallel()
	d := needDatabase(t)
	proxy := newProxy(t, d.address())
	proxy.sever()
	variables := d.variables("restaurant")
	variables["DB_HOST"], variables["DB_PORT"], _ = net.SplitHostPort(proxy.address())
	listener, err := net.Listen("tcp", "127.0.0.1:0") // a port that is free
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	p := launch(t, "restaurant", variables, map[string]string{"ADDRESS": address})
	eventually(
		t,
		5*time.Second,
		"it is alive",
		func() bool { return ask("GET", "http://"+address+"/livez", "").status == http.StatusOK },
	)
	if a := ask("GET", "http://"+address+"/readyz", ""); !a.problem(503) {
		t.Errorf("ready without a database: %s", a)
	}
	proxy.restore()
	eventually(
		t,
		10*time.Second,
		"it is ready",
		func() bool { return ask("GET", "http://"+address+"/readyz", "").status == http.StatusOK },
	)
	if p.ended() {
		t.Error("it ended")
	}
}
