package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// JmeterLoad fails when the 95th percentile is above 300 ms or a sample failed.
func (m *Examples) JmeterLoad(ctx context.Context, plan *dagger.File, service *dagger.Service) (string, error) {
	opts := dagger.JmeterRunOpts{Service: service, ServiceName: "shop", Properties: []string{"users=20"}, MaxP95: 300}
	return dag.Jmeter().Run(plan, "http://shop:8080", opts).Verdict(ctx)
}
