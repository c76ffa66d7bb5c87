package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// PrometheusAnalysis fails when a query exceeds its limit during one minute.
func (m *Examples) PrometheusAnalysis(ctx context.Context, service *dagger.Service) (string, error) {
	return dag.Prometheus().
		WithQuery("restarts", "sum(kube_pod_restarts_total)", "0").
		WithQuery("p95", "max(request_p95_seconds)", "0.3", dagger.PrometheusWithQueryOpts{Unit: "s"}).
		Analyze("http://prometheus:9090", dagger.PrometheusAnalyzeOpts{Service: service, Window: 60}).
		Verdict(ctx)
}
