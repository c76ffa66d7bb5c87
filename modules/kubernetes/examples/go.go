package main

import (
	"context"

	"dagger/examples/internal/dagger"
)

// KubernetesNodes returns the nodes of a cluster.
func (m *Examples) KubernetesNodes(ctx context.Context, kubeconfig *dagger.Secret) (string, error) {
	return dag.Kubernetes().WithCluster(kubeconfig).Exec(ctx, []string{"get", "nodes"})
}
