package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// GitleaksRepository fails when the history or the files of a repository hold a secret.
func (m *Examples) GitleaksRepository(ctx context.Context, source *dagger.Directory) (string, error) {
	return dag.Gitleaks().Scan(source).Verdict(ctx)
}

// GitleaksFiles fails when the files of a folder hold a secret.
func (m *Examples) GitleaksFiles(ctx context.Context, source *dagger.Directory) (string, error) {
	return dag.Gitleaks().ScanFiles(source, dagger.GitleaksScanFilesOpts{Timeout: 300}).Verdict(ctx)
}
