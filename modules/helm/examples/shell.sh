#!/bin/sh
# Lints a chart with the values of an environment, packs it, and deploys it with a secret.
set -eu
dagger -m modules/helm call lint --source charts --charts shop=shop/values-prod.yaml verdict
dagger -m modules/helm call package --chart charts/shop --version 1.4.0 export --path shop.tgz
dagger -m modules/helm call \
  with-cluster --kubeconfig file:kubeconfig.yaml \
  with-secret --name db_password --value env:DB_PASSWORD \
  deploy --chart shop.tgz --release shop --namespace prod --secret-name database verdict
