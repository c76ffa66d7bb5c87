package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// SonarjsSources fails when sources have a security flaw.
func (m *Examples) SonarjsSources(ctx context.Context, source *dagger.Directory) (string, error) {
	return dag.Sonarjs().Scan(source, dagger.SonarjsScanOpts{Timeout: 300}).Verdict(ctx)
}

// SonarjsLog gives the SARIF log of sources, also when they have findings.
func (m *Examples) SonarjsLog(source *dagger.Directory) *dagger.File {
	return dag.Sonarjs().Scan(source).Reports().File("sonarjs.sarif")
}
