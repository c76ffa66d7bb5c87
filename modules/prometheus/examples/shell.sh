#!/bin/sh
# Watches a release for a minute, and checks the rules of its alerts.
set -eu
dagger -m modules/prometheus call with-query --name restarts --query "sum(kube_pod_restarts_total)" --limit 0 \
  with-query --name p95 --query "max(request_p95_seconds)" --limit 0.3 --unit s \
  analyze --url https://prometheus.example.com --window 60 verdict
dagger -m modules/prometheus call check --rules alerts verdict
