#!/bin/sh
# Signs an image by its digest, and verifies it as whoever deploys it would.
set -eu
image=registry.example.com/shop/api@sha256:1f2d3c4b5a69788796a5b4c3d2e1f00112233445566778899aabbccddeeff001
dagger -m modules/cosign call with-login --username ci --password env://REGISTRY_PASSWORD \
  with-key --key env://COSIGN_KEY sign --references "$image" verdict
dagger -m modules/cosign call with-login --username ci --password env://REGISTRY_PASSWORD \
  with-trusted --identity ci --key cosign.pub verify --references "$image" verdict
