package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// HealthVersion fails unless a service answers at its port 8080 and serves the version.
func (m *Examples) HealthVersion(ctx context.Context, service *dagger.Service, sha string) (string, error) {
	opts := dagger.HealthCheckOpts{Version: sha, Service: service, ServiceName: "shop"}
	return dag.Health().Check([]string{"shop=http://shop:8080/version.json"}, opts).Verdict(ctx)
}
