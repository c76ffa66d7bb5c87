//go:build programs

// Package kubernetes names the programs that are built from this module's graph besides its own, so that go.mod and go.sum have what they need.
package kubernetes

import (
	_ "go.etcd.io/etcd/server/v3"
	_ "helm.sh/helm/v3/cmd/helm"
	_ "k8s.io/kubernetes/cmd/kubectl"
)
