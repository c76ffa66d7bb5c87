package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// GosecModules fails when a Go module has a security flaw.
func (m *Examples) GosecModules(ctx context.Context, source *dagger.Directory, paths []string) (string, error) {
	return dag.Gosec().Scan(source, dagger.GosecScanOpts{Paths: paths}).Verdict(ctx)
}

// GosecLog gives the SARIF log of a Go module, also when it has findings.
func (m *Examples) GosecLog(source *dagger.Directory) *dagger.File {
	return dag.Gosec().Scan(source).Reports().File("gosec.sarif")
}
