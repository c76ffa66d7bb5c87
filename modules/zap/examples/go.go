package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// ZapScan fails when a scan of a service has a high or medium finding.
func (m *Examples) ZapScan(ctx context.Context, service *dagger.Service) (string, error) {
	opts := dagger.ZapScanOpts{Service: service, ServiceName: "shop", MinRules: 50}
	return dag.Zap().Scan("http://shop:8080/", opts).Verdict(ctx)
}
