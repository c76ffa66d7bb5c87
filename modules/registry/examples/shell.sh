#!/bin/sh
# Pushes an image, all with one login, and stores files beside it.
set -eu
dagger -m modules/registry call \
  with-login --username ci --password env://REGISTRY_PASSWORD \
  with-image --image debian:bookworm-slim --reference registry.example.com/base/debian:12 \
  push verdict
dagger -m modules/registry call with-login --username ci --password env://REGISTRY_PASSWORD \
  push-files --files ./notes --references registry.example.com/base/notes:12
