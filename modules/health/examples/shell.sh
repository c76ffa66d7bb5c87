#!/bin/sh
# Fails unless both addresses of the stage serve the commit that was deployed.
set -eu
dagger -m modules/health call check --version "$(git rev-parse HEAD)" \
  --urls page=https://stage.example.com/ --urls api=https://stage.example.com/api/version verdict
