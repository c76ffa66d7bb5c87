#!/bin/sh
# Fails when a scan of the stage has a high or medium finding. Scan only your own services: a scan attacks.
set -eu
dagger -m modules/wapiti call scan --url https://stage.example.com/ --start /api/search?name=x verdict
