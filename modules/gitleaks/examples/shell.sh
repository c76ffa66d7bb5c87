#!/bin/sh
# Fails when the history or the files of the repository hold a secret, and keeps the reports.
set -eu
dagger -m modules/gitleaks call scan --source . reports export --path reports/secrets
dagger -m modules/gitleaks call scan --source . verdict

# The files of one folder, without a history.
dagger -m modules/gitleaks call scan-files --source services --args=--max-archive-depth=1 verdict
