#!/bin/sh
# Keeps the reports of a load test of the stage, and fails when its 95th percentile is above 300 ms or a sample failed.
set -eu
dagger -m modules/jmeter call run --plan load/plan.jmx --url https://stage.example.com --properties users=20 \
  --max-p-95 300 --nonce "$(date +%s)" reports export --path reports/load
dagger -m modules/jmeter call run --plan load/plan.jmx --url https://stage.example.com --max-p-95 300 verdict
