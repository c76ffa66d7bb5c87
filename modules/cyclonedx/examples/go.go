package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// CyclonedxBom gives the SBOM of several folders as one.
func (m *Examples) CyclonedxBom(source *dagger.Directory, paths []string) *dagger.File {
	return dag.Cyclonedx().
		Sbom(source, dagger.CyclonedxSbomOpts{Paths: paths}).
		Reports().
		File("sbom.cdx.json")
}

// CyclonedxChanges gives the dependencies that changed since another state of the source.
func (m *Examples) CyclonedxChanges(
	ctx context.Context,
	source *dagger.Directory,
	before *dagger.Directory,
) (string, error) {
	return dag.Cyclonedx().
		Sbom(source, dagger.CyclonedxSbomOpts{Before: before}).
		Reports().
		File("diff.txt").
		Contents(ctx)
}
