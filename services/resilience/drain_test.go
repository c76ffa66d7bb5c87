package resilience

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// balancer is a reverse proxy that sends requests to the replicas whose /readyz
// answers 200, as a Kubernetes service does, and asks that every 100 ms.
type balancer struct {
	mu       sync.Mutex
	replicas map[string]*httputil.ReverseProxy
	ready    map[string]bool
	turn     atomic.Int64
}

func balance(t *testing.T) (*balancer, string) {
	t.Helper()
	b := &balancer{replicas: map[string]*httputil.ReverseProxy{}, ready: map[string]bool{}}
	end := make(chan struct{})
	go func() {
		probe := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
		for {
			select {
			case <-end:
				return
			case <-time.After(100 * time.Millisecond):
			}
			for _, address := range b.list(false) {
				ready := askBy(probe, "GET", address+"/readyz", "").status == 200
				b.mu.Lock()
				b.ready[address] = ready
				b.mu.Unlock()
			}
		}
	}()
	server := httptest.NewServer(b)
	t.Cleanup(func() { close(end); server.Close() })
	return b, server.URL
}

func (b *balancer) add(t *testing.T, address string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	p := httputil.NewSingleHostReverseProxy(u)
	p.Transport = &http.Transport{MaxIdleConnsPerHost: 50}
	b.mu.Lock()
	b.replicas[address] = p
	b.mu.Unlock()
	eventually(t, 5*time.Second, "the balancer sees the replica", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.ready[address]
	})
}

// list gives the addresses of all replicas, or of the ready ones.
func (b *balancer) list(onlyReady bool) (addresses []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for address := range b.replicas {
		if b.ready[address] || !onlyReady {
			addresses = append(addresses, address)
		}
	}
	return addresses
}

func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ready := b.list(true)
	if len(ready) == 0 {
		http.Error(w, "no replica is ready", http.StatusServiceUnavailable)
		return
	}
	address := ready[int(b.turn.Add(1))%len(ready)]
	b.mu.Lock()
	p := b.replicas[address]
	b.mu.Unlock()
	p.ServeHTTP(w, r)
}

// TestARollingRestartLosesNoRequest: one of two replicas is terminated and
// replaced under load, reads and writes alike.
func TestARollingRestartLosesNoRequest(t *testing.T) {
	t.Parallel()
	d := needDatabase(t)
	variables := d.variables("restaurant")
	// The balancer notices within it, however busy the machine is.
	variables["DRAIN_DELAY"] = "3s"
	first, second := start(t, "restaurant", variables), start(t, "restaurant", variables)
	b, address := balance(t)
	b.add(t, first.url)
	b.add(t, second.url)
	var answered atomic.Int64
	stop := load(10*time.Millisecond, func(n int) answer {
		defer answered.Add(1)
		if n%10 == 0 {
			return ask("POST", address+"/feedback", fmt.Sprintf(`{"text":"said %d","severity":"minor","version":"1.0"}`, n))
		}
		return ask("GET", address+"/restaurants", "")
	})
	// A share of the load each: before, while one is gone, and with the new one.
	more := func(when string) {
		t.Helper()
		enough := answered.Load() + 70
		eventually(t, patience, "requests "+when, func() bool { return answered.Load() >= enough })
	}
	more("before the restart")
	first.signal(t, syscall.SIGTERM)
	if code := first.wait(t); code != 0 {
		t.Errorf("the terminated replica's exit code is %d", code)
	}
	if got := b.list(true); len(got) != 1 {
		t.Errorf("ready while one is gone: %v", got)
	}
	more("while one is gone")
	third := start(t, "restaurant", variables)
	b.add(t, third.url)
	more("with the new replica")
	all := stop()
	failed := 0
	for n, a := range all {
		if a.err != nil || a.status != 200 && a.status != 201 {
			if failed++; failed <= 3 {
				t.Errorf("request %d of %d: %s", n, len(all), a)
			}
		}
	}
	if failed > 0 {
		t.Errorf("%d of %d requests failed", failed, len(all))
	}
	if third.figure(t, "http_requests_total{") == 0 {
		t.Error("the new replica got nothing")
	}
	t.Logf("%d requests, %d failed", len(all), failed)
}

// TestOneReplicaAloneCompletesWhatItAccepted: no balancer; what begins before the
// drain's delay is over is answered in full, though answers take longer than
// the rest of the process's life would be.
func TestOneReplicaAloneCompletesWhatItAccepted(t *testing.T) {
	t.Parallel()
	const delay, latency = time.Second, 700 * time.Millisecond
	p := start(t, "restaurant", map[string]string{"STORE": "memory", "DRAIN_DELAY": delay.String(), "FAULT_LATENCY": latency.String()})
	fresh := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	var answered atomic.Int64
	stop := load(20*time.Millisecond, func(int) answer {
		defer answered.Add(1)
		return askBy(fresh, "GET", p.url+"/restaurants", "")
	})
	time.Sleep(time.Second)
	eventually(t, patience, "the load is under way", func() bool { return answered.Load() >= 30 })
	terminated := time.Now()
	p.signal(t, syscall.SIGTERM)
	if code := p.wait(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	exited := time.Now()
	all := stop()
	before, across, failed := 0, 0, 0
	for _, a := range all {
		if a.began.After(terminated.Add(delay - 200*time.Millisecond)) {
			continue // it may have come too late to be accepted
		}
		before++
		if a.err != nil || a.status != 200 {
			if failed++; failed <= 3 {
				t.Errorf("%s before the drain's end: %s", terminated.Add(delay).Sub(a.began), a)
			}
		}
		if a.began.Add(a.took).After(terminated.Add(delay)) {
			across++
		}
	}
	if failed > 0 || before < 50 || across == 0 {
		t.Errorf("of %d requests, %d began before the drain's end, %d of these failed and %d ended after it", len(all), before, failed, across)
	}
	if exited.Sub(terminated) < delay {
		t.Errorf("it was gone after %s", exited.Sub(terminated))
	}
	if late := ask("GET", p.url+"/restaurants", ""); late.err == nil {
		t.Errorf("after its end: %s", late)
	}
}
