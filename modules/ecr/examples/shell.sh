#!/bin/sh
# Creates missing repositories, and prints the digest that a tag has.
set -eu
dagger -m modules/ecr call \
  with-access --access-key env://AWS_ACCESS_KEY_ID --secret-key env://AWS_SECRET_ACCESS_KEY \
  ensure --repositories team/api,team/web --region eu-central-1
dagger -m modules/ecr call \
  with-access --access-key env://AWS_ACCESS_KEY_ID --secret-key env://AWS_SECRET_ACCESS_KEY \
  describe --repository team/api --tag 1.4.0 --region eu-central-1 digest
