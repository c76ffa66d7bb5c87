#!/bin/sh
# Lints, tests and builds a Go module, and keeps the reports.
set -eu
dagger -m modules/golang call check --source . --path services/suppliers --steps lint,test=900,build \
  reports export --path reports/suppliers
dagger -m modules/golang call check --source . --path services/suppliers --steps lint,test=900,build verdict

# Tests that reach a server, named postgres in their address.
dagger -m modules/golang call with-service --name postgres --service tcp://127.0.0.1:5432 \
  test --source . --path services/suppliers \
  --env TEST_DATABASE_URL=postgres://postgres:postgres@postgres:5432/postgres verdict

# Private modules: the secrets reach `go mod download` only.
dagger -m modules/golang call with-private --netrc "file://$HOME/.netrc" --goprivate "github.com/shop/*" \
  build --source services/suppliers export --path bin
