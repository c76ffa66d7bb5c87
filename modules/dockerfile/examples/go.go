package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// DockerfileChecked fails when an image does not build, or its tests fail.
func (m *Examples) DockerfileChecked(ctx context.Context, source *dagger.Directory) (string, error) {
	return dag.Dockerfile().
		Check(source, dagger.DockerfileCheckOpts{Steps: []string{"test", "build"}, TestStage: "test"}).
		Verdict(ctx)
}

// DockerfileImage gives an image for another platform.
func (m *Examples) DockerfileImage(source *dagger.Directory) *dagger.Container {
	return dag.Dockerfile().Build(source, dagger.DockerfileBuildOpts{Platform: "linux/arm64"})
}
