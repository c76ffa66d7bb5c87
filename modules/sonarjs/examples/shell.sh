#!/bin/sh
# Fails when JavaScript, TypeScript or Vue sources have a security flaw, and keeps the SARIF log.
set -eu
dagger -m modules/sonarjs call scan --source services/frontend reports export --path reports/sast
dagger -m modules/sonarjs call scan --source services/frontend verdict

# Without generated sources.
dagger -m modules/sonarjs call scan --source services/frontend "--args=--ignore-pattern=src/api/**" verdict
