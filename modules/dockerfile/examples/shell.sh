#!/bin/sh
# Fails when an image does not build or its tests fail, and keeps the reports.
set -eu
dagger -m modules/dockerfile call check --source services/api --test-stage test reports export --path reports/api
dagger -m modules/dockerfile call check --source services/api --test-stage test verdict
