package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// NewmanApi fails when an assertion of a collection fails.
func (m *Examples) NewmanApi(ctx context.Context, collection *dagger.File, service *dagger.Service) (string, error) {
	opts := dagger.NewmanRunOpts{Service: service, ServiceName: "shop"}
	return dag.Newman().Run(collection, "http://shop:8080", opts).Verdict(ctx)
}
