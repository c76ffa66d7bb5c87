#!/bin/sh
# Fails when a Go module has a security flaw, and keeps the SARIF log.
set -eu
dagger -m modules/gosec call scan --source . --paths services/suppliers,services/kit \
  reports export --path reports/sast
dagger -m modules/gosec call scan --source . --paths services/suppliers,services/kit verdict

# Without one of gosec's rules.
dagger -m modules/gosec call scan --source services/kit --args=-exclude=G104 verdict
