package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// GolangciLintModules fails when golangci-lint has a finding in a Go module.
func (m *Examples) GolangciLintModules(ctx context.Context, source *dagger.Directory, paths []string) (string, error) {
	return dag.GolangciLint().
		Lint(source, dagger.GolangciLintLintOpts{Paths: paths, Timeout: 300}).
		Verdict(ctx)
}

// GolangciLintFindings gives the number of findings in a Go module.
func (m *Examples) GolangciLintFindings(ctx context.Context, source *dagger.Directory) (float64, error) {
	return dag.GolangciLint().Lint(source).Value(ctx)
}
