package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// HelmPush packs a chart and pushes it; returns its reference with digest.
func (m *Examples) HelmPush(ctx context.Context, chart *dagger.Directory, password *dagger.Secret) (string, error) {
	packed := dag.Helm().Package(chart, dagger.HelmPackageOpts{Version: "1.4.0"})
	return dag.Helm().WithLogin("ci", password).Push(ctx, packed, "registry.example.com/charts")
}
