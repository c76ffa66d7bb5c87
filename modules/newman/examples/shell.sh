#!/bin/sh
# Fails when an assertion of the folder "orders" fails.
set -eu
dagger -m modules/newman call run --collection api.postman_collection.json --url https://stage.example.com \
  --folders orders --environment tenant=test verdict
