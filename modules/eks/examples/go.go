package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// EksStatus returns the status of a cluster, ACTIVE when it can be used.
func (m *Examples) EksStatus(ctx context.Context, accessKey, secretKey *dagger.Secret, cluster string) (string, error) {
	return dag.Eks().WithAccess(accessKey, secretKey).Describe(cluster, "eu-central-1").Status(ctx)
}
