package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// YamllintFiles fails when a YAML file has an error.
func (m *Examples) YamllintFiles(ctx context.Context, source *dagger.Directory) (string, error) {
	return dag.Yamllint().Lint(source).Verdict(ctx)
}

// YamllintOutput gives the output of yamllint, with its warnings.
func (m *Examples) YamllintOutput(ctx context.Context, source *dagger.Directory) (string, error) {
	return dag.Yamllint().
		Lint(source, dagger.YamllintLintOpts{Timeout: 60}).
		Reports().
		File("yamllint.txt").
		Contents(ctx)
}
