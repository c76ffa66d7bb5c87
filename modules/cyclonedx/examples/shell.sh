#!/bin/sh
# Writes the SBOM of two services, with licences and the difference to another checkout.
set -eu
dagger -m modules/cyclonedx call sbom --source . --paths services/suppliers,services/frontend --before ../develop \
  reports export --path reports/sbom

# Compares two SBOMs.
dagger -m modules/cyclonedx call compare --before old.cdx.json --after reports/sbom/sbom.cdx.json
