package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// SeleniumUi fails when a test of a page fails in the browser.
func (m *Examples) SeleniumUi(ctx context.Context, source *dagger.Directory, service *dagger.Service) (string, error) {
	opts := dagger.SeleniumRunOpts{Service: service, ServiceName: "shop"}
	return dag.Selenium().Run(source, "http://shop:8080", opts).Verdict(ctx)
}
