package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// AuditDependencies fails when a shipped dependency has a known vulnerability.
func (m *Examples) AuditDependencies(ctx context.Context, source *dagger.Directory, paths []string) (string, error) {
	return dag.Audit().Scan(source, dagger.AuditScanOpts{Paths: paths}).Verdict(ctx)
}

// AuditOffline gives the status with a database in a folder: passed, failed, inconclusive or notApplicable.
func (m *Examples) AuditOffline(
	ctx context.Context,
	source *dagger.Directory,
	database *dagger.Directory,
) (string, error) {
	return dag.Audit().Scan(source, dagger.AuditScanOpts{GoDatabaseFolder: database}).Status(ctx)
}
