#!/bin/sh
# Fails when the gate of the project on SonarCloud is red.
set -eu
dagger -m modules/sonarqube call analyze --source . --project-key shop --host-url https://sonarcloud.io \
  --token env://SONAR_TOKEN --args=-Dsonar.organization=shop verdict

# Without a server of your own: one that lives as long as the call, whose gate has two conditions.
dagger -m modules/sonarqube call analyze --source . --project-key shop \
  --conditions "bugs > 0" --conditions "coverage < 80" --coverage coverage verdict
