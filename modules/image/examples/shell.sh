#!/bin/sh
# Checks the settings of an image, then builds it and saves it as a file.
set -eu
sha=$(git rev-parse HEAD)
time=$(git log -1 --format=%cI)
dagger -m modules/image call check --sha "$sha" --commit-time "$time" --user 65532
dagger -m modules/image call build --files dist --entrypoint /app/server --sha "$sha" --commit-time "$time" \
  export --path image.tar
