#!/bin/sh
# The pipeline of this checkout's branch, and the next version.
set -eu
branch=$(git rev-parse --abbrev-ref HEAD)
dagger -m modules/gitflow call pipeline --branch "$branch" name
dagger -m modules/gitflow call version --branch release/1.4 --tags v1.2.0,v1.3.0
