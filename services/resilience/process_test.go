package resilience

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a running service.
type process struct {
	name    string
	url     string            // "http://host:port"
	metrics string            // the same of its figures
	set     map[string]string // its variables
	command *exec.Cmd
	out     *output
	exited  chan struct{} // closed when it has ended; then command.ProcessState says how
}

// output is what a process wrote; it may be written and read at once.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// lines gives the complete lines of JSON; others are left out.
func (o *output) lines() []map[string]any {
	var list []map[string]any
	for line := range strings.Lines(o.String()) {
		var m map[string]any
		if strings.HasSuffix(line, "\n") && json.Unmarshal([]byte(line), &m) == nil {
			list = append(list, m)
		}
	}
	return list
}

func environment(variables map[string]string) []string {
	list := []string{"PATH=" + os.Getenv("PATH")} // nothing else of the test's own, no secret least of all
	for name, value := range variables {
		list = append(list, name+"="+value)
	}
	return list
}

// launch starts a binary on free ports with the variables, and ends it with the test.
func launch(t *testing.T, binary string, variables ...map[string]string) *process {
	t.Helper()
	all := map[string]string{
		"APP_MODE":        "qa",
		"ADDRESS":         "127.0.0.1:0",
		"METRICS_ADDRESS": "127.0.0.1:0",
		"DRAIN_DELAY":     "0s",
		"DEMO_DATA":       "true",
	}
	for _, v := range variables {
		maps.Copy(all, v)
	}
	if err := built[binary](); err != nil {
		t.Fatal(err)
	}
	p := &process{name: binary, set: all, out: &output{}, exited: make(chan struct{})}
	p.command = exec.Command(filepath.Join(binaries, binary))
	p.command.Env = environment(all)
	p.command.Stdout, p.command.Stderr = p.out, p.out
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.command.Wait(); close(p.exited) }()
	t.Cleanup(func() {
		p.command.Process.Signal(syscall.SIGCONT)
		p.command.Process.Kill()
		<-p.exited
		if t.Failed() {
			// Not with Logf: a line with a place reads as the failure.
			fmt.Fprintf(t.Output(), "%s said last:\n%s\n", binary, tail(p.out.String(), 3000))
		}
	})
	return p
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

// start launches a service and waits until it says that it is ready.
func start(t *testing.T, binary string, variables ...map[string]string) *process {
	t.Helper()
	p := launch(t, binary, variables...)
	eventually(t, 15*time.Second, binary+" is ready", func() bool {
		for _, line := range p.out.lines() {
			if a, ok := line["metrics_address"].(string); ok {
				p.metrics = "http://" + a
			}
			if a, ok := line["address"].(string); ok && line["msg"] == "ready" {
				p.url = "http://" + a
			}
		}
		return p.url != "" || p.ended()
	})
	if p.ended() {
		t.Fatalf("%s ended: %s\n%s", binary, p.command.ProcessState, p.out)
	}
	return p
}

func (p *process) ended() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// signal sends a signal to the process.
func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.command.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// freeze stops the process, and waits until it stands: its threads may answer a last
// request after the signal was sent.
func (p *process) freeze(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGSTOP)
	eventually(t, patience, p.name+" stands still", func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.command.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		// The state comes after the name in brackets.
		_, rest, _ := strings.Cut(string(stat), ") ")
		return strings.HasPrefix(rest, "T")
	})
}

// wait waits for the end of the process and gives its exit code.
func (p *process) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-p.exited:
	case <-time.After(30 * time.Second):
		t.Fatalf("%s does not end", p.name)
	}
	return p.command.ProcessState.ExitCode()
}

// figure sums the samples of the process's metrics that begin with prefix.
func (p *process) figure(t *testing.T, prefix string) float64 {
	t.Helper()
	a := ask("GET", p.metrics+"/metrics", "")
	if a.err != nil || a.status != 200 {
		t.Fatalf("metrics of %s: %d %v", p.name, a.status, a.err)
	}
	sum, found := 0.0, false
	for line := range strings.Lines(a.body) {
		if strings.HasPrefix(line, prefix) {
			n, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:len(line)-1], 64)
			if err != nil {
				t.Fatal(err)
			}
			sum, found = sum+n, true
		}
	}
	if !found {
		t.Logf("%s has no figure %s yet", p.name, prefix)
	}
	return sum
}

// eventually waits until condition holds; what says it for the report.
func eventually(t *testing.T, limit time.Duration, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

// answer is what came of a request.
type answer struct {
	began  time.Time
	took   time.Duration
	err    error // no answer
	status int
	header http.Header
	body   string
}

func (a answer) String() string {
	return fmt.Sprintf("%d %v after %s: %.200s", a.status, a.err, a.took, a.body)
}

// problem tells whether the answer is a problem detail with the status.
func (a answer) problem(status int) bool {
	var p struct{ Status int }
	return a.status == status && a.header.Get("Content-Type") == "application/problem+json" &&
		json.Unmarshal([]byte(a.body), &p) == nil &&
		p.Status == status
}

// patience is longer than any answer may take; an answer that hits it hung.
const patience = 15 * time.Second

var caller = &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 200}}

func ask(method, url, body string, headers ...string) answer {
	return askBy(caller, method, url, body, headers...)
}

func askBy(c *http.Client, method, url, body string, headers ...string) (a answer) {
	a.began = time.Now()
	defer func() { a.took = time.Since(a.began) }()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for n := 0; n < len(headers); n += 2 {
		r.Header.Set(headers[n], headers[n+1])
	}
	got, err := c.Do(r)
	if err != nil {
		a.err = err
		return a
	}
	defer got.Body.Close()
	b, err := io.ReadAll(got.Body)
	a.status, a.header, a.body, a.err = got.StatusCode, got.Header, string(b), err
	return a
}

// load asks again and again, every pause, whether or not the answers before have
// come; the returned function ends it and gives all answers.
func load(pause time.Duration, ask func(n int) answer) (stop func() []answer) {
	var mu sync.Mutex
	var all []answer
	var open sync.WaitGroup
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(pause)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-end:
				return
			case <-tick.C:
			}
			open.Go(func() {
				a := ask(n)
				mu.Lock()
				all = append(all, a)
				mu.Unlock()
			})
		}
	}()
	return func() []answer {
		close(end)
		<-ended
		open.Wait()
		return all
	}
}
