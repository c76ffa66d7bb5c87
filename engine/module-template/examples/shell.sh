#!/bin/sh
# Fails when a file of the repository holds a merge conflict marker.
set -eu
dagger -m modules/sample call lint --source . verdict
