#!/bin/sh
# A kubeconfig for a cluster, and the state of the cluster. The credentials are in the environment.
set -eu
dagger -m modules/eks call \
  with-access --access-key env://AWS_ACCESS_KEY_ID --secret-key env://AWS_SECRET_ACCESS_KEY \
  kubeconfig --cluster shop --region eu-central-1 plaintext > kubeconfig.yaml
dagger -m modules/eks call \
  with-access --access-key env://AWS_ACCESS_KEY_ID --secret-key env://AWS_SECRET_ACCESS_KEY \
  describe --cluster shop --region eu-central-1 status
