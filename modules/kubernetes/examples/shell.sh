#!/bin/sh
# kubectl on an ephemeral cluster, and what a namespace of another cluster contains.
set -eu
dagger -m modules/kubernetes call exec --args=get,nodes
dagger -m modules/kubernetes call with-cluster --kubeconfig file:kubeconfig.yaml \
  evidence --namespace prod export --path evidence
