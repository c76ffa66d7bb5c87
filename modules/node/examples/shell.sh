#!/bin/sh
# Lints, type-checks, tests and builds a Node project, and keeps the reports.
set -eu
dagger -m modules/node call check --source services/frontend --name frontend --steps lint,typecheck,test=900,build \
  reports export --path reports/frontend
dagger -m modules/node call check --source services/frontend --name frontend verdict

# Writes what eslint and prettier can fix.
dagger -m modules/node call fix --source services/frontend export --path services/frontend

# Private packages: the secret reaches the `npm ci` that downloads only.
dagger -m modules/node call with-private --npmrc "file://$HOME/.npmrc" \
  build --source services/frontend export --path dist
