package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// GitflowVersion returns the tag of the next release.
func (m *Examples) GitflowVersion(ctx context.Context, source *dagger.Directory) (string, error) {
	tags, err := dag.Gitflow().OfSource(source).Tags(ctx)
	if err != nil {
		return "", err
	}
	return dag.Gitflow().Version(ctx, "master", tags)
}
