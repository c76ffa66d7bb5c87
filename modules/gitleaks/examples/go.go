package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// GitleaksNoSecrets fails when the history or the files of a repository hold a secret.
func (m *Examples) GitleaksNoSecrets(ctx context.Context, source *dagger.Directory) (string, error) {
	return dag.Gitleaks().Scan(source).Verdict(ctx)
}

// GitleaksReports returns the reports of a scan, also when it found something.
func (m *Examples) GitleaksReports(source *dagger.Directory) *dagger.Directory {
	return dag.Gitleaks().Scan(source, dagger.GitleaksScanOpts{Timeout: 300}).Reports()
}
