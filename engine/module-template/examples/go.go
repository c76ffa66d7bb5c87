package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// SampleLint fails when a file holds a merge conflict marker.
func (m *Examples) SampleLint(ctx context.Context, source *dagger.Directory) (string, error) {
	return dag.Sample().Lint(source).Verdict(ctx)
}
