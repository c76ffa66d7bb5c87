package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// SonarqubeQuality fails when the sources have a bug or a vulnerability.
func (m *Examples) SonarqubeQuality(ctx context.Context, source *dagger.Directory) (string, error) {
	opts := dagger.SonarqubeAnalyzeOpts{Conditions: []string{"bugs > 0", "vulnerabilities > 0"}}
	return dag.Sonarqube().Analyze(source, "shop", opts).Verdict(ctx)
}
