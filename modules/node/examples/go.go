package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// NodeProject fails when a step of a Node project fails.
func (m *Examples) NodeProject(ctx context.Context, source *dagger.Directory) (string, error) {
	return dag.Node().
		Check(source, dagger.NodeCheckOpts{Name: "frontend", Steps: []string{"lint", "test=900"}}).
		Verdict(ctx)
}

// NodeBuild gives the build of a project with private packages.
func (m *Examples) NodeBuild(source *dagger.Directory, npmrc *dagger.Secret) *dagger.Directory {
	return dag.Node().WithPrivate(npmrc).Build(source)
}
