package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// GolangModule fails when a step of a Go module fails; the tests reach a Postgres.
func (m *Examples) GolangModule(
	ctx context.Context,
	source *dagger.Directory,
	path string,
	postgres *dagger.Service,
) (string, error) {
	return dag.Golang().
		WithService("postgres", postgres).
		Check(source, dagger.GolangCheckOpts{Path: path, Steps: []string{"lint", "test=900"}}).
		Verdict(ctx)
}

// GolangFormat gives the changes that gofmt makes.
func (m *Examples) GolangFormat(source *dagger.Directory) *dagger.Changeset {
	return dag.Golang().Fix(source)
}
