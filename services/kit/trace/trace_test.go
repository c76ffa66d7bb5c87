package trace

import (
	"net/http"
	"regexp"
	"testing"
)

var traceparent = regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)

const caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestContinueKeepsTheTraceAndMakesASpan(t *testing.T) {
	ctx := Continue(t.Context(), http.Header{"Traceparent": {caller}, "Tracestate": {"a=1,b=2"}})
	if ID(ctx) != "0af7651916cd43dd8448eb211c80319c" {
		t.Errorf("%q", ID(ctx))
	}
	out := http.Header{}
	Pass(ctx, out)
	got := out.Get("Traceparent")
	if !traceparent.MatchString(got) || got == caller || got[:36] != caller[:36] || got[52:] != caller[52:] ||
		out.Get("Tracestate") != "a=1,b=2" {
		t.Errorf("%v", out)
	}
}

func TestContinueStartsATrace(t *testing.T) {
	first, second := ID(Continue(t.Context(), http.Header{})), ID(Continue(t.Context(), http.Header{}))
	if len(first) != 32 || first == second {
		t.Errorf("%q, %q", first, second)
	}
	if ID(t.Context()) != "" {
		t.Error("a trace outside of a request")
	}
	out := http.Header{}
	if Pass(t.Context(), out); len(out) != 0 {
		t.Errorf("%v", out)
	}
}

// FuzzContinue: whatever the headers hold, there is a trace, and what is passed on
// is well formed and never the caller's span.
func FuzzContinue(f *testing.F) {
	for _, seed := range []string{"", caller, "00-00000000000000000000000000000000-b7ad6b7169203331-01",
		"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
		"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		"01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
		"00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", "00-é"} {
		f.Add(seed, "a=1")
	}
	f.Add(caller, "=,=,\x00")
	f.Fuzz(func(t *testing.T, parent, state string) {
		ctx := Continue(t.Context(), http.Header{"Traceparent": {parent}, "Tracestate": {state}})
		out := http.Header{}
		Pass(ctx, out)
		got := out.Get("Traceparent")
		if !traceparent.MatchString(got) || got[3:35] != ID(ctx) || ID(ctx) == "00000000000000000000000000000000" {
			t.Errorf("%q gave %q", parent, got)
		}
		if len(parent) == 55 && got[36:52] == parent[36:52] {
			t.Errorf("the caller's span was passed on: %q", got)
		}
	})
}
