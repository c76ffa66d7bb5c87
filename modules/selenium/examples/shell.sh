#!/bin/sh
# Keeps the screenshots of the tests of a page, and fails when a test failed.
set -eu
dagger -m modules/selenium call run --source ui-tests --url https://stage.example.com \
  reports export --path reports/ui
dagger -m modules/selenium call run --source ui-tests --url https://stage.example.com verdict
