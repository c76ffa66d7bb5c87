#!/bin/sh
# Fails when a scan of the stage has a high or medium finding. Scan only your own services: a scan attacks.
set -eu
dagger -m modules/zap call scan --url https://stage.example.com/ --min-rules 50 verdict
