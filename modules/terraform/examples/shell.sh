#!/bin/sh
# Checks a configuration, and plans it with credentials from the environment.
set -eu
dagger -m modules/terraform call check --source terraform --path stack verdict
dagger -m modules/terraform call \
  with-secret --name AWS_ACCESS_KEY_ID --value env://AWS_ACCESS_KEY_ID \
  with-secret --name AWS_SECRET_ACCESS_KEY --value env://AWS_SECRET_ACCESS_KEY \
  plan --source terraform --path stack --var-files env/dev.tfvars --backend-files env/dev.s3.tfbackend reason
