package app

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"
)

func TestRunEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	settings := map[string]string{"ADDRESS": "127.0.0.1:0", "DRAIN_DELAY": "0s", "DEMO_DATA": "true"}
	if err := Run(ctx, func(name string) string { return settings[name] }, io.Discard); err != nil {
		t.Error(err)
	}
}

func TestRunListsAllFaults(t *testing.T) {
	err := Run(t.Context(), func(string) string { return "wrong" }, io.Discard)
	if err == nil {
		t.Fatal("an error was expected")
	}
	for _, name := range []string{"APP_MODE", "APP_URL", "DEMO_DATA", "RECIPES_URL", "RECIPES_TIMEOUT"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not in:\n%s", name, err)
		}
	}
}
