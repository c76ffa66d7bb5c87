package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// WapitiScan fails when a scan of a service has a high finding, or more than two medium ones.
func (m *Examples) WapitiScan(ctx context.Context, service *dagger.Service) (string, error) {
	opts := dagger.WapitiScanOpts{Service: service, ServiceName: "shop", MaxMedium: 2}
	return dag.Wapiti().Scan("http://shop:8080/", opts).Verdict(ctx)
}
