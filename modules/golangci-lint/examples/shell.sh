#!/bin/sh
# Lints Go modules with their own configuration, and keeps the SARIF log.
set -eu
dagger -m modules/golangci-lint call lint --source . --paths services/suppliers,services/kit \
  reports export --path reports/lint
dagger -m modules/golangci-lint call lint --source . --paths services/suppliers,services/kit verdict

# With one more linter.
dagger -m modules/golangci-lint call lint --source services/kit --args=--enable=errorlint verdict
