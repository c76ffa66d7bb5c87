#!/bin/sh
# Fails when a shipped dependency has a known vulnerability, and keeps the SARIF log.
set -eu
dagger -m modules/audit call scan --source . --paths services/suppliers,services/frontend \
  reports export --path reports/audit
dagger -m modules/audit call scan --source . --paths services/suppliers,services/frontend verdict

# With mirrors of both databases on this machine.
dagger -m modules/audit call scan --source . --paths services/suppliers,services/frontend \
  --service tcp://127.0.0.1:8080 --go-database http://database:8080 --npm-registry http://database:8080 verdict
