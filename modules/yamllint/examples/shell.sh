#!/bin/sh
# Fails when a YAML file has an error, and keeps the SARIF log.
set -eu
dagger -m modules/yamllint call lint --source . reports export --path reports/yaml
dagger -m modules/yamllint call lint --source . verdict

# Warnings fail too, in a folder whose configuration has some.
dagger -m modules/yamllint call exec --source charts --args=--strict,. stdout
