package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// TerraformScan fails when checkov finds an insecure setting.
func (m *Examples) TerraformScan(ctx context.Context, source *dagger.Directory) (string, error) {
	return dag.Terraform().Scan(source).Verdict(ctx)
}
