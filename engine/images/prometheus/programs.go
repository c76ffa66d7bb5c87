//go:build programs

// Package prometheus names the programs that are built from this module's graph, so that go.mod and go.sum have what they need.
package prometheus

import (
	_ "github.com/prometheus/prometheus/cmd/prometheus"
	_ "github.com/prometheus/prometheus/cmd/promtool"
)
